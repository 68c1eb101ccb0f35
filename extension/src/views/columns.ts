/** Source and one or two columns of tabs side by side, with bars to move between them. */

import { h } from "./dom";
import { PANE_LABELS, type PaneName } from "./pane";
import { type Tabs, tabs } from "./tabs";

/** No column gets narrower than this part of the whole, in percent. */
const NARROWEST = 12;
const WIDTHS = { 1: [42, 58], 2: [30, 37, 33] } as const;

export interface Columns {
	readonly element: HTMLElement;
	/** Panes in sight, from the left; the source is none of them. */
	open(): readonly PaneName[];
	/** Shows a pane in the first column, or where it is. */
	show(name: PaneName, column?: number): void;
	isSplit(): boolean;
	/** Opens or closes the second column. */
	split(isSplit: boolean, second?: PaneName): void;
}

/** `changed` is called when other panes are in sight. */
export function columns(
	source: HTMLElement,
	frames: ReadonlyMap<PaneName, HTMLElement>,
	changed: () => void,
): Columns {
	const names = [...frames.keys()];
	const labels = names.map((name) => PANE_LABELS[name]);
	const rows: Tabs[] = [0, 1].map((column) =>
		tabs(labels, column === 0 ? "stages" : "stages, second column", (index) =>
			show(names[index] as PaneName, column),
		),
	);
	const sides = rows.map(({ element }, i) =>
		h("section", { class: "jxp-side", "aria-label": `stages ${i + 1}` }, element),
	);
	const bars = [
		separator("width of the source", (percent) => move(0, percent)),
		separator("width of the first column", (percent) => move(1, percent)),
	];
	const element = h(
		"div",
		{ class: "jxp-body" },
		h("section", { class: "jxp-side", "aria-label": "source" }, source),
		...sides.flatMap((side, i) => [bars[i] as HTMLElement, side]),
	);
	for (const frame of frames.values()) {
		frame.setAttribute("role", "tabpanel");
		sides[0]?.append(frame);
	}
	let open: PaneName[] = [names[0] as PaneName];
	let widths: number[] = [...WIDTHS[1]];
	place();

	function show(name: PaneName, column?: number): void {
		const at = open.indexOf(name);
		const to = column ?? Math.max(0, at);
		if (at === to) return;
		const before = open[to] as PaneName;
		// Each pane is there once: what stood here goes where the other was.
		if (at >= 0) open[at] = before;
		open[to] = name;
		place();
		changed();
	}

	function split(isSplit: boolean, second?: PaneName): void {
		if (isSplit === open.length > 1) return;
		const [first] = open as [PaneName];
		const other = [second, "graph" as const, ...names].find(
			(name) => name !== undefined && name !== first && frames.has(name),
		);
		open = isSplit && other ? [first, other] : [first];
		widths = [...WIDTHS[open.length as 1 | 2]];
		place();
		changed();
	}

	function place(): void {
		frames.forEach((frame, name) => {
			const column = open.indexOf(name);
			const side = sides[Math.max(0, column)] as HTMLElement;
			frame.hidden = column < 0;
			if (frame.parentNode !== side) moved(frame, side);
		});
		sides.forEach((side, i) => {
			const isThere = i < open.length;
			side.hidden = !isThere;
			(bars[i] as HTMLElement).hidden = !isThere;
			const index = names.indexOf(open[i] as PaneName);
			if (!isThere) return;
			rows[i]?.mark(index);
			frames
				.get(open[i] as PaneName)
				?.setAttribute("aria-labelledby", rows[i]?.tab(index).id ?? "");
		});
		element.classList.toggle("jxp-split", open.length > 1);
		size();
	}

	/** Moves the right edge of a column to a place in percent of the whole. */
	function move(column: number, percent: number): void {
		const left = widths.slice(0, column).reduce((sum, width) => sum + width, 0);
		const both = (widths[column] as number) + (widths[column + 1] as number);
		const width = Math.max(NARROWEST, Math.min(both - NARROWEST, percent - left));
		widths[column] = width;
		widths[column + 1] = both - width;
		size();
		changed();
	}

	function size(): void {
		const tracks = widths.map((width) => `minmax(0, ${width.toFixed(2)}fr)`).join(" 5px ");
		element.style.setProperty("--jxp-columns", tracks);
		let edge = 0;
		bars.forEach((bar, i) => {
			edge += widths[i] ?? 0;
			bar.setAttribute("aria-valuenow", String(Math.round(edge)));
		});
	}

	return {
		element,
		open: () => open,
		show,
		isSplit: () => open.length > 1,
		split,
	};
}

/** What is scrolled stays scrolled when it moves to another place. */
function moved(frame: HTMLElement, to: HTMLElement): void {
	const scrolled = [...frame.querySelectorAll<HTMLElement>(".jxp-scroll")].map(
		(box) => [box, box.scrollTop, box.scrollLeft] as const,
	);
	to.append(frame);
	for (const [box, top, left] of scrolled) box.scrollTo(left, top);
}

function separator(label: string, move: (percent: number) => void): HTMLElement {
	const bar = h("div", {
		class: "jxp-bar",
		role: "separator",
		tabindex: 0,
		"aria-label": label,
		"aria-orientation": "vertical",
		"aria-valuemin": NARROWEST,
		"aria-valuemax": 100 - NARROWEST,
	});
	bar.addEventListener("pointerdown", (event) => {
		event.preventDefault();
		bar.setPointerCapture(event.pointerId);
	});
	bar.addEventListener("pointermove", (event) => {
		if (!bar.hasPointerCapture(event.pointerId) || !bar.parentElement) return;
		const { left, width } = bar.parentElement.getBoundingClientRect();
		move(((event.clientX - left) / width) * 100);
	});
	bar.addEventListener("keydown", (event) => {
		const by = { ArrowLeft: -3, ArrowRight: 3 }[event.key];
		if (by === undefined) return;
		event.preventDefault();
		event.stopPropagation();
		move(Number(bar.getAttribute("aria-valuenow")) + by);
	});
	return bar;
}
