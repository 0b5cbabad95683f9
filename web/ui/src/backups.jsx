// backups.jsx -- snapshots in time: look in, compare, take out, prove.
import { useState } from "preact/hooks";
import { begin, url, useAnswer } from "./api.js";
import { bytes, capital, count, inShort, nameOf, number, shown, under } from "./format.js";
import { Long } from "./long.jsx";
import { Answer, Asking, Empty, Filter, Page, Path, Place, Time } from "./parts.jsx";
import { go } from "./router.js";

const KINDS = { repository: "Repository", copies: "Plain copies", archive: "Archive" };
const READ = [["", "its structure only (quick)"], ["10%", "and a tenth of the data"],
	["100%", "and all of the data (slow)"]];

function Check({ backup })
{
	return (
		<Asking button="Check" label={"Check " + backup} title={"Check " + backup + "?"} yes="Begin" kind="main"
			act={(form) => begin("/api/backups/check", { backup, ...(form.get("share") ? { share: form.get("share") } : {}) })}>
			<p>It is read back and compared with what it should be.</p>
			<fieldset><legend>Read</legend>
				{READ.map(([v, words]) => (
					<label key={v}><input type="radio" name="share" value={v} defaultChecked={v === ""} /> {words}</label>))}
			</fieldset>
		</Asking>
	);
}

export function Backups()
{
	const all = useAnswer("/api/backups", {}, ["runs"]);

	return (
		<Page title="Backups">
			<Answer of={all} rows={5}>{({ backups }) => (backups.length === 0 ?
				<Empty title="There is no backup yet."><code>fettle setup</code> asks what you want to keep, and where.</Empty> :
				<ul class="cards">
					{backups.map((b) => (
						<li class="card" key={b.backup}>
							<div class="head"><h2>{b.browse ? <a href={url("/backups/of", { backup: b.backup })}>{b.backup}</a> : b.backup}</h2>
								<span class="quiet">{KINDS[b.kind]}</span></div>
							{b.reach && <p class="why">{capital(b.reach)}</p>}
							{b.place && <p><code class="break"><Place of={b.place} /></code></p>}
							{!b.place && !b.reach && <p class="quiet">Its disk is not here now.</p>}
							{b.paths.length > 0 && <p class="quiet small break">Of <Place of={b.paths.join(", ")} /></p>}
							<p class="buttons">
								{b.browse && <a class="button" href={url("/backups/of", { backup: b.backup })}>Snapshots</a>}
								{b.kind !== "archive" && <Check backup={b.backup} />}
							</p>
						</li>
					))}
				</ul>
			)}</Answer>
		</Page>
	);
}

function Snapshot({ s, backup, compare, ends, choose })
{
	return (
		<li class="line">
			{compare && <span class="pick">
				<label>from<input type="radio" name="from" checked={ends.from === s.id} aria-label={"from " + inShort(s.time)}
					onChange={() => choose({ from: s.id })} /></label>
				<label>to<input type="radio" name="to" checked={ends.to === s.id} aria-label={"to " + inShort(s.time)}
					onChange={() => choose({ to: s.id })} /></label>
			</span>}
			<span class="grow">
				<a href={url("/backups/tree", { backup, snapshot: s.id, path: "/" })}>{inShort(s.time)}</a>{" "}
				<span class="quiet"><Time at={s.time} /></span>
				<br /><span class="quiet small">{[s.short_id, s.hostname, s.tags.join(", ")].filter(Boolean).join(" · ")}</span>
				{s.damaged && <><br /><span class="error">Damaged: {s.damaged}</span></>}
			</span>
			<span class="quiet small">{[s.files !== null && count(s.files, "file"), s.bytes !== null && bytes(s.bytes),
				s.added ? bytes(s.added) + " new" : null].filter(Boolean).join(" · ")}</span>
		</li>
	);
}

export function Backup({ query: { backup } })
{
	const a = useAnswer("/api/backups/snapshots", { backup }, ["runs"]);
	const [ends, set] = useState({});
	const [many, setMany] = useState(100);
	const all = [...(a.data?.snapshots ?? [])].reverse();
	const now = { from: ends.from ?? all[1]?.id, to: ends.to ?? all[0]?.id };

	return (
		<Page title={backup} lead={all.length > 0 && count(all.length, "snapshot")}>
			<Answer of={a} rows={8}>{() => (all.length === 0 ?
				<Empty title="There is no snapshot yet.">The first comes with the next run of <a href="/">this backup</a>.</Empty> :
				<>
					<div class="tools">
						{all.length > 1 && <button type="button" disabled={now.from === now.to}
							onClick={() => go(url("/backups/differences", { backup, ...now }))}>Compare the two that are chosen</button>}
						<Check backup={backup} />
						<a class="button" href={url("/space", { backup })}>Space</a>
					</div>
					<ul class="list timeline">
						{all.slice(0, many).map((s) => <Snapshot key={s.id} s={s} backup={backup} compare={all.length > 1} ends={now}
							choose={(e) => set({ ...now, ...e })} />)}
					</ul>
					{many < all.length && <p class="tools"><button type="button" onClick={() => setMany(many + 200)}>Older snapshots</button></p>}
				</>
			)}</Answer>
		</Page>
	);
}

function Crumbs({ backup, snapshot, path })
{
	const names = path.split("/").filter(Boolean);

	return (
		<nav class="crumbs" aria-label="Folder">
			<a href={url("/backups/of", { backup })}>{backup}</a>
			<span class="quiet" aria-hidden="true">:</span>
			<a href={url("/backups/tree", { backup, snapshot, path: "/" })} aria-label="the top" aria-current={names.length === 0 ? "page" : undefined}>/</a>
			{names.map((n, i) => {
				const to = "/" + names.slice(0, i + 1).join("/");

				return <>{i > 0 && <span class="quiet" aria-hidden="true">/</span>}<a key={to} href={url("/backups/tree", { backup, snapshot, path: to })}
					aria-current={i === names.length - 1 ? "page" : undefined}>{shown(n)}</a></>;
			})}
		</nav>
	);
}

function Restore({ backup, snapshot, path, name, small })
{
	const act = (form) => begin("/api/backups/restore", { backup, snapshot, path,
		to: form.get("where") === "there" ? "/" : form.get("to") });

	return (
		<Asking small={small} button={small ? "Restore" : "Restore this folder"} label={small ? "Restore " + name : undefined}
			title={"Restore " + name + "?"} yes="Restore" kind="main" act={act}>
			<p>What is there already is never overwritten.</p>
			<label><input type="radio" name="where" value="there" defaultChecked /> To where it came from</label>
			<label><input type="radio" name="where" value="else" id="else" /> Into another folder</label>
			<label>The folder <input type="text" name="to" placeholder="/home/me/back" pattern="/.*" title="an absolute path"
				onInput={(ev) => { ev.target.form.elements.namedItem("else").checked = true; }} /></label>
		</Asking>
	);
}

// With several snapshots one goes from one to the next and stays in the folder.
function When({ backup, snapshot, path })
{
	const a = useAnswer("/api/backups/snapshots", { backup });
	const all = a.data?.snapshots ?? [];
	const mine = all.find((s) => s.id.startsWith(snapshot)) ?? (snapshot === "latest" ? all.at(-1) : undefined);

	return (
		<select class="snapshot" aria-label="Snapshot" value={mine?.id ?? snapshot}
			onChange={(ev) => go(url("/backups/tree", { backup, snapshot: ev.target.value, path }))}>
			{!mine && <option value={snapshot}>{snapshot}</option>}
			{[...all].reverse().map((s) => <option key={s.id} value={s.id}>{inShort(s.time)}</option>)}
		</select>
	);
}

function Entry({ e, backup, snapshot, folder })
{
	const path = under(folder, e.name), name = shown(e.name);
	const file = e.type === "file" || e.type === "dir";

	return (
		<div class={"entry " + e.type}>
			<span class="name" title={name}>
				{e.type === "dir" ? <a href={url("/backups/tree", { backup, snapshot, path })}>{name}/</a> : name}
				{e.target && <span class="quiet"> → {shown(e.target)}</span>}</span>
			<span class="quiet size">{e.type === "dir" ? "folder" : e.type === "file" ? bytes(e.size) : e.type}</span>
			<span class="quiet time">{e.mtime && <Time at={e.mtime} />}</span>
			<span class="end">
				{file && <a class="button small" download aria-label={"Download " + name}
					href={url("/api/backups/download", { backup, snapshot, path })}>Download</a>}
				<Restore small backup={backup} snapshot={snapshot} path={path} name={name} />
			</span>
		</div>
	);
}

export function Tree({ query })
{
	const { backup, snapshot = "latest", path = "/", q, sort } = query;
	const to = (change) => go(url("/backups/tree", { ...query, ...change }), { replace: true });
	const load = (format) => url("/api/backups/download", { backup, snapshot, path, format });

	return (
		<Page title={path === "/" ? "All of " + backup : nameOf(path)}>
			<Crumbs backup={backup} snapshot={snapshot} path={path} />
			<div class="tools">
				<When backup={backup} snapshot={snapshot} path={path} />
				<a class="button" download href={load("zip")}>Download as zip</a>
				<a class="button" download href={load("tar")}>as tar</a>
				<Restore backup={backup} snapshot={snapshot} path={path} name={path === "/" ? "all of " + backup : shown(nameOf(path))} />
			</div>
			<div class="tools">
				<Filter key={path} label="Part of a name" value={q} onValue={(v) => to({ q: v })} />
				<select aria-label="In which order" value={sort ?? "name"} onChange={(ev) => to({ sort: ev.target.value })}>
					<option value="name">By name</option><option value="size">By size</option><option value="time">By time</option>
				</select>
			</div>
			<Long path="/api/backups/tree" items="entries" label={"Entries of " + shown(path)} query={{ backup, snapshot, path, q, sort }}
				heights={[46, 84]} above={(h) => <p class="quiet small total">{number(h.total)} {h.total === 1 ? "entry" : "entries"}</p>}
				empty={<Empty title={q ? "Nothing fits." : "This folder is empty."} />}
				row={(e) => <Entry e={e} backup={backup} snapshot={snapshot} folder={path} />} />
		</Page>
	);
}

// An id is known by its beginning; the name of a plain copy is not.
const brief = (id) => (/^[0-9a-f]{64}$/.test(id ?? "") ? id.slice(0, 8) : id);
const SIGNS = { "+": ["good", "new"], "-": ["bad", "gone"], M: ["warn", "changed"], T: ["warn", "other type"], U: ["plain", "metadata"] };

export function Differences({ query })
{
	const { backup, from, to, q } = query;
	const snapshots = useAnswer("/api/backups/snapshots", { backup }).data?.snapshots ?? [];
	const named = (id) => {
		const s = snapshots.find((x) => x.id === id);

		return s ? inShort(s.time) : brief(id);
	};

	return (
		<Page title="What changed" lead={"In " + backup + ", from " + named(from) + " to " + named(to)}>
			<p><a href={url("/backups/of", { backup })}>To the snapshots</a></p>
			<div class="tools"><Filter label="Part of a path" value={q}
				onValue={(v) => go(url("/backups/differences", { ...query, q: v }), { replace: true })} /></div>
			<Long path="/api/backups/diff" items="changes" label="Changes" query={{ backup, from, to, q }} heights={[42, 56]}
				above={(h) => <p class="total">{count(h.added.files, "new file")}, {number(h.removed.files)} gone,{" "}
					{number(h.changed_files)} changed</p>}
				empty={<Empty title={q ? "Nothing fits." : "Nothing changed between them."} />}
				row={(c) => {
					const [tone, word] = SIGNS[c.modifier[0]] ?? ["plain", c.modifier];

					return <div class="change"><span class={"state " + tone}>{word}</span><Path of={c.path.replace(/(.)\/$/, "$1")} /></div>;
				}} />
		</Page>
	);
}
