// held.jsx -- what a guard holds until somebody says yes or no.
import { begin, url, useAnswer } from "./api.js";
import { capital, count, folderOf, nameOf, shown } from "./format.js";
import { Long } from "./long.jsx";
import { Answer, Asking, Empty, Filter, Page, Place, Time } from "./parts.jsx";
import { go } from "./router.js";
import { Operation } from "./runs.jsx";

function Word({ h })
{
	return (
		<p class="buttons">
			<Asking button="Approve" kind="main" yes={"Do " + count(h.operations, "operation")} title={"Approve run " + h.run + "?"}
				act={() => begin("/api/held/approve", { run: h.run })}>
				<p>Exactly this plan will be done. What changed since is skipped, and told. It can be taken back.</p>
			</Asking>
			<Asking button="Reject" kind="danger" yes="Drop the plan" title={"Reject run " + h.run + "?"}
				act={() => begin("/api/held/reject", { run: h.run })}>
				<p>The plan is dropped; no file is changed. The next run makes a new one.</p>
			</Asking>
		</p>
	);
}

function Part({ run, part })
{
	return (
		<div class="part">
			<h3>{part.job}</h3>
			<p class="why">{capital(part.why)}</p>
			<ul class="groups">
				{part.groups.map((g) => (
					<li key={g.op + g.folder}>
						<a href={url("/held/" + run, { job: part.job, folder: g.folder })}>
							{capital(g.op)} {count(g.count, "file")}{g.folder && <> to <code><Place of={g.folder} /></code></>}</a>
						{g.example && <span class="quiet small" title={shown(folderOf(g.example))}> such as {shown(nameOf(g.example))}</span>}
					</li>
				))}
			</ul>
		</div>
	);
}

export function Held()
{
	const held = useAnswer("/api/held", {}, ["runs"]);

	return (
		<Page title="Held" lead="Plans that go past a guard wait here; nothing of them is done yet.">
			<Answer of={held} rows={4}>{({ held: all }) => (all.length === 0 ?
				<Empty title="Nothing is held.">What a guard stops comes here and waits for your word.</Empty> :
				all.map((h) => (
					<section class="card held" key={h.run} aria-label={"Run " + h.run}>
						<div class="head"><h2>Run {h.run}</h2>
							<span class="quiet"><Time at={h.started} /> · {count(h.operations, "operation")}</span></div>
						{h.parts.map((p) => <Part key={p.job} run={h.run} part={p} />)}
						<p class="small"><a href={"/held/" + h.run}>See the whole plan</a></p>
						<Word h={h} />
					</section>
				))
			)}</Answer>
		</Page>
	);
}

export function HeldPlan({ id, query })
{
	const held = useAnswer("/api/held", {}, ["runs"]);
	const h = held.data?.held.find((x) => x.run === id);
	const to = (change) => go(url("/held/" + id, { ...query, ...change }), { replace: true });

	return (
		<Page title={"Plan of run " + id} lead={shown([query.job, query.folder].filter(Boolean).join(": "))}>
			<Answer of={held} rows={3}>{() => (h ? <Word h={h} /> :
				<p class="note">It is not held any more. <a href={"/runs/" + id}>See run {id}</a></p>)}</Answer>
			<div class="tools">
				<Filter label="Part of a name" value={query.q} onValue={(q) => to({ q })} />
				{(query.job || query.folder) && <a class="button" href={"/held/" + id}>The whole plan</a>}
			</div>
			{(h || !held.data) && <Long path="/api/held/operations" items="operations" label="Planned operations"
				query={{ run: id, q: query.q, job: query.job, folder: query.folder }} heights={[48, 108]}
				above={(a) => <p class="quiet small total">{count(a.total, "operation")}</p>}
				empty={<Empty title="Nothing fits." />} row={(o) => <Operation o={o} />} />}
		</Page>
	);
}
