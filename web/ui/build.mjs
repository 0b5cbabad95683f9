// build.mjs -- the pages as a few files in dist/, each named after its contents.
import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";

const out = "dist";
await rm(out, { recursive: true, force: true });
await mkdir(out);
const made = await build({
	entryPoints: { app: "src/app.jsx" },
	bundle: true, minify: true, format: "esm", target: "es2022", outdir: out,
	entryNames: "[name]-[hash]", jsx: "automatic", jsxImportSource: "preact",
	legalComments: "none", charset: "utf8", metafile: true, logLevel: "warning",
});
let html = await readFile("index.html", "utf8");
for (const path of Object.keys(made.metafile.outputs)) {
	const ending = path.slice(path.lastIndexOf("."));
	html = html.replace("app" + ending, path.slice(out.length + 1));
}
await writeFile(out + "/index.html", html);
await writeFile(out + "/icon.svg", await readFile("icon.svg"));

// What others wrote asks for its notice to come along.
let notices = "";
for (const name of ["preact", "uplot", "d3-hierarchy"]) {
	const top = "node_modules/" + name;
	const file = (await readdir(top)).find((n) => /^licen[cs]e/i.test(n));
	notices += name + "\n\n" + (await readFile(top + "/" + file, "utf8")) + "\n\n";
}
await writeFile(out + "/notices.txt", notices);
