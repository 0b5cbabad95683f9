// today.jsx -- is all well, and if not, what?
import { useRef } from "preact/hooks";
import { begin, post, url, useAnswer, useProgress } from "./api.js";
import { bytes, capital, count, dateOf, number } from "./format.js";
import { Answer, Bar, Do, Empty, Page, Path, Place, State, Time } from "./parts.jsx";

const KINDS = { rule: "Rule", backup: "Backup", archive: "Archive" };
const WORST = ["failed", "late", "partial", "held", "waiting", "never", "running", "watching", "ok"];

export function Live({ p })
{
	const part = p.total_bytes ? p.bytes / p.total_bytes :
		p.total_files ? p.files / p.total_files : null;
	const said = [
		p.files !== null && (p.total_files ? number(p.files) + " of " + count(p.total_files, "file") : count(p.files, "file")),
		p.bytes ? bytes(p.bytes) + (p.total_bytes ? " of " + bytes(p.total_bytes) : "") : null,
		p.rate ? bytes(p.rate) + "/s" : null,
	].filter(Boolean);

	return (
		<div class="live">
			<p>{said.join(" · ") || { plan: "Looking", forget: "Tidying up" }[p.phase] || "Starting"}</p>
			<Bar part={part ?? 0} tone={part === null ? "unknown" : ""}
				label={part === null ? "at work" : Math.floor(part * 100) + " of 100"} />
			<p class="current">{p.current ? <Path of={p.current} link={false} /> : "\u00a0"}</p>
		</div>
	);
}

// Whose reason is with the operations of its last run.
const ASK = { failed: "See what failed", partial: "See what failed", waiting: "See why it waits" };

function Job({ job, p })
{
	const running = p !== undefined || job.state === "running";

	return (
		<li class="card job">
			<div class="head">
				<h3>{job.job}</h3>
				<span class="quiet">{KINDS[job.kind]}</span>
				<State of={running ? "running" : job.state} />
				{job.enabled === false && <span class="state plain">off</span>}
			</div>
			{job.why && <p class="why">{capital(job.why)}</p>}
			{!job.why && !running && job.run && ASK[job.state] && <p class="why"><a href={url("/runs/" + job.run,
				{ job: job.job, state: job.state === "waiting" ? "waiting" : "failed" })}>{ASK[job.state]}</a></p>}
			{job.warning && <p class="note warn">{capital(job.warning)}.</p>}
			{p && <Live p={p} />}
			<dl>
				<div><dt>Last went well</dt><dd><Time at={job.last_success} /></dd></div>
				<div><dt>Last run</dt><dd>{job.run ? <a href={"/runs/" + job.run}><Time at={job.last_run} /></a> : <Time at={job.last_run} />}</dd></div>
				<div><dt>Next</dt><dd><Time at={job.next} none={job.schedule ? "not planned" : "by hand"} /></dd></div>
			</dl>
			{running ?
				<Do label={"Stop " + job.job} act={() => post("/api/jobs/stop", { job: job.job })}>Stop</Do> :
				<Do label={"Start " + job.job} act={() => begin("/api/jobs/start", { job: job.job })}>Start</Do>}
		</li>
	);
}

function Room({ places })
{
	return (
		<ul class="cards">
			{places.map((s) => (
				<li class="card" key={s.place}>
					<h3 class="place"><Place of={s.place} /></h3>
					{s.total ? (
						<>
							<Bar part={1 - s.free / s.total} tone={s.free / s.total < 0.1 ? "bad" : ""}
								label={Math.round(100 - 100 * s.free / s.total) + " of 100 used"} />
							<p>{bytes(s.free)} free of {bytes(s.total)}</p>
						</>
					) : <p class="quiet">Nothing is there yet, or its disk is away.</p>}
					<p class="quiet">{s.full ? "At this rate full on " + dateOf(s.full) : s.total ? "No end in sight" : ""}</p>
					<p class="quiet">For {s.jobs.join(", ")}</p>
				</li>
			))}
		</ul>
	);
}

// Red is for what failed; what only waits for somebody is amber.
const toneOf = (t) => (t.well ? "good" :
	t.jobs.some((j) => ["failed", "late", "partial"].includes(j.state)) ? "bad" : "warn");

export function Today()
{
	const today = useAnswer("/api/today", {}, ["runs"]);
	const progress = useProgress();
	const t = today.data;
	const places = useRef(new Map());

	// What is worst comes first, and then stays where it is while one looks.
	for (const j of [...(t?.jobs ?? [])].sort((a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state)))
		if (!places.current.has(j.job))
			places.current.set(j.job, places.current.size);
	return (
		<Page title="Today">
			<Answer of={today} rows={6}>{() => (
				<>
					{t.jobs.length > 0 && (
						<div class={"verdict " + toneOf(t)} role="status">
							<p>{capital(t.sentence)}.</p>
						</div>)}
					{t.daemon.faults && <p class="note warn">The configuration has faults; the last good
						one holds. <a href="/rules">See the rules</a></p>}
					{t.held > 0 && <p class="note warn">{count(t.held, "run waits", "runs wait")} for
						your word. <a href="/held">See what is held</a></p>}
					<h2>Jobs</h2>
					{t.jobs.length === 0 ?
						<Empty title="There is no job yet.">Write one in the configuration, or let <code>fettle setup</code> ask you.</Empty> :
						<ul class="cards">
							{[...t.jobs].sort((a, b) => places.current.get(a.job) - places.current.get(b.job))
								.map((j) => <Job key={j.job} job={j} p={progress.get(j.job)} />)}
						</ul>}
					<h2>Space</h2>
					{t.space.length === 0 ? <Empty title="No backup or archive has a place yet.">How full its disk is, and when it will be, is told here.</Empty> : <Room places={t.space} />}
				</>
			)}</Answer>
		</Page>
	);
}
