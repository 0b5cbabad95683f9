export function Space() { return null; }
