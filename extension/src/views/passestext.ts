/** A diff, LLVM IR or assembly: lines with their signs, linked like every other text. */

import type { Focus } from "../model/focus";
import type { LinkedText } from "../model/passes";
import type { Program } from "../model/program";
import { countText } from "../model/words";
import { coloured, tokens } from "./colouring";
import { Cleanup, h } from "./dom";
import { Finder } from "./finder";
import { gutter } from "./gutter";
import type { Found, PaneEvents } from "./pane";
import { isSelectingText } from "./textpane";
import { VirtualRows } from "./virtual";

export interface PassesText {
	readonly element: HTMLElement;
	show(hover: Focus | null, selected: Focus | null): void;
	reveal(focus: Focus): void;
	find(text: string, by: number): Found | null;
	resize(): void;
	dispose(): void;
}

const SIGNS: Readonly<Record<string, string>> = { "+": "jxp-added", "-": "jxp-removed" };

export function passesText(
	program: Program,
	text: LinkedText,
	label: string,
	isDiff: boolean,
	events: PaneEvents,
): PassesText {
	const cleanup = new Cleanup();
	const lines = text.lines();
	const links = text.links();
	const numbers = text.numbers();
	const count = lines.length + (text.leftOut > 0 ? 1 : 0);
	let hover = new Set<number>();
	let kept = new Set<number>();

	const rows = new VirtualRows({
		label,
		count,
		columns: lines.reduce((most, line) => Math.max(most, line.length), 0),
		build(index) {
			const line = lines[index];
			if (line === undefined) {
				const more = `… ${countText(text.leftOut, "more line")}; in Python, .passes() has all of them`;
				return h("div", { class: "jxp-heading", "data-index": index }, more);
			}
			if (isDiff && line.startsWith("@@")) {
				return h("div", { class: "jxp-heading jxp-hunk", "data-index": index }, hunkWords(line));
			}
			const row = h("div", { class: "jxp-line", "data-index": index });
			if (links.at(index + 1) >= 0) row.dataset.block = String(links.at(index + 1));
			const style = isDiff ? SIGNS[line[0] ?? ""] : undefined;
			if (style) row.classList.add(style);
			const list = isDiff ? tokens("hlo", line) : [];
			row.append(
				gutter(numbers[index] ?? 0, null, null),
				h(
					"span",
					{ class: "jxp-code" },
					...coloured(line, list, 0, line.length, finder.marks(index)),
				),
			);
			return row;
		},
		paint(row, index) {
			const block = links.at(index + 1);
			const isKept = block >= 0 && kept.has(block);
			row.classList.toggle("jxp-lit", isKept || (block >= 0 && hover.has(block)));
			row.classList.toggle("jxp-kept", isKept);
		},
	});
	const finder = new Finder(lines, {
		from: () => Math.ceil(rows.firstRow()),
		changed: () => rows.rebuild(),
		go(index, isChosen) {
			if (isChosen) events.select(text.origin(index + 1, program));
			rows.reveal([index]);
		},
	});

	const originAt = (event: Event) => text.origin(rows.indexAt(event) + 1, program);
	cleanup.on(rows.element, "pointermove", (event) => {
		if (event.pointerType === "touch" || event.buttons !== 0) return;
		events.hover(originAt(event));
	});
	cleanup.on(rows.element, "pointerleave", () => events.hover(null));
	cleanup.on(rows.element, "click", (event) => {
		if (!isSelectingText(rows.element)) events.select(originAt(event));
	});

	return {
		element: rows.element,
		show(nextHover, nextSelected) {
			hover = text.lit(nextHover);
			kept = text.lit(nextSelected);
			rows.refresh();
		},
		reveal: (focus) => rows.reveal(text.linesOf(text.lit(focus)).map((line) => line - 1)),
		find: (wanted, by) => finder.find(wanted, by),
		resize: () => rows.refresh(),
		dispose() {
			cleanup.run();
			rows.dispose();
		},
	};
}

/** `@@ -18,8 +18,5 @@` is for programs. */
function hunkWords(line: string): string {
	const [, before, after] = /^@@ -(\d+),\d+ \+(\d+),/.exec(line) ?? [];
	return before === after ? `line ${after}` : `line ${before}, now ${after}`;
}
