// browse.mjs -- one walk through the dashboard in a real browser.
// node browse.mjs WALK LINK [JSON]: does WALK, prints what it saw as JSON; any
// word on the browser's console, or a request to elsewhere, is a failure.
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const [walk, link, json] = process.argv.slice(2);
const given = JSON.parse(json ?? "{}");
const origin = new URL(link).origin;
const faults = [];
const seen = {};

const browser = await chromium.launch({
	executablePath: "/usr/bin/chromium", args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
const phone = (given.width ?? 1280) < 500;
const context = await browser.newContext({
	viewport: { width: given.width ?? 1280, height: 900 }, hasTouch: phone, isMobile: phone, colorScheme: given.scheme ?? "light",
	acceptDownloads: true, timezoneId: "Europe/Berlin",
});
const page = await context.newPage();
page.setDefaultTimeout(15000);
page.on("console", (m) => {
	if (["error", "warning"].includes(m.type()))
		faults.push("console: " + m.text());
});
page.on("pageerror", (e) => faults.push("error: " + e));
page.on("request", (r) => {
	if (!r.url().startsWith(origin + "/") && !/^(data|blob|about):/.test(r.url()))
		faults.push("asked elsewhere: " + r.url());
});

const open = async (path) => {
	await page.goto(origin + path);
	await page.locator("h1").first().waitFor();
	// not waitForFunction: it wants eval, which the page's policy forbids
	while (await page.locator(".waiting").count() > 0)
		await page.waitForTimeout(30);
};
const button = (name) => {
	const b = page.getByRole("button", { name, exact: true });

	// A finger instead of a mouse: what lies below something else is not hit.
	return phone ? { click: () => b.tap(), first: () => ({ click: () => b.first().tap() }) } : b;
};
const ended = async (verb) => {
	const e = page.locator(".errand", { hasText: verb }).last();

	await e.locator(".buttons button", { hasText: "Put away" }).waitFor({ timeout: 40000 });
	return e.getAttribute("data-state");
};
const confirm = (words) => page.locator("dialog[open]").getByRole("button", { name: words }).click();

const walks = {
	// Every page: its heading, no fault of axe's, nothing wider than the window.
	async pages()
	{
		const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

		for (const path of given.paths) {
			await open(path);
			const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

			if (wide > 0)
				faults.push(path + " is " + wide + " pixels too wide");
			if (given.shots)
				await page.screenshot({ path: given.shots + "/" + given.width + given.scheme +
					path.replace(/\W+/g, "_").slice(0, 40) + ".png", fullPage: true });
			seen[path] = await page.locator("h1").innerText();
			// evaluate comes from outside: the page's own policy does not stop it
			await page.evaluate(axe);
			const r = await page.evaluate(() => globalThis.axe.run(document,
				{ resultTypes: ["violations"] }));

			for (const v of r.violations)
				if (["serious", "critical"].includes(v.impact))
					faults.push(path + ": " + v.id + ": " + v.nodes.map((n) => n.target + " " + n.failureSummary).slice(0, 4).join("; "));
		}
	},
	// For eyes: each page as it comes, and where nothing of it is to be had.
	async pictures()
	{
		for (const [name, path] of Object.entries(given.paths)) {
			if (given.outside) {
				await page.goto(link);
				await page.getByText("I was given a password").click();
			} else if (given.gone) {
				await page.unroute("**/api/**");
				await open("/files");
				await page.route("**/api/**", (r) => r.abort());
				await page.evaluate((to) => {
					const a = document.body.appendChild(document.createElement("a"));

					a.href = to;
					a.click();
					a.remove();
				}, path);
				await page.locator(".note.bad").first().waitFor();
			} else
				await open(path);
			await page.waitForTimeout(given.rest ?? 120); // curves are drawn a little later
			const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

			if (wide > 0)
				faults.push(path + " is " + wide + " pixels too wide");
			await page.screenshot({ fullPage: true, path: given.to + "/" +
				[name || "start", given.width, given.scheme].join("-") + ".png" });
		}
		// What the browser itself says of answers that are refusals is no fault here.
		faults.splice(0, faults.length, ...faults.filter((f) => !f.includes("Failed to load resource")));
	},
	async warnings()
	{
		await open("/");
		seen.warnings = await page.locator(".job .note.warn").allInnerTexts();
	},
	async keyboard()
	{
		await open("/");
		await page.keyboard.press("Tab");
		seen.first = await page.evaluate(() => document.activeElement.textContent);
		for (let i = 0; i < 2; i++)
			await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		await page.waitForURL("**/runs");
		seen.title = await page.title();
		await page.goBack();
		await page.waitForURL(origin + "/");
	},
	// Everything on a dialog lies within it, and the keyboard does not leave it.
	async dialogs()
	{
		for (const [path, name] of given.dialogs) {
			await open(path);
			await page.getByRole("button", { name }).first().click();
			await page.locator("dialog[open]").waitFor();
			const over = await page.evaluate(() => {
				const d = document.querySelector("dialog[open]"), box = d.getBoundingClientRect();
				const out = [...d.querySelectorAll("*")].filter((e) => {
					const b = e.getBoundingClientRect();

					return b.width > 0 && (b.right > box.right || b.left < box.left || b.bottom > innerHeight);
				});

				return out.map((e) => e.outerHTML.slice(0, 80));
			});

			for (const e of over)
				faults.push(path + ": beyond the dialog's edge: " + e);
			for (let i = 0; i < 12; i++) {
				await page.keyboard.press("Tab");
				if (!await page.evaluate(() => document.activeElement === document.body ||
					document.querySelector("dialog[open]").contains(document.activeElement)))
					faults.push(path + ": the keyboard left the dialog");
			}
			if (given.shots)
				await page.screenshot({ path: given.shots + "/dialog" + given.width + path.replace(/\W+/g, "_").slice(0, 40) + ".png" });
			await page.keyboard.press("Escape");
			if (await page.locator("dialog[open]").count() > 0)
				faults.push(path + ": Escape does not close the dialog");
			seen[path] = await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent);
		}
	},
	async start()
	{
		await open("/");
		await button("Start " + given.job).click();
		seen.state = await ended("Run");
	},
	async stop()
	{
		await open("/");
		await button("Start " + given.job).click();
		await button("Stop " + given.job).click();
		seen.state = await ended("Run");
	},
	async undo_file()
	{
		await open("/runs/" + given.run + "?q=" + encodeURIComponent(given.name));
		await button("Undo " + given.path).click();
		await confirm("Take it back");
		seen.state = await ended("Undo");
	},
	async undo_run()
	{
		await open("/runs/" + given.run);
		await button("Take this run back").click();
		await confirm("Take it back");
		seen.state = await ended("Undo");
	},
	async approve()
	{
		await open("/held");
		await button("Approve").first().click();
		await confirm(/^Do /);
		seen.state = await ended("Approve");
	},
	async reject()
	{
		await open("/held");
		await button("Reject").first().click();
		await confirm("Drop the plan");
		seen.state = await ended("Reject");
	},
	async download()
	{
		const tree = "/backups/tree?backup=" + given.backup + "&snapshot=latest&path=";

		await open(tree + encodeURIComponent(given.folder));
		const [d] = await Promise.all([page.waitForEvent("download"),
			page.getByRole("link", { name: "Download " + given.name, exact: true }).click()]);

		await d.saveAs(given.to);
		if (given.only)
			return;
		await open(tree + encodeURIComponent(given.folder + "/deep"));
		const [z] = await Promise.all([page.waitForEvent("download"),
			page.getByRole("link", { name: "Download as zip", exact: true }).click()]);

		await z.saveAs(given.to + ".zip");
	},
	// A folder whose name is no text is gone into, by links alone, on three pages.
	async raw()
	{
		await open("/backups/tree?backup=" + given.backup + "&snapshot=latest&path=" + encodeURIComponent(given.folder));
		await page.getByRole("link", { name: given.name + "/", exact: true }).click();
		await page.getByRole("heading", { name: given.name }).waitFor();
		const [d] = await Promise.all([page.waitForEvent("download"),
			page.getByRole("link", { name: "Download " + given.file, exact: true }).click()]);
		await d.saveAs(given.to);
		const [z] = await Promise.all([page.waitForEvent("download"),
			page.getByRole("link", { name: "Download as zip", exact: true }).click()]);
		await z.saveAs(given.to + ".zip");
		await page.reload();
		await page.getByText(given.file, { exact: true }).waitFor();
		await button("Restore " + given.file).first().click();
		await page.getByLabel("The folder").fill(given.there);
		await confirm("Restore");
		seen.state = await ended("Restore");
		await open("/space?backup=" + given.backup + "&path=" + encodeURIComponent(given.folder));
		await page.getByRole("link", { name: given.name + "/", exact: true }).click();
		await page.getByText("1 file, 4 B").waitFor();
		await open("/files?q=" + encodeURIComponent("men*.txt"));
		await page.locator("a.path").first().click();
		await page.getByRole("heading", { name: "What happened" }).waitFor();
		seen.q = await page.getByLabel("A name, a path, or a pattern").inputValue();
		seen.found = await page.locator("main").innerText();
	},
	async restore()
	{
		await open("/backups/tree?backup=home&snapshot=latest&path=" + encodeURIComponent(given.folder));
		await button("Restore " + given.name).click();
		await page.getByLabel("The folder").fill(given.to);
		await confirm("Restore");
		seen.state = await ended("Restore");
	},
	async files()
	{
		await open("/files");
		await page.getByLabel("A name, a path, or a pattern").fill(given.name);
		await button("Find").click();
		await page.getByRole("heading", { name: "What happened" }).waitFor();
		seen.text = await page.locator("main").innerText();
		await page.getByRole("button", { name: /^Bring back/ }).last().click();
		await page.getByLabel("Into the folder").fill(given.to);
		await confirm("Bring it back");
		seen.state = await ended("Bring back");
	},
	async rules()
	{
		await open("/rules");
		await page.getByLabel("The path of a file").fill(given.path);
		await button("Try").click();
		await page.getByText("takes it", { exact: true }).first().waitFor();
		seen.text = await page.locator("main").innerText();
	},
	// A long list: few rows are drawn, the end is reached, frames stay short.
	async long()
	{
		for (const [path, last, name] of given.lists) {
			await open(path);
			await page.locator(".long .row .path, .long .row .name").first().waitFor();
			const worst = await page.evaluate(async () => {
				const list = document.querySelector(".long");
				let last = performance.now(), times = [];

				for (let i = 0; i < 90; i++) {
					list.scrollTop += 350;
					await new Promise(requestAnimationFrame);
					times.push(performance.now() - last);
					last = performance.now();
				}
				list.scrollTop = list.scrollHeight;
				return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)];
			});

			await page.locator(`.long .row[aria-posinset="${last}"]`, { hasText: name }).waitFor();
			seen[path] = { worst, rows: await page.locator(".long .row").count() };
		}
	},
	async outside()
	{
		await page.goto(origin + "/");
		await page.getByRole("heading", { name: "Come in" }).waitFor();
		await page.goto(link); // used up by nobody: its token is wrong
		await page.getByText("it is too old").waitFor();
		await page.getByText("I was given a password").click();
		await page.getByLabel("Password").fill("wrong");
		await button("Come in").click();
		seen.wrong = await page.getByRole("alert").innerText();
		faults.length = 0; // the 401 itself is told on the console
	},
};

try {
	if (walk !== "outside")
		await page.goto(link);
	await walks[walk]();
} catch (e) {
	faults.push(String(e));
	if (given.shots)
		await page.screenshot({ path: given.shots + "/" + walk + ".png" });
}
await browser.close();
console.log(JSON.stringify({ seen, faults }));
