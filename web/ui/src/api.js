// api.js -- talk with the server: questions, changes, and what it tells by itself.
import { useEffect, useState } from "preact/hooks";
import { pack, parse } from "./raw.js";

let csrf = null;
const listeners = new Map(); // what is told -> those who want to hear it

export function on(what, f)
{
	if (!listeners.has(what))
		listeners.set(what, new Set());
	listeners.get(what).add(f);
	return () => listeners.get(what).delete(f);
}

export function tell(what, value)
{
	for (const f of listeners.get(what) ?? [])
		f(value);
}

export class Failure extends Error {
	constructor(status, words)
	{
		super(words);
		this.status = status;
	}
}

export function url(path, query)
{
	const q = new URLSearchParams();

	for (const [k, v] of Object.entries(pack(query ?? {})))
		if (v !== undefined && v !== null && v !== "")
			q.set(k, v);
	return String(q) ? path + "?" + q : path;
}

const pause = (ms) => new Promise((go) => setTimeout(go, ms));

async function ask(target, options, patience = 8)
{
	let r, body;

	try {
		r = await fetch(target, { ...options, credentials: "same-origin" });
	} catch (e) {
		if (e.name === "AbortError")
			throw e;
		throw new Failure(0, "fettle does not answer. Is the daemon running?");
	}
	// Nothing was done: the server wants us to go more slowly.
	if (r.status === 429 && patience > 0) {
		await pause(250);
		return ask(target, options, patience - 1);
	}
	try {
		body = parse(await r.text());
	} catch {
		throw new Failure(r.status, "fettle gave an answer that makes no sense.");
	}
	if (r.status === 401)
		tell("out");
	if (!r.ok)
		throw new Failure(r.status, body.error ?? "it failed");
	return body;
}

export const get = (path, query, signal) => ask(url(path, query), { signal });

export async function post(path, body)
{
	const send = async () => {
		const headers = { "Content-Type": "application/json" };

		if (csrf === null && path !== "/api/login")
			csrf = (await get("/api/session")).csrf;
		if (csrf !== null)
			headers["X-Fettle-CSRF"] = csrf;
		return ask(path, { method: "POST", headers, body: JSON.stringify(pack(body ?? {})) });
	};

	try {
		return await send();
	} catch (e) {
		if (e.status !== 403)
			throw e;
		csrf = null; // another window came in anew
		return send();
	}
}

export async function login(password)
{
	csrf = null;
	csrf = (await post("/api/login", { password })).csrf;
}

// The last answer to each question stays, so that going back shows no gap.
const kept = new Map();
const KEPT = 60;

// An answer, and how the asking goes. `again` names what makes it old.
export function useAnswer(path, query, again = [])
{
	const target = path === null ? null : url(path, query);
	const [state, set] = useState({ target: null });
	const [turn, setTurn] = useState(0);
	const mine = state.target === target ? state : { target, data: kept.get(target) };

	useEffect(() => {
		const offs = again.map((what) => on(what, () => setTurn((n) => n + 1)));

		return () => offs.forEach((off) => off());
	}, [again.join()]);
	useEffect(() => {
		const stop = new AbortController();

		if (target === null)
			return undefined;
		ask(target, { signal: stop.signal }).then((data) => {
			kept.delete(target);
			kept.set(target, data);
			if (kept.size > KEPT)
				kept.delete(kept.keys().next().value);
			set({ target, data });
		}).catch((error) => {
			if (error.name !== "AbortError")
				set({ target, error, data: kept.get(target) });
		});
		return () => stop.abort();
	}, [target, turn]);
	return { ...mine, reload: () => setTurn((n) => n + 1) };
}

// ---- what is told as it happens ----

const progress = new Map(); // job -> what is known
const errands = new Map(); // id -> errand
let source = null;

export function errandIs(e)
{
	errands.set(e.id, e);
	tell("errands");
	if (e.state !== "going")
		tell("runs");
}

export function listen()
{
	source?.close();
	source = new EventSource("/api/live");
	source.addEventListener("open", () => tell("live", true));
	source.addEventListener("error", () => {
		tell("live", false);
		if (source.readyState === EventSource.CLOSED)
			setTimeout(listen, 5000);
	});
	source.addEventListener("progress", (m) => {
		const p = parse(m.data);

		progress.set(p.job, { ...p, seen: Date.now() });
		tell("progress");
	});
	source.addEventListener("errand", (m) => errandIs(parse(m.data)));
	source.addEventListener("changed", () => {
		progress.clear();
		tell("progress");
		tell("runs");
	});
	// Nothing told for a while: it has ended, or the line is down.
	setInterval(() => {
		for (const [job, p] of progress)
			if (Date.now() - p.seen > 10000)
				progress.delete(job);
		tell("progress");
		follow();
	}, 3000);
	get("/api/errands").then((a) => {
		for (const e of a.errands)
			if (e.state === "going")
				errands.set(e.id, e);
		tell("errands");
	}).catch(() => {});
}

// Where the line is down, errands are asked for.
function follow()
{
	if (source?.readyState === EventSource.OPEN)
		return;
	for (const e of errands.values())
		if (e.state === "going")
			get("/api/errand", { id: e.id }).then(errandIs).catch(() => {});
}

function useTold(what, value)
{
	const [, set] = useState(0);

	useEffect(() => on(what, () => set((n) => n + 1)), [what]);
	return value();
}

export const useProgress = () => useTold("progress", () => progress);
export const useErrands = () => useTold("errands", () => errands);
export const dropErrand = (id) => {
	errands.delete(id);
	tell("errands");
};

// Start what takes time; it is shown at the foot of each page.
export async function begin(path, body)
{
	const e = await post(path, body);

	errandIs(e);
	return e;
}
