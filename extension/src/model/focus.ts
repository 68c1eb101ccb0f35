/** What is lit: from one thing the reader points at to all its counterparts. Pure. */

import type { StageLinks } from "./links";
import type { Program, StageName } from "./program";

/** The thing pointed at. */
export type Origin =
	| { readonly kind: "equation"; readonly equation: number }
	| { readonly kind: "span"; readonly span: number }
	| { readonly kind: "equations"; readonly equations: readonly number[] }
	/** All that a call made. */
	| { readonly kind: "frame"; readonly frame: number }
	/** All that reads or writes a value. */
	| { readonly kind: "value"; readonly value: number }
	/** What devices send, by its place in `Moves.rows`. */
	| { readonly kind: "moves"; readonly moves: readonly number[] }
	| { readonly kind: "line"; readonly stage: StageName; readonly block: number };

/** How a line is lit: by itself, as part of a lit block, or not. */
export type Light = "own" | "within" | "none";

export function sameOrigin(a: Origin | null, b: Origin | null): boolean {
	return a === b || (a !== null && b !== null && keyOf(a) === keyOf(b));
}

function keyOf(origin: Origin): string {
	return JSON.stringify(Object.values(origin));
}

export class Focus {
	readonly origin: Origin;
	/** The expression to bring into view before any other; -1 for none. */
	readonly home: number;
	/** In the order of the jaxpr. */
	readonly equations: readonly number[];
	readonly spans: ReadonlySet<number>;
	private readonly program: Program;
	private readonly lit = new Map<StageName, Lit>();

	constructor(program: Program, origin: Origin) {
		this.program = program;
		this.origin = origin;
		const equations: number[] = [];
		const spans = new Set<number>();
		const add = (equation: number) => {
			if (program.has(equation)) equations.push(equation);
		};
		this.home = homeOf(program, origin);
		if (this.home >= 0) spans.add(this.home);
		if (origin.kind === "equation") add(origin.equation);
		if (origin.kind === "equations") origin.equations.forEach(add);
		if (origin.kind === "span") program.bySpan().each(origin.span, add);
		if (origin.kind === "frame") program.calls().below(origin.frame).forEach(add);
		if (origin.kind === "value") {
			add(program.writer()[origin.value] ?? -1);
			program.readers().each(origin.value, add);
		}
		if (origin.kind === "moves") {
			for (const { equations: own, span } of program.moves?.get(origin.moves) ?? []) {
				own.forEach(add);
				if (span >= 0) spans.add(span);
			}
		}
		if (origin.kind === "line") {
			const links = program.stage(origin.stage)?.links();
			links?.equationsOf(origin.block).forEach(add);
			for (const span of links?.spansOf(origin.block) ?? []) spans.add(span);
		}
		for (const equation of equations) {
			const span = program.spanOf(equation);
			if (span >= 0) spans.add(span);
		}
		this.equations = inOrder(program, equations);
		this.spans = spans;
	}

	/** How a line of a stage is lit. */
	light(stage: StageName, line: number): Light {
		return this.of(stage).light(line);
	}

	/** First lines of the lit blocks of a stage, in order. */
	lines(stage: StageName): readonly number[] {
		return this.of(stage).lines;
	}

	private of(stage: StageName): Lit {
		let lit = this.lit.get(stage);
		if (!lit) {
			lit = new Lit(this.program.stage(stage)?.links(), (add) => this.blocks(stage, add));
			this.lit.set(stage, lit);
		}
		return lit;
	}

	private blocks(stage: StageName, add: (block: number) => void): void {
		const links = this.program.stage(stage)?.links();
		if (!links) return;
		let isFound = false;
		const found = (block: number) => {
			isFound = true;
			add(block);
		};
		if (this.origin.kind === "line" && this.origin.stage === stage) found(this.origin.block);
		if (this.origin.kind === "moves" && stage === "hlo") {
			// Its own line, not all that became of its equations.
			for (const { line } of this.program.moves?.get(this.origin.moves) ?? []) {
				if (links.at(line) >= 0) found(links.at(line));
			}
			if (isFound) return;
		}
		for (const equation of this.equations) links.ofEquation.each(equation, found);
		// One equation does not light its neighbours of the same expression, unless the stage
		// knows no more than the expression.
		if (this.origin.kind === "frame" || this.origin.kind === "value") return;
		if (this.origin.kind !== "span" && isFound) return;
		for (const span of this.spans) links.ofSpan.each(span, add);
	}
}

/** The expression that the reader means above all others; -1 for none. */
function homeOf(program: Program, origin: Origin): number {
	if (origin.kind === "span") return origin.span;
	if (origin.kind === "moves") {
		const [first] = origin.moves;
		return program.moves?.rows[first ?? -1]?.span ?? -1;
	}
	return origin.kind === "frame" ? program.calls().spanOf(origin.frame) : -1;
}

/** Each equation once, in the order of the jaxpr. Thousands of them are sorted as numbers. */
function inOrder(program: Program, equations: readonly number[]): readonly number[] {
	if (equations.length < 2) return equations;
	const place = program.place();
	const order = program.order();
	const places = sorted(equations, (equation) => place[equation] as number);
	const found: number[] = [];
	for (let i = 0; i < places.length; i++) {
		if (i === 0 || places[i] !== places[i - 1]) found.push(order[places[i] as number] as number);
	}
	return found;
}

/** The keys of some items in order. Most come in order already, and those are not sorted. */
function sorted(items: readonly number[], key: (item: number) => number): Float64Array {
	const keys = new Float64Array(items.length);
	let isSorted = true;
	for (let i = 0; i < keys.length; i++) {
		keys[i] = key(items[i] as number);
		if (i > 0 && (keys[i] as number) < (keys[i - 1] as number)) isSorted = false;
	}
	return isSorted ? keys : keys.sort();
}

/** The blocks of a stage that are lit. */
class Lit {
	/** First line of each, in order. */
	readonly lines: readonly number[];
	private readonly tops: number[] = [];
	private readonly bottoms: number[] = [];
	private readonly isLit: Uint8Array;
	private readonly links: StageLinks | undefined;

	constructor(links: StageLinks | undefined, collect: (add: (block: number) => void) => void) {
		this.links = links;
		const count = links?.first.length ?? 0;
		const isLit = new Uint8Array(count);
		const blocks: number[] = [];
		collect((block) => {
			if (isLit[block] !== 0) return;
			isLit[block] = 1;
			blocks.push(block);
		});
		const keyOf = (block: number) => (links?.first[block] as number) * count + block;
		this.isLit = isLit;
		const lines: number[] = [];
		for (const key of sorted(blocks, keyOf)) {
			const top = Math.floor(key / count);
			const bottom = links?.last[key - top * count] as number;
			lines.push(top);
			const before = this.bottoms.at(-1);
			if (before !== undefined && top <= before) {
				this.bottoms[this.bottoms.length - 1] = Math.max(before, bottom);
			} else {
				this.tops.push(top);
				this.bottoms.push(bottom);
			}
		}
		this.lines = lines;
	}

	light(line: number): Light {
		if (this.isLit[this.links?.at(line) ?? -1] === 1) return "own";
		let low = 0;
		let high = this.tops.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((this.tops[middle] as number) <= line) low = middle + 1;
			else high = middle;
		}
		return low > 0 && line <= (this.bottoms[low - 1] as number) ? "within" : "none";
	}
}
