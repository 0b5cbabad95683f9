// runs.jsx -- what was done, and taking it back.
import { useEffect, useState } from "preact/hooks";
import { begin, get, url, useAnswer, useProgress } from "./api.js";
import { capital, count, dayOf, inFull, lasting, number, timeOf, shown } from "./format.js";
import { Long } from "./long.jsx";
import { Answer, Asking, Empty, Filter, Page, Path, State, Time, Trouble } from "./parts.jsx";
import { go } from "./router.js";
import { Live } from "./today.jsx";

const BY = { hand: "by hand", schedule: "by the clock", watch: "by watching", undo: "an undo",
	approve: "after approval", apply: "from a plan" };

export function figures(r)
{
	return [
		r.done && number(r.done) + " done", r.skipped && number(r.skipped) + " skipped",
		r.failed && number(r.failed) + " failed", r.held && number(r.held) + " held",
		r.waiting && number(r.waiting) + " waiting",
	].filter(Boolean).join(" · ") || "nothing to do";
}

function titleOf(r)
{
	if (r.undoes)
		return "Undo of run " + r.undoes;
	return r.jobs.length ? r.jobs.join(", ") : capital(/(?:^| )-- (.+)$/.exec(r.command)?.[1] ?? (r.command || "run"));
}

function OneOf({ r })
{
	return (
		<li class="line">
			<span class="quiet clock"><time dateTime={r.started} title={r.started && inFull(r.started)}>{r.started ? timeOf(r.started) : ""}</time></span>
			<span class="grow"><a href={"/runs/" + r.run}>{titleOf(r)}</a>
				<br /><span class="quiet small">Run {r.run}, {BY[r.trigger] ?? r.trigger} · {figures(r)}</span></span>
			<span class="end">
				{r.undone_by && <span class="state plain">taken back</span>}
				<State of={r.state} />
			</span>
		</li>
	);
}

export function Runs()
{
	const first = useAnswer("/api/runs", { limit: 50 }, ["runs"]);
	const [older, setOlder] = useState({ runs: [], more: null });
	const [error, setError] = useState(null);
	const fresh = first.data?.runs ?? [];
	const oldest = older.runs.at(-1)?.run ?? fresh.at(-1)?.run;
	const seen = new Map([...older.runs, ...fresh].map((r) => [r.run, r]));
	const runs = [...seen.values()].sort((a, b) => b.run - a.run);
	const days = new Map();

	for (const r of runs) {
		const d = r.started ? dayOf(r.started) : "";

		days.set(d, [...(days.get(d) ?? []), r]);
	}
	const more = () => get("/api/runs", { limit: 50, before: oldest }).then((a) => {
		setOlder({ runs: [...older.runs, ...a.runs], more: a.more });
		setError(null);
	}).catch(setError);

	return (
		<Page title="Runs">
			<Answer of={first} rows={8}>{(a) => (
				<>
					{runs.length === 0 && <Empty title="Nothing ran yet.">Start a job on the page <a href="/">Today</a>.</Empty>}
					{[...days].map(([d, of]) => (
						<section key={d} aria-label={d}>
							<h2 class="day">{d}</h2>
							<ul class="list">{of.map((r) => <OneOf key={r.run} r={r} />)}</ul>
						</section>
					))}
					<Trouble error={error} />
					{(older.more ?? a.more) && <p class="tools"><button type="button" onClick={more}>Older runs</button></p>}
				</>
			)}</Answer>
		</Page>
	);
}

const OPS = ["done", "skipped", "failed", "held", "waiting", "not done", "attention",
	"moved by somebody else"];

// One operation, on one line where there is room, else on two.
export function Operation({ o, children })
{
	return (
		<div class="op">
			<span class="what">{capital(o.op.replaceAll("_", " "))}</span>
			<span class="files">{o.from && <Path of={o.from} />}{o.to && <><span class="to" aria-label="to">{o.from ? " → " : "→ "}</span><Path of={o.to} /></>}</span>
			<span class="why" title={o.why + (o.error ? ": " + o.error : "")}>{o.error || o.why}</span>
			<span class="end">{children}</span>
		</div>
	);
}

export function Run({ id, query })
{
	const run = useAnswer("/api/run", { run: id }, ["runs"]);
	const progress = useProgress();
	const [turn, setTurn] = useState(0);
	const r = run.data;
	const to = (change) => go(url("/runs/" + id, { ...query, ...change }), { replace: true });

	useEffect(() => setTurn((n) => n + 1), [r?.state, r?.undone_by]);
	const undoable = r && r.changes > 0 && r.state !== "going" && !r.undone_by;

	return (
		<Page title={"Run " + id} lead={r && titleOf(r)}>
			<Answer of={run} rows={3}>{() => (
				<>
					<div class="line facts">
						<State of={r.state} />
						<span><Time at={r.started} />{r.ended && ", took " + lasting(r.started, r.ended)}</span>
						<span class="quiet">{BY[r.trigger] ?? r.trigger}</span>
						<span>{figures(r)}</span>
						<span class="end">
							{undoable && (
								<Asking button="Take this run back" kind="main" yes="Take it back" title={"Take run " + id + " back?"}
									act={() => begin("/api/run/undo", { run: id })}>
									<p>{capital(count(r.changes, "change"))} will be undone: files go back to where they were.
									What somebody changed since stays as it is, and is told.</p>
								</Asking>)}
						</span>
					</div>
					{r.undone_by && <p class="note">Taken back by <a href={"/runs/" + r.undone_by}>run {r.undone_by}</a>.</p>}
					{r.undoes && <p class="note">This took back <a href={"/runs/" + r.undoes}>run {r.undoes}</a>.</p>}
					{r.state === "held" && <p class="note warn">A guard holds it. <a href={"/held/" + id}>See the plan</a></p>}
					{r.state === "going" && [...progress.values()].filter((p) => p.run === id).map((p) => <Live key={p.job} p={p} />)}
					<h2>What it did</h2>
					<div class="tools">
						<Filter label="Part of a name" value={query.q} onValue={(q) => to({ q })} />
						<select aria-label="In which state" value={query.state ?? ""} onChange={(ev) => to({ state: ev.target.value })}>
							<option value="">All states</option>
							{OPS.map((s) => <option key={s} value={s}>{capital(s)}</option>)}
						</select>
						{r.jobs.length > 1 && (
							<select aria-label="Of which job" value={query.job ?? ""} onChange={(ev) => to({ job: ev.target.value })}>
								<option value="">All jobs</option>
								{r.jobs.map((j) => <option key={j} value={j}>{j}</option>)}
							</select>)}
					</div>
					<Long path="/api/run/operations" items="operations" label="Operations" turn={turn}
						query={{ run: id, q: query.q, state: query.state, job: query.job }} heights={[48, 108]}
						above={(h) => <p class="quiet small total">{count(h.total, "operation")}</p>}
						empty={<Empty title={query.q || query.state || query.job ? "Nothing fits." : "It changed no file."} />}
						row={(o) => (
							<Operation o={o}>
								<State of={o.state} />
								{undoable && o.state === "done" && o.op !== "backed_up" && (
									<Asking small button="Undo" label={"Undo " + shown(o.from || o.to)} title="Take this one back?" yes="Take it back"
										kind="main" act={() => begin("/api/run/undo", { run: id, paths: [o.from || o.to] })}>
										<p><code>{shown(o.from || o.to)}</code></p>
										<p>Only this file; the rest of the run stays.</p>
									</Asking>)}
							</Operation>)} />
				</>
			)}</Answer>
		</Page>
	);
}
