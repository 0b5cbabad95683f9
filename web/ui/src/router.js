// router.js -- a URL a page; links are plain, we only save the loading.
import { useEffect, useState } from "preact/hooks";
import { unpack } from "./raw.js";

const here = () => ({
	path: location.pathname,
	query: unpack(Object.fromEntries(new URLSearchParams(location.search))),
});

export function go(target, { replace = false } = {})
{
	history[replace ? "replaceState" : "pushState"](null, "", target);
	dispatchEvent(new PopStateEvent("popstate"));
	if (!replace)
		scrollTo(0, 0);
}

function clicked(ev)
{
	const a = ev.target.closest?.("a[href]");

	if (!a || ev.defaultPrevented || ev.button !== 0 || ev.metaKey || ev.ctrlKey ||
	    ev.shiftKey || ev.altKey || a.target || a.hasAttribute("download") ||
	    a.origin !== location.origin || a.pathname.startsWith("/api/") ||
	    a.pathname.includes(".") || a.hash)
		return;
	ev.preventDefault();
	go(a.href);
	// Whoever listens to a page is told that another is here.
	requestAnimationFrame(() => document.getElementById("main")?.focus({ preventScroll: true }));
}

export function useRoute()
{
	const [route, set] = useState(here);

	useEffect(() => {
		const moved = () => set(here());

		addEventListener("popstate", moved);
		addEventListener("click", clicked);
		return () => {
			removeEventListener("popstate", moved);
			removeEventListener("click", clicked);
		};
	}, []);
	return route;
}
