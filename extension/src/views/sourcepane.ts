/** The user's own source, linked by expression: line and column. */

import type { Focus } from "../model/focus";
import type { Program } from "../model/program";
import { coloured, pythonLines, type Token } from "./colouring";
import { Cleanup, h } from "./dom";
import type { Pane, PaneEvents } from "./pane";
import { isSelectingText } from "./textpane";
import { VirtualRows } from "./virtual";

interface SourceRow {
	readonly file: string;
	/** 0 for a heading. */
	readonly line: number;
	readonly text: string;
	readonly tokens: readonly Token[];
}

export function sourcePane(program: Program, events: PaneEvents): Pane {
	const list = sourceRows(program);
	const index = new Map(list.map((row, i) => [`${row.line} ${row.file}`, i]));
	const spans = program.spans();
	const cleanup = new Cleanup();
	let hover: Focus | null = null;
	let selected: Focus | null = null;

	const rows = new VirtualRows({
		label: "source",
		count: list.length,
		columns: list.reduce((most, row) => Math.max(most, row.text.length), 0),
		build(i) {
			const { file, line } = list[i] as SourceRow;
			if (line === 0) {
				return h("div", { class: "jxp-heading", role: "heading", "aria-level": 3 }, file);
			}
			return h(
				"div",
				{ class: "jxp-line", "data-line": line, "data-index": i, "data-file": file },
				h("span", { class: "jxp-number", "aria-hidden": "true" }, String(line)),
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
			element.lastElementChild?.replaceChildren(...draw(row, pieces));
		},
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

	const { file: files, line: lines } = program.wire.spans;
	return {
		name: "source",
		element: rows.element,
		show(nextHover, nextSelected) {
			hover = nextHover;
			selected = nextSelected;
			rows.refresh();
		},
		reveal(focus) {
			const wanted = [...focus.spans].flatMap(
				(span) => index.get(`${lines[span]} ${program.string(files[span])}`) ?? [],
			);
			rows.reveal(wanted.sort((a, b) => a - b));
			revealAcross(rows.element);
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
	const gutter = scroll.querySelector(".jxp-number")?.getBoundingClientRect();
	if (!mark || !gutter) return;
	const view = scroll.getBoundingClientRect();
	const before = mark.left - gutter.right - 12;
	const beyond = mark.right - view.right + 16;
	// The start of a long expression matters more than its end.
	if (before < 0) scroll.scrollLeft += before;
	else if (beyond > 0) scroll.scrollLeft += Math.min(beyond, before);
}

function sourceRows(program: Program): SourceRow[] {
	const { sources } = program.wire;
	return sources.flatMap(({ file, first_line, text }) => {
		const lines = text.replace(/\n$/, "").split("\n");
		const tokens = pythonLines(lines);
		const rows = lines.map((line, i) => ({
			file,
			line: first_line + i,
			text: line,
			tokens: tokens[i] ?? [],
		}));
		// The caption above the pane already names a single source.
		return sources.length === 1 ? rows : [{ file, line: 0, text: "", tokens: [] }, ...rows];
	});
}

interface Piece {
	/** Column from 0, in characters as Python counts them. */
	readonly start: number;
	readonly end: number;
	readonly linked: boolean;
	/** Class names; empty for an unmarked piece. */
	readonly marks: string;
}

/** A line cut wherever an expression starts or ends. */
function cut(
	program: Program,
	row: SourceRow,
	hover: Focus | null,
	selected: Focus | null,
): Piece[] {
	const spans = program.spans();
	const indent = row.text.length - row.text.trimStart().length;
	const length = [...row.text].length;
	const parts = spans.onLine(row.file, row.line).flatMap((span) => {
		const [start, end] = spans.part(span, row.line);
		const part = { span, start: Math.max(start, indent), end: Math.min(end, length) };
		return part.start < part.end ? [part] : [];
	});
	const edges = new Set([0, length, ...parts.flatMap((part) => [part.start, part.end])]);
	const sorted = [...edges].sort((a, b) => a - b);
	return sorted.slice(0, -1).map((start, i) => {
		const around = parts.filter((part) => part.start <= start && start < part.end);
		const marks = [
			around.some((part) => hover?.spans.has(part.span)) ? "jxp-mark" : "",
			around.some((part) => selected?.spans.has(part.span)) ? "jxp-selected" : "",
		];
		return {
			start,
			end: sorted[i + 1] as number,
			linked: around.length > 0,
			marks: marks.join(" ").trim(),
		};
	});
}

/** One element per run of equally marked pieces, so that a mark reads as its expression. */
function draw(row: SourceRow, pieces: readonly Piece[]): Node[] {
	const nodes: Node[] = [];
	const unit = units(row.text);
	let run: HTMLElement | null = null;
	let marks = "";
	for (const piece of pieces) {
		const text = coloured(row.text, row.tokens, unit(piece.start), unit(piece.end));
		const element = piece.linked
			? h("span", { class: "jxp-link", "data-column": piece.start }, ...text)
			: h("span", {}, ...text);
		if (piece.marks === "") {
			run = null;
			nodes.push(element);
		} else if (run && marks === piece.marks) {
			run.append(element);
		} else {
			run = h("span", { class: piece.marks }, element);
			nodes.push(run);
		}
		marks = piece.marks;
	}
	return nodes;
}

/** From characters as Python counts them to the UTF-16 units of a JavaScript string. */
function units(text: string): (column: number) => number {
	if (!/[\ud800-\udfff]/.test(text)) return (column) => column;
	const offsets = [0];
	for (const character of text) offsets.push((offsets.at(-1) as number) + character.length);
	return (column) => offsets[column] ?? text.length;
}
