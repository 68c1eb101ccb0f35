/** What is lit: from one thing the reader points at to all its counterparts. Pure. */

import type { Program, StageName } from "./program";

/** The thing pointed at. */
export type Origin =
	| { readonly kind: "equation"; readonly equation: number }
	| { readonly kind: "span"; readonly span: number }
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
	/** In the order of the jaxpr. */
	readonly equations: readonly number[];
	readonly spans: ReadonlySet<number>;
	private readonly program: Program;
	private readonly lit = new Map<StageName, Lit>();

	constructor(program: Program, origin: Origin) {
		this.program = program;
		this.origin = origin;
		const equations = new Set<number>();
		const spans = new Set<number>();
		if (origin.kind === "equation") equations.add(origin.equation);
		if (origin.kind === "span") {
			spans.add(origin.span);
			for (const equation of program.bySpan().get(origin.span)) equations.add(equation);
		}
		if (origin.kind === "line") {
			const links = program.stage(origin.stage)?.links();
			for (const equation of links?.equationsOf(origin.block) ?? []) equations.add(equation);
			for (const span of links?.spansOf(origin.block) ?? []) spans.add(span);
		}
		for (const equation of equations) {
			const span = program.spanOf(equation);
			if (span >= 0) spans.add(span);
		}
		const place = program.place();
		this.equations = [...equations]
			.filter((equation) => program.has(equation))
			.sort((a, b) => (place[a] as number) - (place[b] as number));
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
			lit = new Lit(this.program, stage, this.blocks(stage));
			this.lit.set(stage, lit);
		}
		return lit;
	}

	private blocks(stage: StageName): Set<number> {
		const links = this.program.stage(stage)?.links();
		const blocks = new Set<number>();
		if (!links) return blocks;
		if (this.origin.kind === "line" && this.origin.stage === stage) blocks.add(this.origin.block);
		for (const equation of this.equations) {
			for (const block of links.ofEquation.get(equation)) blocks.add(block);
		}
		// One equation does not light its neighbours of the same expression, unless the stage
		// knows no more than the expression.
		if (this.origin.kind !== "span" && blocks.size > 0) return blocks;
		for (const span of this.spans) {
			for (const block of links.ofSpan.get(span)) blocks.add(block);
		}
		return blocks;
	}
}

class Lit {
	readonly lines: readonly number[];
	private readonly tops: number[] = [];
	private readonly bottoms: number[] = [];
	private readonly blocks: ReadonlySet<number>;
	private readonly at: (line: number) => number;

	constructor(program: Program, stage: StageName, blocks: ReadonlySet<number>) {
		const links = program.stage(stage)?.links();
		this.blocks = blocks;
		this.at = (line) => links?.at(line) ?? -1;
		const ranges = [...blocks]
			.map((block) => [links?.first[block] ?? 0, links?.last[block] ?? 0] as const)
			.sort((a, b) => a[0] - b[0]);
		this.lines = ranges.map(([top]) => top);
		for (const [top, bottom] of ranges) {
			const before = this.bottoms.at(-1);
			if (before !== undefined && top <= before) {
				this.bottoms[this.bottoms.length - 1] = Math.max(before, bottom);
			} else {
				this.tops.push(top);
				this.bottoms.push(bottom);
			}
		}
	}

	light(line: number): Light {
		if (this.blocks.has(this.at(line))) return "own";
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
