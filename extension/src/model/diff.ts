/** The rows of a difference, equal stretches folded; and how each side of a row reads. Pure. */

import type { DiffWire } from "../wire/diffpayload";
import type { Program } from "./program";

export const DIFF_KINDS = ["same", "changed", "added", "removed"] as const;
export type DiffKind = (typeof DIFF_KINDS)[number];
/** Told apart without colour. */
export const SIGNS: Readonly<Record<DiffKind, string>> = {
	same: " ",
	changed: "~",
	added: "+",
	removed: "-",
};

/** Equal rows that are shown on either side of a difference. */
const CONTEXT = 2;

/** A row, or the rows from `row` up to `end` folded into one. */
export interface Item {
	readonly row: number;
	/** Exclusive; `row + 1` for a single row. */
	readonly end: number;
}

export class DiffRows {
	/** Per row, its equation (or line) before and after; -1 where it has none. */
	readonly before: Int32Array;
	readonly after: Int32Array;
	private readonly diff: DiffWire;
	private shown: Item[];

	constructor(diff: DiffWire) {
		this.diff = diff;
		this.before = counted(diff.rows, "+");
		this.after = counted(diff.rows, "-");
		this.shown = folded(diff.rows);
	}

	get items(): readonly Item[] {
		return this.shown;
	}

	kind(row: number): DiffKind {
		return DIFF_KINDS["=~+-".indexOf(this.diff.rows[row] ?? "=")] ?? "same";
	}

	changes(row: number): readonly string[] {
		return this.diff.changes[String(row)] ?? [];
	}

	/** Shows the rows of a folded item one by one. */
	open(index: number): void {
		const item = this.shown[index];
		if (!item) return;
		const rows = Array.from({ length: item.end - item.row }, (_, i) => ({
			row: item.row + i,
			end: item.row + i + 1,
		}));
		this.shown = [...this.shown.slice(0, index), ...rows, ...this.shown.slice(index + 1)];
	}

	/** The next item that differs, from `index` on by `step`; -1 where there is none. */
	next(index: number, step: 1 | -1): number {
		for (let at = index + step; at >= 0 && at < this.shown.length; at += step) {
			if (this.differs(at) && !this.differs(at - 1)) return at;
		}
		return -1;
	}

	/** Whether an item is a row that differs. */
	differs(index: number): boolean {
		const item = this.shown[index];
		return item !== undefined && this.kind(item.row) !== "same";
	}
}

/** The rows are in the order of both programs: each but the `absent` ones has the next number. */
function counted(rows: string, absent: string): Int32Array {
	const numbers = new Int32Array(rows.length);
	let next = 0;
	for (let row = 0; row < rows.length; row++) numbers[row] = rows[row] === absent ? -1 : next++;
	return numbers;
}

function folded(rows: string): Item[] {
	const near = new Uint8Array(rows.length);
	for (let row = 0; row < rows.length; row++) {
		if (rows[row] !== "=") near.fill(1, Math.max(0, row - CONTEXT), row + CONTEXT + 1);
	}
	const items: Item[] = [];
	let start = 0;
	const fold = (end: number) => {
		if (end > start) items.push({ row: start, end });
	};
	for (let row = 0; row < rows.length; row++) {
		if (!near[row]) continue;
		fold(row);
		items.push({ row, end: row + 1 });
		start = row + 1;
	}
	fold(rows.length);
	return items;
}

/** One of the two programs, line by line. */
export class DiffSide {
	readonly program: Program;
	private readonly stage: DiffWire["stage"];

	constructor(program: Program, stage: DiffWire["stage"]) {
		this.program = program;
		this.stage = stage;
	}

	/** How an equation (or the line of that number) reads; empty for none. */
	line(number: number): string {
		if (number < 0) return "";
		const lines = this.program.stage(this.stage)?.lines() ?? [];
		if (this.stage !== "jaxpr") return lines[number] ?? "";
		const links = this.program.stage("jaxpr")?.links();
		const block = links?.ofEquation.first(number) ?? -1;
		const text = links && block >= 0 ? lines[(links.first[block] as number) - 1] : undefined;
		return text?.replace(/^ {4}/, "") ?? this.written(number);
	}

	/** The span that made it; -1 for none. */
	span(number: number): number {
		return number < 0 || this.stage !== "jaxpr" ? -1 : this.program.spanOf(number);
	}

	private written(number: number): string {
		const { program } = this;
		const made = [...program.outputs.get(number)].map(
			(value) => `${program.valueName(value)}:${program.valueType(value)}`,
		);
		const reads = [...program.inputs.get(number)].map((value) => program.valueName(value));
		return `${made.join(" ")} = ${program.primitive(number)} ${reads.join(" ")}`;
	}
}

export interface Snippet {
	readonly place: string;
	readonly lines: readonly SnippetLine[];
}

export interface SnippetLine {
	readonly number: number;
	readonly text: string;
	/** Columns of the expression on this line, end exclusive; equal where there is none. */
	readonly from: number;
	readonly to: number;
}

/** The lines of source around an expression; null where they are not known. */
export function snippet(program: Program, span: number, around = 1): Snippet | null {
	if (span < 0) return null;
	const { spans, sources } = program.wire;
	const file = program.string(spans.file[span]);
	const first = spans.line[span] as number;
	const last = Math.min(spans.end_line[span] as number, first + 4);
	const place = `${file.split("/").at(-1)}, line ${first}, in ${program.string(spans.function[span])}`;
	const source = sources.find(
		(one) => one.file === file && one.first_line <= first && first - one.first_line < height(one),
	);
	if (!source) return { place, lines: [] };
	const text = source.text.split("\n");
	const index = program.spans();
	const lines: SnippetLine[] = [];
	for (let number = first - around; number <= last + around; number++) {
		const shown = text[number - source.first_line];
		if (shown === undefined) continue;
		const inside = number >= first && number <= last;
		const [from, to] = inside ? index.part(span, number) : [0, 0];
		const indent = shown.length - shown.trimStart().length;
		lines.push({
			number,
			text: shown,
			from: inside ? Math.max(from, indent) : 0,
			to: Math.min(to, shown.length),
		});
	}
	return { place, lines };
}

function height(source: { readonly text: string }): number {
	return source.text.split("\n").length;
}
