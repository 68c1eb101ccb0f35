/** Lines of source cut into the expressions on them, as elements. */

import type { Focus } from "../model/focus";
import type { Program } from "../model/program";
import { coloured, type Mark, pythonTokens, type Token } from "./colouring";
import { h } from "./dom";

export interface SourceRow {
	readonly file: string;
	/** 0 for a heading. */
	readonly line: number;
	readonly text: string;
	tokens(): readonly Token[];
}

export function sourceRows(program: Program): SourceRow[] {
	const { sources } = program.wire;
	return sources.flatMap(({ file, first_line, text }) => {
		const lines = text.replace(/\n$/, "").split("\n");
		const tokens = pythonTokens(lines);
		const rows = lines.map((line, i) => ({
			file,
			line: first_line + i,
			text: line,
			tokens: () => tokens(i),
		}));
		// The caption above the pane already names a single source.
		return sources.length === 1 ? rows : [{ file, line: 0, text: file, tokens: () => [] }, ...rows];
	});
}

export interface Piece {
	/** Column from 0, in characters as Python counts them. */
	readonly start: number;
	readonly end: number;
	readonly linked: boolean;
	/** Class names; empty for an unmarked piece. */
	readonly marks: string;
}

/** A line cut wherever an expression starts or ends. */
export function cut(
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
		const spans = around.map((part) => part.span);
		const marks = [markOf(hover, spans, "jxp-mark"), markOf(selected, spans, "jxp-selected")];
		return {
			start,
			end: sorted[i + 1] as number,
			linked: around.length > 0,
			marks: marks.join(" ").trim(),
		};
	});
}

/** What was pointed at is marked as such; what a call made elsewhere only lightly. */
function markOf(focus: Focus | null, spans: readonly number[], style: string): string {
	const lit = spans.filter((span) => focus?.spans.has(span));
	if (!focus || lit.length === 0) return "";
	return focus.home < 0 || lit.includes(focus.home) ? style : "jxp-near";
}

/** One element per run of equally marked pieces, so that a mark reads as its expression. */
export function draw(row: SourceRow, pieces: readonly Piece[], found: readonly Mark[]): Node[] {
	const nodes: Node[] = [];
	const unit = units(row.text);
	const tokens = row.tokens();
	let run: HTMLElement | null = null;
	let marks = "";
	for (const piece of pieces) {
		const text = coloured(row.text, tokens, unit(piece.start), unit(piece.end), found);
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
