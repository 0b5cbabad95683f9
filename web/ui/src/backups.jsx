export function Backup() { return null; }
export function Backups() { return null; }
export function Differences() { return null; }
export function Tree() { return null; }
