// long.jsx -- a list of any length: only what is seen is asked for and drawn.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "./api.js";
import { Trouble, Waiting } from "./parts.jsx";

const PAGE = 200;
const MORE = 8; // rows drawn beyond the edges
const wide = matchMedia("(min-width: 760px)");

function useWide()
{
	const [is, set] = useState(wide.matches);

	useEffect(() => {
		const changed = () => set(wide.matches);

		wide.addEventListener("change", changed);
		return () => wide.removeEventListener("change", changed);
	}, []);
	return is;
}

// The pages of an answer that have come. A new question begins anew.
function usePages(path, query, items, turn)
{
	const key = path + JSON.stringify(query) + turn;
	const book = useMemo(() => ({ pages: new Map(), asked: new Set(),
		stop: new AbortController() }), [key]);
	const [, draw] = useState(0);
	const [state, set] = useState({});
	const want = (n) => {
		if (book.asked.has(n))
			return;
		book.asked.add(n);
		get(path, { ...query, offset: n * PAGE, limit: PAGE }, book.stop.signal)
			.then((a) => {
				book.pages.set(n, a[items]);
				set({ key, head: a });
				draw((x) => x + 1);
			}).catch((error) => {
				if (error.name === "AbortError")
					return;
				book.asked.delete(n);
				set({ key, error });
			});
	};

	useEffect(() => {
		want(0);
		return () => book.stop.abort();
	}, [book]);
	return { book, want, head: state.key === key ? state.head : undefined,
		error: state.key === key ? state.error : undefined };
}

// path, query: the question; items: the member with the rows; row(item): what is
// drawn, in cells; heights: of a row, wide and narrow; above(head), empty.
export function Long({ path, query, items, row, label, heights = [44, 72], above, empty, turn = 0 })
{
	const { book, want, head, error } = usePages(path, query, items, turn);
	const height = heights[useWide() ? 0 : 1];
	const box = useRef();
	const [top, setTop] = useState(0);
	const [seen, setSeen] = useState(600);
	const total = head?.total ?? 0;

	useLayoutEffect(() => {
		if (!box.current)
			return undefined;
		const o = new ResizeObserver(() => box.current && setSeen(box.current.clientHeight));

		o.observe(box.current);
		return () => o.disconnect();
	}, [total > 0]);
	useEffect(() => {
		setTop(0);
		if (box.current)
			box.current.scrollTop = 0;
	}, [book]);

	const first = Math.max(0, Math.floor(top / height) - MORE);
	const last = Math.min(total, Math.ceil((top + seen) / height) + MORE);
	const rows = [];

	useEffect(() => {
		for (let n = Math.floor(first / PAGE); n * PAGE < last; n++)
			want(n);
	});
	for (let i = first; i < last; i++) {
		const item = book.pages.get(Math.floor(i / PAGE))?.[i % PAGE];

		rows.push(
			<div class="row" role="listitem" key={i} aria-setsize={total} aria-posinset={i + 1}
				style={{ height: height + "px", transform: "translateY(" + i * height + "px)" }}>
				{item ? row(item) : <span class="bone" />}
			</div>);
	}
	if (error && !head)
		return <Trouble error={error} reload={() => want(0)} />;
	if (!head)
		return <Waiting rows={8} />;
	return (
		<>
			{above?.(head)}
			{error && <Trouble error={error} />}
			{total === 0 ? empty : (
				<div class="long" ref={box} tabIndex={0} role="group" aria-label={label}
					onScroll={(ev) => setTop(ev.currentTarget.scrollTop)}
					style={{ height: Math.min(total * height + 2, Math.max(360, innerHeight - 260)) + "px" }}>
					<div role="list" class="all" style={{ height: total * height + "px" }}>{rows}</div>
				</div>
			)}
		</>
	);
}
