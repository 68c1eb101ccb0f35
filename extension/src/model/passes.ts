/** What XLA did to a program: its passes, and texts whose lines are linked. Pure. */

import type { PassesWire, TextWire } from "../wire/passes";
import type { Focus, Origin } from "./focus";
import { lazy } from "./lazy";
import { StageLinks } from "./links";
import type { Program } from "./program";

export interface PassRow {
	readonly words: string;
	readonly name: string;
	readonly pipeline: string;
	/** Instructions. */
	readonly before: number;
	readonly after: number;
	/** Lines. */
	readonly added: number;
	readonly removed: number;
}

export class Passes {
	readonly rows: readonly PassRow[];
	readonly diffs: readonly LinkedText[];
	/** LLVM IR, assembly: what there is. */
	readonly code: readonly LinkedText[];
	readonly error: string | null;
	readonly seconds: number;

	constructor(wire: PassesWire, program: Program) {
		const { passes, strings } = wire;
		const text = (index: number | undefined) => strings[index ?? -1] ?? "?";
		this.rows = passes.name.map((name, i) => ({
			name: text(name),
			words: text(passes.words[i]),
			pipeline: text(passes.pipeline[i]),
			before: passes.before[i] ?? 0,
			after: passes.after[i] ?? 0,
			added: passes.added[i] ?? 0,
			removed: passes.removed[i] ?? 0,
		}));
		const places = lazy(() => spansOf(wire, program));
		this.diffs = wire.diffs.map((diff) => new LinkedText(diff, program, places));
		this.code = wire.code.map((code) => new LinkedText(code, program, places));
		this.error = wire.error;
		this.seconds = wire.seconds;
	}
}

export class LinkedText {
	readonly name: string;
	readonly error: string | null;
	readonly leftOut: number;
	readonly lines: () => readonly string[];
	readonly links: () => StageLinks;
	/** Number of each line in the text before (`-`) or after; 0 for none. */
	readonly numbers: () => Int32Array;

	constructor(wire: TextWire, program: Program, places: () => readonly number[]) {
		this.name = wire.name;
		this.error = wire.error;
		this.leftOut = wire.left_out;
		this.lines = lazy(() => (wire.text === "" ? [] : wire.text.split("\n")));
		this.links = lazy(
			() =>
				new StageLinks(
					{ ...wire, ...known(wire, places()) },
					this.lines().length,
					program.equationCount,
					program.wire.spans.line.length,
				),
		);
		this.numbers = lazy(() => numbered(this.lines()));
	}

	/** The blocks that belong to what is lit. */
	lit(focus: Focus | null): Set<number> {
		const blocks = new Set<number>();
		if (!focus) return blocks;
		const links = this.links();
		for (const equation of focus.equations) {
			for (const block of links.ofEquation.get(equation)) blocks.add(block);
		}
		// An equation does not light its neighbours of the same expression.
		if (focus.origin.kind !== "span" && blocks.size > 0) return blocks;
		for (const span of focus.spans) {
			for (const block of links.ofSpan.get(span)) blocks.add(block);
		}
		return blocks;
	}

	/** First lines of some blocks, in order, from 1. */
	linesOf(blocks: ReadonlySet<number>): number[] {
		const { first } = this.links();
		return [...blocks].map((block) => first[block] as number).sort((a, b) => a - b);
	}

	/** Whether a line of these blocks was changed, not only shown around a change. */
	changes(blocks: ReadonlySet<number>): boolean {
		const lines = this.lines();
		return this.linesOf(blocks).some((line) => /^[-+]/.test(lines[line - 1] ?? ""));
	}

	/** What a line stands for; null for nothing. */
	origin(line: number, program: Program): Origin | null {
		const links = this.links();
		const block = links.at(line);
		if (block < 0) return null;
		const equations = links.equationsOf(block).filter((equation) => program.has(equation));
		const [first] = equations;
		if (first === undefined) {
			const span = links.spansOf(block)[0];
			return span === undefined ? null : { kind: "span", span };
		}
		if (equations.length > 1) return { kind: "equations", equations };
		return { kind: "equation", equation: first };
	}
}

/** Per place of the passes, the program's span there; -1 for none. */
function spansOf(wire: PassesWire, program: Program): readonly number[] {
	const { places, strings } = wire;
	const { spans } = program.wire;
	const known = new Map<string, number>();
	for (let i = 0; i < spans.line.length; i++) {
		known.set(key(program.string(spans.file[i]), spans, i), i);
	}
	return places.line.map((_, i) => known.get(key(strings[places.file[i] ?? -1], places, i)) ?? -1);
}

interface Places {
	readonly line: ArrayLike<number>;
	readonly column: ArrayLike<number>;
	readonly end_line: ArrayLike<number>;
	readonly end_column: ArrayLike<number>;
}

function key(file: string | undefined, at: Places, i: number): string {
	return [at.line[i], at.column[i], at.end_line[i], at.end_column[i], file].join(" ");
}

/** The spans of each link as the program counts them, without those it does not know. */
function known(wire: TextWire, places: readonly number[]) {
	const spans: number[] = [];
	let at = 0;
	const span_count = wire.span_count.map((count) => {
		const before = spans.length;
		for (const end = at + count; at < end; at++) {
			const span = places[wire.spans[at] ?? -1] ?? -1;
			if (span >= 0) spans.push(span);
		}
		return spans.length - before;
	});
	return { spans, span_count };
}

const HUNK = /^@@ -(\d+),\d+ \+(\d+),\d+ @@$/;

function numbered(lines: readonly string[]): Int32Array {
	const numbers = new Int32Array(lines.length);
	let before = 0;
	let after = 0;
	lines.forEach((line, i) => {
		const head = HUNK.exec(line);
		if (head) {
			before = Number(head[1]);
			after = Number(head[2]);
		} else if (before > 0 || after > 0) {
			if (line.startsWith("-")) numbers[i] = before++;
			else {
				numbers[i] = after++;
				if (!line.startsWith("+")) before++;
			}
		} else numbers[i] = i + 1;
	});
	return numbers;
}
