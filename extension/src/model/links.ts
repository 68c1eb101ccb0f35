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
		const firsts = new Int32Array(order.length);
		const lasts = new Int32Array(order.length);
		/** Where in `order` each block starts. */
		const starts = new Int32Array(order.length + 1);
		let blocks = 0;
		order.forEach((link, i) => {
			const top = wire.first_line[link] as number;
			const bottom = wire.last_line[link] as number;
			if (blocks > 0 && firsts[blocks - 1] === top && lasts[blocks - 1] === bottom) return;
			firsts[blocks] = top;
			lasts[blocks] = bottom;
			starts[blocks] = i;
			blocks++;
		});
		starts[blocks] = order.length;
		this.first = firsts.subarray(0, blocks);
		this.last = lasts.subarray(0, blocks);
		const bounds = starts.subarray(0, blocks + 1);
		this.equations = Rows.fromCounts(wire.equation_count, wire.equations).merge(order, bounds);
		this.spans = Rows.fromCounts(wire.span_count, wire.spans).merge(order, bounds);
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

/** Nearly all links are single lines that come in order: those need no sorting. */
function linksBySize(wire: StageWire): Int32Array {
	const { first_line: first, last_line: last } = wire;
	const order = new Int32Array(first.length);
	const rest: number[] = [];
	let count = 0;
	let before = 0;
	for (let link = 0; link < first.length; link++) {
		const top = first[link] as number;
		const size = (last[link] as number) - top;
		if (size === 0 && top >= before) {
			order[count++] = link;
			before = top;
		} else if (size >= 0) rest.push(link);
	}
	const size = (link: number) => (last[link] as number) - (first[link] as number);
	const compare = (a: number, b: number) =>
		size(a) - size(b) || (first[a] as number) - (first[b] as number) || a - b;
	rest.sort(compare);
	order.set(rest, count);
	const all = order.subarray(0, count + rest.length);
	return rest.length > 0 && size(rest[0] as number) === 0 ? all.sort(compare) : all;
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
