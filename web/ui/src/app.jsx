// app.jsx -- the frame around each page, and the way in.
import { render } from "preact";
import { useEffect, useErrorBoundary, useState } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { listen, login, on, useAnswer } from "./api.js";
import { Errands } from "./errands.jsx";
import { Empty, Page, Trouble } from "./parts.jsx";
import { useRoute } from "./router.js";
import { Today } from "./today.jsx";
import { Run, Runs } from "./runs.jsx";
import { Held, HeldPlan } from "./held.jsx";
import { Files } from "./files.jsx";
import { Backup, Backups, Differences, Tree } from "./backups.jsx";
import { Space } from "./space.jsx";
import { Rules } from "./rules.jsx";

const PLACES = [
	["/", "Today", "M4 11 12 4l8 7v9H4zM10 20v-6h4v6"],
	["/runs", "Runs", "M12 7v5l3 2M12 3a9 9 0 1 0 9 9 9 9 0 0 0-9-9"],
	["/held", "Held", "M9 5v14M15 5v14"],
	["/files", "Files", "M11 4a7 7 0 1 0 7 7 7 7 0 0 0-7-7M16 16l5 5"],
	["/backups", "Backups", "M4 7c0-4 16-4 16 0v10c0 4-16 4-16 0zM4 7c0 4 16 4 16 0M4 12c0 4 16 4 16 0"],
	["/space", "Space", "M4 4h16v16H4zM12 4v16M12 11h8"],
	["/rules", "Rules", "M5 6h14M5 12h9M5 18h12"],
];

const PAGES = [
	[/^\/(?:index\.html|enter)?$/, Today], [/^\/runs$/, Runs], [/^\/runs\/(\d+)$/, Run],
	[/^\/held$/, Held], [/^\/held\/(\d+)$/, HeldPlan], [/^\/files$/, Files],
	[/^\/backups$/, Backups], [/^\/backups\/of$/, Backup], [/^\/backups\/tree$/, Tree],
	[/^\/backups\/differences$/, Differences], [/^\/space$/, Space], [/^\/rules$/, Rules],
];

function Nav({ path, held })
{
	const within = (to) => (to === "/" ? path === "/" || path === "/enter" : path === to || path.startsWith(to + "/"));

	return (
		<nav aria-label="Pages">
			<a class="brand" href="/" tabIndex={-1} aria-hidden="true">fettle</a>
			<ul>
				{PLACES.map(([to, name, d]) => (
					<li key={to}>
						<a href={to} aria-current={within(to) ? "page" : undefined}>
							<svg viewBox="0 0 24 24" aria-hidden="true"><path d={d} /></svg>
							<span>{name}</span>
							{to === "/held" && held > 0 &&
								<span class="badge" aria-label={held + " waiting"}>{held}</span>}
						</a>
					</li>
				))}
			</ul>
		</nav>
	);
}

function Enter()
{
	const [error, set] = useState(null);
	const submit = async (ev) => {
		ev.preventDefault();
		try {
			await login(new FormData(ev.target).get("password"));
			location.reload();
		} catch (e) {
			set(e);
		}
	};

	return (
		<main id="main" class="enter">
			<Page title="Come in">
				{location.pathname === "/enter" && <p class="note warn">This link was used before, or it is too old.</p>}
				<p>On this machine, type <code>fettle web</code> and open the link that it
				prints. It is good once, for five minutes.</p>
				<details>
					<summary>I was given a password</summary>
					<form onSubmit={submit}>
						<label>Password <input type="password" name="password" required
							autocomplete="current-password" /></label>
						<button class="main">Come in</button>
					</form>
				</details>
				<Trouble error={error} />
			</Page>
		</main>
	);
}

function Shown({ route })
{
	const [error, reset] = useErrorBoundary();

	useEffect(reset, [route.path]);
	if (error)
		return <Page title="This page failed"><Trouble error={error} reload={reset} /></Page>;
	for (const [form, Part] of PAGES) {
		const m = form.exec(route.path);

		if (m)
			return <Part key={route.path} id={m[1] && Number(m[1])} query={route.query} />;
	}
	return <Page title="Not here"><Empty title="There is no such page."><a href="/">To today</a></Empty></Page>;
}

function App()
{
	const route = useRoute();
	const [out, setOut] = useState(false);
	const [live, setLive] = useState(true);
	const [late, setLate] = useState(false);
	const held = useAnswer(out ? null : "/api/held", {}, ["runs"]);

	useEffect(() => {
		const offs = [on("out", () => setOut(true)), on("live", setLive)];

		listen();
		return () => offs.forEach((off) => off());
	}, []);
	// A line that is back within moments was never worth a word.
	useEffect(() => {
		const t = setTimeout(() => setLate(!live), live ? 0 : 8000);

		return () => clearTimeout(t);
	}, [live]);
	if (out)
		return <Enter />;
	return (
		<>
			<a class="skip" href="#main">To the contents</a>
			<Nav path={route.path} held={held.data?.held.length ?? 0} />
			<main id="main" tabIndex={-1}>
				{late && <p class="note warn offline" role="status">
					The line to fettle is down; trying again. What you see may be old.</p>}
				<Shown route={route} />
			</main>
			<Errands />
		</>
	);
}

render(<App />, document.getElementById("app"));
