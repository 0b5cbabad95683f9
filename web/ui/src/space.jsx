// space.jsx -- where the room goes, how it grew, and what is there twice.
import { hierarchy, treemap, treemapSquarify } from "d3-hierarchy";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { url, useAnswer } from "./api.js";
import { bytes, count, dateOf, number, secondOf, shown, timeOf, under } from "./format.js";
import { Long } from "./long.jsx";
import { Answer, Bar, Empty, Page, Path, Place, Waiting } from "./parts.jsx";
import { go } from "./router.js";

function useWidth(ref)
{
	const [width, set] = useState(0);

	useLayoutEffect(() => {
		const o = new ResizeObserver(([e]) => set(Math.floor(e.contentRect.width)));

		o.observe(ref.current);
		return () => o.disconnect();
	}, []);
	return width;
}

// Rectangles by size. The list below it tells the same to who cannot see it.
function Treemap({ tree, path, to })
{
	const ref = useRef();
	const width = useWidth(ref);
	const height = width > 600 ? 380 : 300;
	const root = hierarchy(tree, (n) => n.children).sum((n) => (n.children?.length ? 0 : n.bytes))
		.sort((a, b) => b.value - a.value);
	const full = (n) => n.ancestors().reverse().slice(1).reduce((p, x) => under(p, x.data.name), path);

	if (width > 0)
		treemap().tile(treemapSquarify).size([width, height]).paddingInner(2).paddingTop((n) => (n.depth === 1 && n.children ? 22 : 0)).round(true)(root);
	const tiles = width > 0 ? root.descendants().filter((n) => n.depth > 0 && n.depth < 3) : [];

	return (
		<div class="map" ref={ref} style={{ height: height + "px" }} aria-hidden="true">
			{tiles.map((n) => {
				const w = n.x1 - n.x0, h = n.y1 - n.y0;
				const box = { left: n.x0 + "px", top: n.y0 + "px", width: w + "px", height: h + "px" };
				const folder = n.data.name !== "";
				const title = shown(folder ? full(n) : "files in " + full(n.parent)) + ": " + bytes(n.data.bytes);

				if (w < 2 || h < 2)
					return null;
				return (
					<a key={title} class={"tile depth" + n.depth + (folder ? "" : " loose")} style={box} title={title} tabIndex={-1}
						href={folder ? to(full(n)) : undefined}>
						{w > 50 && h > 18 && <span>{folder ? shown(n.data.name) : "files"}</span>}
					</a>
				);
			})}
		</div>
	);
}

function Folders({ tree, path, to })
{
	const all = [...(tree.children ?? [])].sort((a, b) => b.bytes - a.bytes);

	return (
		<ul class="list small">
			{all.slice(0, 12).map((n) => (
				<li class="line even" key={n.name}>
					<span class="grow">{n.name ? <a href={to(under(path, n.name))}>{shown(n.name)}/</a> : "Files here"}</span>
					<span class="quiet">{count(n.files, "file")}</span><span class="sum">{bytes(n.bytes)}</span>
				</li>
			))}
		</ul>
	);
}

function Types({ types })
{
	const most = Math.max(1, ...types.map((t) => t.bytes));

	return (
		<ul class="types">
			{[...types].sort((a, b) => b.bytes - a.bytes).map((t) => (
				<li key={t.type}><p class="line even"><span class="grow">{t.type}</span><span class="quiet">{count(t.files, "file")}</span>
					<span class="sum">{bytes(t.bytes)}</span></p>
				<Bar part={t.bytes / most} label={t.type + ": " + bytes(t.bytes)} /></li>
			))}
		</ul>
	);
}

const POWERS = Array.from({ length: 60 }, (_, i) => 2 ** i); // 1 MiB, not 977 KiB
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function Plot({ points })
{
	const ref = useRef();
	const width = useWidth(ref);

	useEffect(() => {
		if (width === 0)
			return undefined;
		const dark = matchMedia("(prefers-color-scheme: dark)");
		let plot;
		const draw = () => {
			plot?.destroy();
			const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };

			plot = new uPlot({
				width, height: 240, legend: { live: false, show: false }, cursor: { drag: { x: false } },
				series: [{}, { label: "Size", stroke: colour("--green"), fill: colour("--wash"), width: 2, points: { show: points.length < 60 } }],
				scales: { y: { range: (_, lo, hi) => [0, (hi || 1) * 1.1] } },
				axes: [{ ...axis, space: 110, values: (_, v, __, ___, step) => v.map((s) => (step < 60 ? secondOf : step < 86400 ? timeOf : dateOf)(s * 1000)) }, { ...axis, size: 76, incrs: POWERS, values: (_, v) => v.map((n) => bytes(n)) }],
			}, [points.map((p) => new Date(p.time) / 1000), points.map((p) => p.bytes)], ref.current);
		};

		draw();
		dark.addEventListener("change", draw);
		return () => {
			dark.removeEventListener("change", draw);
			plot.destroy();
		};
	}, [width, points]);
	return <div class="plot" ref={ref} aria-hidden="true" />;
}

function Growth({ backup })
{
	const a = useAnswer("/api/space/growth", { backup }, ["runs"]);

	return (
		<Answer of={a} rows={5}>{({ points: all }) => {
			const points = all.filter((p) => p.bytes !== null);

			if (points.length < 2)
				return <Empty title="Two snapshots at least make a curve." />;
			return (
				<>
					<p>From {bytes(points[0].bytes)} on {dateOf(points[0].time)} to {bytes(points.at(-1).bytes)} on {dateOf(points.at(-1).time)},
						in {count(points.length, "snapshot")}.</p>
					<Plot points={points} />
				</>
			);
		}}</Answer>
	);
}

function Twice({ backup, snapshot })
{
	return (
		<Long path="/api/space/duplicates" items="groups" label="Files of equal contents" query={{ backup, snapshot }} heights={[62, 112]}
			above={(h) => h.total > 0 && <p class="total">{count(h.total, "group")} of equal files; one of each would do, and {bytes(h.wasted)} would be free.</p>}
			empty={<Empty title="No file is there twice." />}
			row={(g) => (
				<div class="twice" title={g.paths.map(shown).join("\n")}>
					<span><strong>{number(g.count)} times {bytes(g.bytes)}</strong></span>
					<span class="paths quiet">{g.paths.slice(0, 2).map((p) => <Path key={p} of={p} />)}
						{g.count > 2 && "and " + number(g.count - 2) + " more"}</span>
				</div>
			)} />
	);
}

function onlyWay(tree, path)
{
	while (tree?.children?.length === 1 && tree.children[0].name) {
		tree = tree.children[0];
		path = under(path, tree.name);
	}
	return path;
}

export function Space({ query })
{
	const all = useAnswer("/api/backups");
	const can = (all.data?.backups ?? []).filter((b) => b.browse);
	const backup = query.backup ?? can[0]?.backup;
	const { snapshot } = query;
	// Where nobody asked for a folder, the first that holds more than one.
	const [top, setTop] = useState({});
	const path = query.path ?? (top.backup === backup ? top.path : "/");
	const space = useAnswer(backup ? "/api/space" : null, { backup, snapshot, path }, ["runs"]);
	const to = (p) => url("/space", { backup, snapshot, path: p });
	const way = query.path === undefined ? onlyWay(space.data?.tree, path) : path;

	useEffect(() => {
		if (way !== path)
			setTop({ backup, path: way });
	}, [way]);

	return (
		<Page title="Space">
			<Answer of={all} rows={8}>{() => (!backup ? <Empty title="There is nothing to measure yet.">Space is told of the snapshots of a <a href="/backups">backup</a>.</Empty> :
				<>
					<div class="tools">
						<select aria-label="Backup" value={backup} onChange={(ev) => go(url("/space", { backup: ev.target.value }))}>
							{can.map((b) => <option key={b.backup} value={b.backup}>{b.backup}</option>)}
						</select>
						{path !== "/" && <a class="button" href={to(path.replace(/\/[^/]*$/, "") || "/")}>Up</a>}
						<code class="break"><Place of={path} /></code>
					</div>
					<Answer of={space} rows={10}>{(a) => (way !== path ? <Waiting rows={10} /> :
						<>
							<p class="total">{count(a.tree.files, "file")}, {bytes(a.tree.bytes)}</p>
							{a.tree.bytes > 0 && <Treemap tree={a.tree} path={path} to={to} />}
							<div class="two">
								<section aria-label="By folder"><h2>By folder</h2><Folders tree={a.tree} path={path} to={to} /></section>
								<section aria-label="By type"><h2>By type</h2><Types types={a.types} /></section>
							</div>
						</>
					)}</Answer>
					<h2>Growth</h2><Growth backup={backup} />
					<h2>Twice or more</h2><Twice backup={backup} snapshot={snapshot} />
				</>
			)}</Answer>
		</Page>
	);
}
