// format.js -- numbers, times and names as people read them.
const UNITS = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400],
	["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short",
	year: "numeric", hour: "2-digit", minute: "2-digit" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const seconds = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric",
	month: "long", year: "numeric" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const figures = new Intl.NumberFormat("en-GB");

export function ago(at, now = Date.now())
{
	const s = (new Date(at) - now) / 1000;

	for (const [unit, long] of UNITS)
		if (Math.abs(s) >= long)
			return relative.format(Math.trunc(s / long), unit);
	return s > 5 ? "in a moment" : "just now";
}

export const inFull = (at) => full.format(new Date(at));
export const inShort = (at) => short.format(new Date(at));
export const secondOf = (at) => seconds.format(new Date(at));
export const timeOf = (at) => clock.format(new Date(at));
export const dayOf = (at) => day.format(new Date(at));
export const dateOf = (at) => date.format(new Date(at));
export const number = (n) => figures.format(n);

export function bytes(n)
{
	const names = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
	let i = 0;

	if (n === null || n === undefined)
		return "";
	for (; n >= 1024 && i < names.length - 1; i++)
		n /= 1024;
	return (i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + " " + names[i];
}

export const count = (n, one, many = one + "s") => number(n) + " " + (n === 1 ? one : many);

export function lasting(from, to)
{
	const s = Math.max(0, Math.round((new Date(to) - new Date(from)) / 1000));

	if (s < 1)
		return "under a second";
	if (s < 90)
		return count(s, "second");
	if (s < 5400)
		return count(Math.round(s / 60), "minute");
	return (s / 3600).toFixed(1) + " hours";
}

export const capital = (s) => s.charAt(0).toUpperCase() + s.slice(1);
export const sentence = (s) => capital(s) + (/[.?!:]$/.test(s) ? "" : ".");
export const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1) || "/";
export const folderOf = (path) => path.slice(0, path.lastIndexOf("/")) || "/";
export const under = (folder, name) => (folder === "/" ? "" : folder) + "/" + name;
// As it can be read: a byte that is no text as \xff, what would break or turn the line
// as its escape.
export const shown = (text) => text.replace(/[\udc80-\udcff]/gu, (c) => "\\x" + (c.charCodeAt(0) & 0xff).toString(16))
	.replace(/[\0-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g, (c) => ({ "\n": "\\n", "\t": "\\t" })[c] ??
		"\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
