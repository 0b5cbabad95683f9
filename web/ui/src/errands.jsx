// errands.jsx -- what was started from here, at the foot of each page.
import { dropErrand, post, useErrands, useProgress } from "./api.js";
import { capital } from "./format.js";
import { Do, State } from "./parts.jsx";

const VERBS = { run: "Run", undo: "Undo", approve: "Approve", reject: "Reject", get: "Bring back",
	restore: "Restore", check: "Check" };

export function Errands()
{
	const all = [...useErrands().values()].slice(-4);

	useProgress();
	return (
		<section class="errands" aria-label="Started from here" aria-live="polite">
			{all.map((e) => (
				<div key={e.id} class="errand" data-state={e.state}>
					<p><strong>{VERBS[e.verb] ?? capital(e.verb)}</strong> <span class="about" title={e.about}>{e.about}</span>{" "}
						<State of={e.state} /></p>
					{e.lines.length > 0 && e.state !== "going" &&
						<p class="said" title={e.lines.join("\n")}>{e.lines.at(-1)}</p>}
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
