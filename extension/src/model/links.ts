/** Which lines of a stage's text belong to which equations and source expressions. Pure. */

import type { StageWire } from "../wire/program";
import { Rows } from "./rows";

/**
 * Links that cover the same lines are one block. Blocks nest (a scan's block holds those
 * of its body); a line belongs to the smallest block around it.
 */
export class StageLinks {
	/** First and last line of each block, from 1, inclusive. */
	readonly first: Int32Array;
	readonly last: Int32Array;
	/** Blocks of each equation, of each span. */
	readonly ofEquation: Rows;
	readonly ofSpan: Rows;
	private readonly equations: Rows;
	private readonly spans: Rows;
	private readonly innermost: Int32Array;

	constructor(wire: StageWire, lineCount: number, equationCount: number, spanCount: number) {
		const order = linksBySize(wire);
		const first: number[] = [];
		const last: number[] = [];
		const lists = [
			{ all: Rows.fromCounts(wire.equation_count, wire.equations), count: [0], flat: [0] },
			{ all: Rows.fromCounts(wire.span_count, wire.spans), count: [0], flat: [0] },
		];
		for (const list of lists) list.count.length = list.flat.length = 0;
		for (const link of order) {
			const top = wire.first_line[link] as number;
			const bottom = wire.last_line[link] as number;
			const same = first.at(-1) === top && last.at(-1) === bottom;
			if (!same) {
				first.push(top);
				last.push(bottom);
			}
			for (const { all, count, flat } of lists) {
				const items = all.get(link);
				for (const item of items) flat.push(item);
				if (same) count.push((count.pop() ?? 0) + items.length);
				else count.push(items.length);
			}
		}
		this.first = Int32Array.from(first);
		this.last = Int32Array.from(last);
		const [equations, spans] = lists.map(({ count, flat }) => Rows.fromCounts(count, flat));
		this.equations = equations as Rows;
		this.spans = spans as Rows;
		this.ofEquation = this.equations.invert(equationCount);
		this.ofSpan = this.spans.invert(spanCount);
		this.innermost = paint(this.first, this.last, lineCount);
	}

	/** The smallest block around `line`; -1 for none. */
	at(line: number): number {
		return this.innermost[line] ?? -1;
	}

	equationsOf(block: number): number[] {
		return this.equations.get(block);
	}

	spansOf(block: number): number[] {
		return this.spans.get(block);
	}
}

function linksBySize(wire: StageWire): number[] {
	const { first_line: first, last_line: last } = wire;
	const size = (link: number) => (last[link] as number) - (first[link] as number);
	return first
		.map((_, link) => link)
		.filter((link) => size(link) >= 0)
		.sort((a, b) => size(a) - size(b) || (first[a] as number) - (first[b] as number) || a - b);
}

/**
 * The first block to cover each line. `next` jumps over painted lines, so that even blocks
 * that all cover the whole text cost no more than the text is long.
 */
function paint(first: Int32Array, last: Int32Array, lineCount: number): Int32Array {
	const painted = new Int32Array(lineCount + 1).fill(-1);
	const next = new Int32Array(lineCount + 2);
	for (let line = 0; line < next.length; line++) next[line] = line;
	const free = (line: number): number => {
		let at = line;
		while (next[at] !== at) {
			const hop = next[at] as number;
			next[at] = next[hop] as number;
			at = next[at] as number;
		}
		return at;
	};
	for (let block = 0; block < first.length; block++) {
		const bottom = Math.min(last[block] as number, lineCount);
		let line = free(Math.min(Math.max(first[block] as number, 1), lineCount + 1));
		while (line <= bottom) {
			painted[line] = block;
			next[line] = line + 1;
			line = free(line);
		}
	}
	return painted;
}
