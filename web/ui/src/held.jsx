export function Held() { return null; }
export function HeldPlan() { return null; }
