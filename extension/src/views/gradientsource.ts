/** The user's own text beside the mirror; the expression of a row is marked in it. */

import type { MirrorSource, SourceLine } from "../model/mirrorsource";
import type { GradientWire } from "../wire/gradient";
import { coloured, pythonTokens } from "./colouring";
import { Cleanup, h } from "./dom";
import { VirtualRows } from "./virtual";

export interface SourceView {
	readonly element: HTMLElement;
	/** Marks two expressions: pointed at and selected; -1 for none. */
	mark(hovered: number, selected: number): void;
	reveal(span: number): void;
	refresh(): void;
	dispose(): void;
}

/** `events` hear of the rows of the expression under the pointer. */
export function gradientSource(
	wire: GradientWire,
	source: MirrorSource,
	events: { hover(row: number): void; select(row: number): void },
): SourceView {
	const cleanup = new Cleanup();
	const tokens = wire.sources.map(({ text }) => pythonTokens(text.split("\n")));
	let [hovered, selected] = [-1, -1];

	const rows = new VirtualRows({
		label: "source",
		count: source.lines.length,
		columns: source.lines.reduce((most, { text }) => Math.max(most, text.length), 0),
		build(i) {
			const { line, file } = source.lines[i] as SourceLine;
			if (line === 0) {
				return h("div", { class: "jxp-heading", role: "heading", "aria-level": 3 }, file);
			}
			const code = h("span", { class: "jxp-code" });
			const number = h("span", { class: "jxp-grad-line" }, String(line));
			return h("div", { class: "jxp-line", "data-index": i }, number, code);
		},
		paint(element, i) {
			const one = source.lines[i] as SourceLine;
			if (one.line === 0) return;
			const key = `${hovered} ${selected}`;
			if (element.dataset.key === key) return;
			element.dataset.key = key;
			element.lastElementChild?.replaceChildren(...pieces(one, i));
		},
	});

	function pieces(line: SourceLine, i: number): Node[] {
		const units = offsets(line.text);
		const list = tokens[line.source]?.(line.index) ?? [];
		const edges = new Set([0, [...line.text].length]);
		const parts = source.spans(i).map((span) => ({ span, part: source.part(span, i) }));
		for (const { part } of parts) if (part) edges.add(part.from).add(part.to);
		const sorted = [...edges].sort((a, b) => a - b);
		return sorted.slice(0, -1).map((from, at) => {
			const to = sorted[at + 1] as number;
			const about = parts.filter(({ part }) => part && part.from <= from && from < part.to);
			const isIn = (span: number) => about.some((one) => one.span === span);
			const piece = h("span", { "data-column": from });
			if (about.length > 0) piece.classList.add("jxp-link");
			if (isIn(hovered)) piece.classList.add("jxp-mark");
			if (isIn(selected)) piece.classList.add("jxp-selected");
			piece.append(...coloured(line.text, list, units(from), units(to)));
			return piece;
		});
	}

	const rowAt = (event: Event): number => {
		const piece = event
			.composedPath()
			.find((target) => target instanceof HTMLElement && target.dataset.column);
		if (!(piece instanceof HTMLElement)) return -1;
		const span = source.spanAt(rows.indexAt(event), Number(piece.dataset.column));
		return source.rows(span)[0] ?? -1;
	};
	cleanup.on(rows.element, "pointermove", (event) => {
		if (event.buttons === 0) events.hover(rowAt(event));
	});
	cleanup.on(rows.element, "pointerleave", () => events.hover(-1));
	cleanup.on(rows.element, "click", (event) => events.select(rowAt(event)));

	return {
		element: h("div", { class: "jxp-grad-source" }, rows.element),
		mark(nextHovered, nextSelected) {
			[hovered, selected] = [nextHovered, nextSelected];
			rows.refresh();
		},
		reveal(span) {
			const [first] = span < 0 ? [-1] : source.range(span);
			if (first !== undefined && first >= 0) rows.reveal([first]);
		},
		refresh: () => rows.refresh(),
		dispose() {
			cleanup.run();
			rows.dispose();
		},
	};
}

/** From characters as Python counts them to the UTF-16 units of a JavaScript string. */
function offsets(text: string): (column: number) => number {
	if (!/[\ud800-\udfff]/.test(text)) return (column) => column;
	const units = [0];
	for (const character of text) units.push((units.at(-1) as number) + character.length);
	return (column) => units[column] ?? text.length;
}
