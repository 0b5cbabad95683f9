export function Run() { return null; }
export function Runs() { return null; }
