// errands.jsx -- what was started from here, at the foot of each page.
import { dropErrand, post, useErrands, useProgress } from "./api.js";
import { capital, sentence } from "./format.js";
import { Bar, Do, State } from "./parts.jsx";
import { figures } from "./runs.jsx";

const VERBS = { run: "Run", undo: "Undo", approve: "Approve", reject: "Reject", get: "Bring back",
	restore: "Restore", check: "Check" };

export function Errands()
{
	const all = [...useErrands().values()].slice(-4);

	const progress = useProgress();
	const partOf = (e) => {
		const p = e.verb === "run" && progress.get(e.about);

		return p && p.total_bytes ? p.bytes / p.total_bytes : p && p.total_files ? p.files / p.total_files : null;
	};
	const said = (e) => (e.lines.length > 0 ? sentence(e.lines.at(-1).replace(/^fettle: /, "")) :
		e.state !== "done" && e.summary ? figures(e.summary) : "");

	return (
		<section class="errands" aria-label="Started from here" aria-live="polite">
			{all.map((e) => (
				<div key={e.id} class="errand" data-state={e.state}>
					<p><strong>{VERBS[e.verb] ?? capital(e.verb)}</strong> <span class="about" title={e.about}>{e.about}</span>{" "}
						<State of={e.state} /></p>
					{e.state === "going" && <Bar part={partOf(e) ?? 0} tone={partOf(e) === null ? "unknown" : ""}
						label={partOf(e) === null ? "at work" : Math.floor(partOf(e) * 100) + " of 100"} />}
					{e.state !== "going" && said(e) && <p class="said" title={e.lines.join("\n")}>{said(e)}</p>}
					<p class="buttons">
						{e.run && <a class="button small" href={"/runs/" + e.run}>Run {e.run}</a>}
						{e.state === "going" ?
							<Do kind="small" act={() => post("/api/errand/stop", { id: e.id })}>Stop</Do> :
							<button type="button" class="small" onClick={() => dropErrand(e.id)}
								aria-label={"Put away: " + (VERBS[e.verb] ?? e.verb) + " " + e.about}>Put away</button>}
					</p>
				</div>
			))}
		</section>
	);
}
