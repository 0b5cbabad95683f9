// rules.jsx -- the configuration as it is written, and what it says of a file.
import { url, useAnswer } from "./api.js";
import { count, shown } from "./format.js";
import { Why } from "./files.jsx";
import { Answer, Empty, Page, Place } from "./parts.jsx";
import { go } from "./router.js";

function Fault({ f })
{
	return (
		<div class={"note " + (f.severity === "fault" ? "bad" : "warn")}>
			<p><strong>{f.severity === "fault" ? "Fault" : "Warning"}{f.line ? ", line " + f.line : ""}:</strong> {f.message}</p>
			{f.expected && <p>Expected: {f.expected}</p>}
			{f.suggestion && <p>Did you mean <code>{f.suggestion}</code>?</p>}
			{f.remedy && <p>{f.remedy}</p>}
		</div>
	);
}

function Text({ file, faults, jobs })
{
	const bad = new Map(faults.filter((f) => f.file === file.file || !f.file).map((f) => [f.line, f]));
	const first = new Map(jobs.filter((j) => j.file === file.file).map((j) => [j.line, j.job]));
	const lines = file.text.replace(/\n$/, "").split("\n");

	return (
		<section aria-label={file.file}>
			<h2 class="place"><Place of={file.file} /></h2>
			<div class="text" tabIndex={0} role="group" aria-label={"Text of " + file.file}>
				<ol>
					{lines.map((l, i) => (
						<li key={i} id={first.has(i + 1) ? "job-" + first.get(i + 1) : undefined}
							class={bad.has(i + 1) ? bad.get(i + 1).severity : first.has(i + 1) ? "first" : ""}>
							<code>{l || " "}</code>
							{bad.has(i + 1) && <p class="margin">{bad.get(i + 1).message}</p>}
						</li>
					))}
				</ol>
			</div>
		</section>
	);
}

export function Rules({ query })
{
	const rules = useAnswer("/api/rules", {}, ["runs"]);
	const path = query.path ?? "";
	const submit = (ev) => {
		ev.preventDefault();
		const said = new FormData(ev.target).get("path").trim();

		go(url("/rules", { path: said === shown(path) ? path : said }), { replace: true });
	};

	return (
		<Page title="Rules">
			<h2>Which rule takes this file?</h2>
			<form class="tools" action="/rules" onSubmit={submit}>
				<input key={path} class="wide" name="path" defaultValue={shown(path)} required pattern="/.*" title="an absolute path"
					aria-label="The path of a file" placeholder="/home/me/Downloads/bill.pdf" />
				<button class="main">Try</button>
			</form>
			{path && <Why path={path} />}
			<Answer of={rules} rows={12}>{(a) => (
				<>
					<h2>The configuration</h2>
					<p class="quiet">{count(a.jobs.length, "job")}; secrets are not shown. It is changed in its file.</p>
					{a.faults.length === 0 ? <p class="note">It has no fault and no warning.</p> : a.faults.map((f, i) => <Fault key={i} f={f} />)}
					{a.files.length === 0 ? <Empty title="There is no configuration yet." /> :
						a.files.map((f) => <Text key={f.file} file={f} faults={a.faults} jobs={a.jobs} />)}
				</>
			)}</Answer>
		</Page>
	);
}
