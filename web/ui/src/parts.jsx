// parts.jsx -- what pages are made of.
import { useEffect, useRef, useState } from "preact/hooks";
import { Failure, url } from "./api.js";
import { ago, folderOf, inFull, nameOf, sentence, shown } from "./format.js";

// ---- time ----

let minute = Date.now();
const clocks = new Set();

setInterval(() => {
	minute = Date.now();
	for (const f of clocks)
		f(minute);
}, 20000);

export function useNow()
{
	const [, set] = useState(0);

	useEffect(() => {
		clocks.add(set);
		return () => clocks.delete(set);
	}, []);
	return Math.max(minute, Date.now() - 20000);
}

export function Time({ at, none = "never" })
{
	useNow();
	if (!at)
		return <span class="quiet">{none}</span>;
	return <time dateTime={at} title={inFull(at)}>{ago(at)}</time>;
}

// ---- words ----

const STATES = {
	ok: ["good", "well"], watching: ["good", "watching"], done: ["good", "done"], never: ["plain", "not yet run"],
	late: ["bad", "late"], failed: ["bad", "failed"], crashed: ["bad", "broke off"],
	partial: ["warn", "in part"], some: ["warn", "in part"], held: ["warn", "held"],
	waiting: ["warn", "waiting"], attention: ["warn", "look at it"],
	running: ["busy", "running"], going: ["busy", "running"],
	stopped: ["plain", "stopped"], rejected: ["plain", "rejected"],
	planned: ["plain", "planned"], skipped: ["plain", "skipped"],
};

export function State({ of, words })
{
	const [tone, said] = STATES[of] ?? ["plain", of];

	return <span class={"state " + tone}>{words ?? said}</span>;
}

// The name is what is looked for; its folder is what may be cut.
export function Path({ of, link = true })
{
	if (!of)
		return null;
	const full = shown(of);
	const name = (
		<>
			<span class="folder"><bdi dir="ltr">{folderOf(full) === "/" ? "/" : folderOf(full) + "/"}</bdi></span>
			<span class="name">{nameOf(full)}</span>
		</>
	);

	if (!link)
		return <span class="path" title={full}>{name}</span>;
	return <a class="path" title={full} href={url("/files", { q: of })}>{name}</a>;
}

// A path in running text: it breaks behind a '/', not within a name.
export function Place({ of })
{
	const names = shown(of).split("/");

	return names.map((n, i) => <>{n}{i < names.length - 1 && <>/<wbr /></>}</>);
}

// ---- how a question goes ----

export function Trouble({ error, reload })
{
	if (!error)
		return null;
	return (
		<div class="note bad" role="alert">
			<p>{error instanceof Failure ? sentence(error.message) : "This page failed: " + error.message}</p>
			{/* what is not there comes no sooner for asking again */}
			{reload && error.status !== 404 && <button type="button" onClick={reload}>Try again</button>}
		</div>
	);
}

export function Empty({ title, children })
{
	return <div class="empty"><p class="title">{title}</p>{children && <p>{children}</p>}</div>;
}

export function Waiting({ rows = 4 })
{
	return (
		<div class="waiting" role="status" aria-label="Loading">
			{Array.from({ length: rows }, (_, i) => <div key={i} class="bone" />)}
		</div>
	);
}

// What an answer becomes: an error, a wait, or its children.
export function Answer({ of, rows, children })
{
	return (
		<>
			<Trouble error={of.error} reload={of.reload} />
			{of.data ? children(of.data) : !of.error && <Waiting rows={rows} />}
		</>
	);
}

export function Page({ title, lead, children })
{
	title = shown(title);
	useEffect(() => {
		document.title = title + " · fettle";
	}, [title]);
	return (
		<>
			<header class="page"><h1>{title}</h1>{lead && <p class="lead">{lead}</p>}</header>
			{children}
		</>
	);
}

export function Bar({ part, label, tone })
{
	return (
		<div class={"bar " + (tone ?? "")} role="img" aria-label={label}>
			<div style={{ width: Math.min(100, Math.max(0, part * 100)) + "%" }} />
		</div>
	);
}

// ---- asking before doing ----

// A button that does something on the server and tells when it could not.
export function Do({ act, children, kind = "", label, disabled })
{
	const [state, set] = useState({});
	const run = async () => {
		set({ busy: true });
		try {
			await act();
			set({});
		} catch (error) {
			set({ error });
		}
	};

	return (
		<span class="do">
			<button type="button" class={kind} aria-label={label} onClick={run}
				disabled={disabled || state.busy}>{children}</button>
			{state.error && <span class="error" role="alert">{sentence(state.error.message)}</span>}
		</span>
	);
}

// A dialog of the browser's own: it keeps the keyboard inside, and Escape closes.
export function Ask({ title, yes, kind = "main", act, close, children })
{
	const ref = useRef();
	const [state, set] = useState({});
	const submit = async (ev) => {
		ev.preventDefault();
		set({ busy: true });
		try {
			await act(new FormData(ev.target));
			close();
		} catch (error) {
			set({ error });
		}
	};

	useEffect(() => {
		const was = document.activeElement;

		ref.current.showModal();
		return () => was?.focus?.();
	}, []);
	return (
		<dialog ref={ref} onClose={close} aria-labelledby="ask-title">
			<form onSubmit={submit}>
				<h2 id="ask-title">{title}</h2>
				{children}
				<Trouble error={state.error} />
				<p class="buttons">
					<button type="button" onClick={close}>Cancel</button>
					<button class={kind} disabled={state.busy}>{yes}</button>
				</p>
			</form>
		</dialog>
	);
}

// A button and its question.
export function Asking({ button, kind, label, small, ...ask })
{
	const [open, set] = useState(false);

	return (
		<>
			<button type="button" class={(small ? "small " : "") + (kind === "danger" ? "danger" : "")}
				aria-label={label} onClick={() => set(true)}>{button}</button>
			{open && <Ask kind={kind} {...ask} close={() => set(false)} />}
		</>
	);
}

// A field that asks a little after the last key.
export function Filter({ value, label, onValue })
{
	const [text, set] = useState(value ?? "");

	useEffect(() => {
		if (text === (value ?? ""))
			return undefined;
		const t = setTimeout(() => onValue(text), 250);

		return () => clearTimeout(t);
	}, [text]);
	return (
		<input type="search" value={text} aria-label={label} placeholder={label}
			onInput={(ev) => set(ev.target.value)} />
	);
}
