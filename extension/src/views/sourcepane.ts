/** The user's own source, linked by expression: line and column. */

import type { Focus } from "../model/focus";
import type { Heat } from "../model/heat";
import { SourceCosts } from "../model/linecosts";
import type { Program } from "../model/program";
import { Cleanup, h } from "./dom";
import { Finder } from "./finder";
import { gutter } from "./gutter";
import type { Pane, PaneEvents } from "./pane";
import { places } from "./places";
import { cut, draw, type SourceRow, sourceRows } from "./sourcetext";
import { isSelectingText } from "./textpane";
import { VirtualRows } from "./virtual";

export function sourcePane(program: Program, events: PaneEvents): Pane {
	const list = sourceRows(program);
	const index = new Map(list.map((row, i) => [`${row.line} ${row.file}`, i]));
	const spans = program.spans();
	const cleanup = new Cleanup();
	let hover: Focus | null = null;
	let selected: Focus | null = null;
	let heat: Heat | null = null;
	let costs: SourceCosts | null = null;

	const rows = new VirtualRows({
		label: "source",
		count: list.length,
		columns: list.reduce((most, row) => Math.max(most, row.text.length), 0),
		build(i) {
			const { file, line } = list[i] as SourceRow;
			if (line === 0) {
				return h("div", { class: "jxp-heading", role: "heading", "aria-level": 3 }, file);
			}
			const cost = costs && { ...costs.of(file, line), greatest: costs.greatest };
			return h(
				"div",
				{ class: "jxp-line", "data-line": line, "data-index": i, "data-file": file },
				gutter(line, heat, cost),
				h("span", { class: "jxp-code" }),
			);
		},
		paint(element, i) {
			const row = list[i] as SourceRow;
			if (row.line === 0) return;
			const pieces = cut(program, row, hover, selected);
			const key = pieces.map((piece) => `${piece.start}${piece.marks}`).join();
			// Untouched rows keep their nodes, so that a text selection in them survives.
			if (element.dataset.key === key) return;
			element.dataset.key = key;
			element.classList.toggle(
				"jxp-lit",
				pieces.some((piece) => piece.marks !== ""),
			);
			element.lastElementChild?.replaceChildren(...draw(row, pieces, finder.marks(i)));
		},
	});
	const finder = new Finder(
		list.map((row) => row.text),
		{
			from: () => Math.ceil(rows.firstRow()),
			changed: () => rows.rebuild(),
			go(at, isChosen) {
				const { file, line } = list[at] as SourceRow;
				const span = spans.onLine(file, line)[0];
				if (isChosen) events.select(span === undefined ? null : { kind: "span", span });
				rows.reveal([at]);
			},
		},
	);

	const rowOf = (file: string, line: number) => index.get(`${line} ${file}`) ?? -1;
	const { file: files, line: lines } = program.wire.spans;
	const rowOfSpan = (span: number) => rowOf(program.string(files[span]), lines[span] ?? -1);
	const caption = places(program, list, (row) => {
		rows.element.scrollTop = row * (rows.element.scrollHeight / list.length);
		rows.element.focus({ preventScroll: true });
	});

	/** The innermost expression under the pointer; -1 for none. */
	const spanAt = (event: Event): number => {
		const row = list[rows.indexAt(event)];
		const piece = event
			.composedPath()
			.find((target) => target instanceof HTMLElement && target.dataset.column);
		if (!row || !(piece instanceof HTMLElement)) return -1;
		return spans.at(row.file, row.line, Number(piece.dataset.column));
	};
	cleanup.on(rows.element, "pointermove", (event) => {
		if (event.pointerType === "touch" || event.buttons !== 0) return;
		const span = spanAt(event);
		events.hover(span < 0 ? null : { kind: "span", span });
	});
	cleanup.on(rows.element, "pointerleave", () => events.hover(null));
	cleanup.on(rows.element, "click", (event) => {
		if (isSelectingText(rows.element)) return;
		const span = spanAt(event);
		events.select(span < 0 ? null : { kind: "span", span });
	});

	return {
		name: "source",
		element: h("div", { class: "jxp-texts" }, caption, rows.element),
		show(nextHover, nextSelected) {
			hover = nextHover;
			selected = nextSelected;
			rows.refresh();
		},
		reveal(focus) {
			const wanted = focus.home >= 0 ? [focus.home] : [...focus.spans];
			const found = wanted.map(rowOfSpan).filter((row) => row >= 0);
			rows.reveal(found.sort((a, b) => a - b));
			revealAcross(rows.element);
		},
		find: (text, by) => finder.find(text, by),
		setHeat(next) {
			heat = next;
			costs = next && new SourceCosts(program, next);
			rows.rebuild();
		},
		resize: () => rows.refresh(),
		dispose() {
			cleanup.run();
			rows.dispose();
		},
	};
}

/** Scrolls sideways just so far that the first mark in sight can be read. */
function revealAcross(scroll: HTMLElement): void {
	const mark = scroll.querySelector(".jxp-mark, .jxp-selected")?.getBoundingClientRect();
	const gutter = scroll.querySelector(".jxp-gutter")?.getBoundingClientRect();
	if (!mark || !gutter) return;
	const view = scroll.getBoundingClientRect();
	const before = mark.left - gutter.right - 12;
	const beyond = mark.right - view.right + 16;
	// The start of a long expression matters more than its end.
	if (before < 0) scroll.scrollLeft += before;
	else if (beyond > 0) scroll.scrollLeft += Math.min(beyond, before);
}
