// files.jsx -- where a file is, all that happened to it, and a way back.
import { begin, url, useAnswer } from "./api.js";
import { capital, count, nameOf, shown } from "./format.js";
import { Answer, Asking, Empty, Page, Path, State, Time } from "./parts.jsx";
import { go } from "./router.js";
import { useState } from "preact/hooks";

const GONE = new Set(["trashed", "deleted"]);
const MOVES = new Set(["moved", "renamed", "archived", "undone", "restored"]);

// Where each thing was seen last, by what is told; oldest first.
function places(events)
{
	const at = new Map();

	for (const e of events) {
		if (e.event === "backed_up" || e.event === "ran") {
			if (e.from && e.event === "backed_up")
				at.set(e.from, e);
			continue;
		}
		if (e.from && (GONE.has(e.event) || (MOVES.has(e.event) && e.to)))
			at.delete(e.from);
		if (e.to && !GONE.has(e.event))
			at.set(e.to, e);
	}
	return at;
}

function BringBack({ e })
{
	const path = e.from || e.to;

	return (
		<Asking small button="Bring back" label={"Bring back " + shown(path)} title="Bring this copy back?" yes="Bring it back" kind="main"
			act={(form) => begin("/api/files/get", { path, as_of: e.time, ...(form.get("to") ? { to: form.get("to") } : {}) })}>
			<p><code>{shown(path)}</code>, as it was <Time at={e.time} />.</p>
			<p>What is there keeps its name; the copy is put beside it.</p>
			<label>Into the folder (none: where it came from)
				<input type="text" name="to" placeholder="/home/me/back" pattern="/.*" title="an absolute path" /></label>
		</Asking>
	);
}

function Event({ e })
{
	return (
		<li class="line">
			<span class="when quiet"><Time at={e.time} /></span>
			<span class="grow">
				<strong>{capital(e.event.replaceAll("_", " "))}</strong>{" "}
				{e.from && <Path of={e.from} />}
				{e.to && e.to !== e.from && <span class="hop"><span aria-label="to">→</span><Path of={e.to} /></span>}
				<span class="quiet small under">{e.why}{e.backup ? (e.why ? " · " : "") + "backup " + e.backup : ""}</span>
			</span>
			<span class="end">
				{e.run && <a class="small" href={"/runs/" + e.run}>Run {e.run}</a>}
				{e.snapshot && <a class="small" href={url("/backups/tree", { backup: e.backup, snapshot: e.snapshot, path: (e.from || e.to).replace(/\/[^/]*$/, "") || "/" })}>Snapshot</a>}
				{e.event === "backed_up" && <BringBack e={e} />}
			</span>
		</li>
	);
}

export function Why({ path })
{
	const why = useAnswer("/api/rules/test", { path });

	return (
		<Answer of={why} rows={2}>{(a) => (a.lines.length === 0 ? <Empty title="No job has anything to say of it." /> :
			<ul class="list">
				{a.lines.map((l) => (
					<li class="line" key={l.job + l.why}>
						<span class="grow"><strong>{l.job}</strong> <span class="quiet">{l.why}</span></span>
						<span class="end"><State of={l.takes ? "ok" : "skipped"} words={l.takes ? "takes it" : "leaves it"} /></span>
					</li>
				))}
			</ul>)}</Answer>
	);
}

const SHOWN = 200;

function Found({ a })
{
	const [many, set] = useState(SHOWN);
	const at = [...places(a.events)];
	const newest = a.events.slice().reverse();

	if (a.events.length === 0)
		return <Empty title="Nothing is known of it.">No run touched it and no snapshot holds it. A part of a name wants a star: <code>*{shown(nameOf(a.q))}*</code></Empty>;
	return (
		<>
			<h2>Where it is</h2>
			{at.length === 0 ? <p>As far as is told, it is gone. A copy may be in a snapshot below.</p> :
				<ul class="list">
					{at.slice(0, 50).map(([p, e]) => (
						<li class="line" key={p}><span class="grow"><Path of={p} /></span>
							<span class="quiet">{e.event.replaceAll("_", " ")} <Time at={e.time} /></span></li>))}
				</ul>}
			{at.length > 50 && <p class="quiet">And {count(at.length - 50, "more place")}.</p>}
			<h2>What happened</h2>
			{a.total > a.events.length && <p class="quiet">The newest {a.events.length} of {count(a.total, "event")}.</p>}
			<ul class="list">{newest.slice(0, many).map((e, i) => <Event key={i} e={e} />)}</ul>
			{many < newest.length && <p class="tools"><button type="button" onClick={() => set(many + SHOWN)}>Older events</button></p>}
		</>
	);
}

export function Files({ query })
{
	const q = query.q ?? "";
	const found = useAnswer(q ? "/api/files" : null, { q }, ["runs"]);
	const submit = (ev) => {
		ev.preventDefault();
		const said = new FormData(ev.target).get("q").trim();

		go(url("/files", { q: said === shown(q) ? q : said }));
	};

	return (
		<Page title="Files">
			<form class="tools" role="search" action="/files" onSubmit={submit}>
				<input key={q} type="search" class="wide" name="q" defaultValue={shown(q)} aria-label="A name, a path, or a pattern"
					placeholder="report.pdf, or *.pdf" required />
				<button class="main">Find</button>
			</form>
			{!q ? <Empty title="Which file?">Type its name, its path, or a pattern. You see where it is, everything that happened to it, and each snapshot that holds it.</Empty> :
				<>
					<Answer of={found} rows={6}>{(a) => (
						<>
							{a.lacks.map((l) => <p key={l} class="note warn">{capital(l)}</p>)}
							<Found key={q} a={a} />
						</>
					)}</Answer>
					{q.startsWith("/") && !/[*?[]/.test(q) && <><h2>What the rules say</h2><Why path={q} /></>}
				</>}
		</Page>
	);
}
