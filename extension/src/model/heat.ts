/** What each equation costs, so that the costs of any set of equations add up. Pure. */

import { lazy } from "./lazy";
import { nestedCosts } from "./nestedcosts";
import type { Program, StageName } from "./program";
import { bytesText, countText, flopsText, secondsText } from "./words";

export const HEAT_KINDS = ["flops", "bytes", "equations", "seconds", "sent"] as const;
export type HeatKind = (typeof HEAT_KINDS)[number];

/** Measured time: `seconds[i]` was spent in the expression `span[i]`. */
export interface MeasuredTime {
	readonly span: ArrayLike<number>;
	readonly seconds: ArrayLike<number>;
}

/** What a payload says about measured time, if anything. */
export function measuredTime(payload: unknown): MeasuredTime | null {
	const { seconds } = (payload ?? {}) as { readonly seconds?: Partial<MeasuredTime> | null };
	if (!seconds?.span || seconds.span.length !== seconds.seconds?.length) return null;
	return { span: seconds.span, seconds: seconds.seconds };
}

/** A cost this many times smaller than the greatest has no tint left. */
const RANGE = 1000;

const WORDS: Readonly<Record<HeatKind, (amount: number) => string>> = {
	flops: flopsText,
	bytes: bytesText,
	equations: (count) => countText(count, "equation"),
	seconds: secondsText,
	sent: bytesText,
};

export class Heat {
	readonly kind: HeatKind;
	/** Per equation, its own cost in one run of the program, without what it holds. */
	readonly values: Float64Array;
	/** Per equation, its own cost and that of all the programs it holds. */
	readonly inside: Float64Array;
	readonly total: number;
	/** Of a cond only the dearest branch was counted. */
	readonly hasBranches: boolean;
	/** A loop whose count only a run can tell was counted once. */
	readonly isLeast: boolean;
	/** Per expression, the cost of its equations. */
	readonly ofSpan: () => Float64Array;
	private readonly program: Program;
	private readonly ofStage = new Map<StageName, Float64Array>();

	constructor(program: Program, kind: HeatKind, measured: MeasuredTime | null = null) {
		this.program = program;
		this.kind = kind;
		const { region, flops, bytes } = program.wire.equations;
		const runs = program.wire.regions.map((one) => (one.runs >= 0 ? one.runs : 1));
		const times = (equation: number) => runs[region[equation] as number] ?? 1;
		const costs = new Float64Array(program.equationCount);
		if (kind === "equations") costs.fill(1);
		if (kind === "flops") {
			for (let e = 0; e < costs.length; e++) costs[e] = (flops[e] as number) * times(e);
		}
		if (kind === "bytes") {
			const held = program.held();
			for (let e = 0; e < costs.length; e++) {
				// What a loop or a call reads and writes is read and written by its body.
				if (held.count(e) === 0) costs[e] = (bytes[e] as number) * times(e);
			}
		}
		if (kind === "seconds" && measured) shareOut(program, measured, costs);
		if (kind === "sent" && program.moves) costs.set(program.moves.sent());
		const { own, inside, total, hasBranches } = nestedCosts(program, costs, {
			isWhole: kind === "flops",
			oneBranch: kind === "flops" || kind === "bytes",
		});
		this.values = own;
		this.inside = inside;
		// What is sent for no equation that we know is sent nevertheless.
		this.total = kind === "sent" ? (program.moves?.sentBytes ?? 0) : total;
		this.hasBranches = hasBranches;
		const hasWhile = program.wire.regions.some((one) => one.runs < 0);
		this.isLeast =
			kind === "sent"
				? program.moves?.isLeast === true
				: hasWhile && kind !== "equations" && kind !== "seconds";
		this.ofSpan = lazy(() => {
			const sums = new Float64Array(program.wire.spans.line.length);
			for (let e = 0; e < own.length; e++) {
				const span = program.spanOf(e);
				if (span >= 0) sums[span] = (sums[span] as number) + (own[e] as number);
			}
			return sums;
		});
	}

	/** `1.2 GFLOP`. */
	words(amount: number): string {
		return WORDS[this.kind](amount);
	}

	/** Part of the whole, from 0 to 1. */
	share(amount: number): number {
		return this.total > 0 ? amount / this.total : 0;
	}

	/**
	 * Cost of each block of a stage's text. An equation that became several lines is shared out
	 * evenly among them, so that the lines add up to the total as well.
	 */
	ofBlocks(stage: StageName): Float64Array {
		const known = this.ofStage.get(stage);
		if (known) return known;
		const links = this.program.stage(stage)?.links();
		const sums = new Float64Array(links?.first.length ?? 0);
		if (stage === "hlo" && this.kind === "sent") {
			// There it is known which line sends.
			for (const { isHost, line, total } of this.program.moves?.rows ?? []) {
				const block = isHost ? -1 : (links?.at(line) ?? -1);
				if (block >= 0) sums[block] = (sums[block] as number) + total;
			}
			this.ofStage.set(stage, sums);
			return sums;
		}
		for (let e = 0; links && e < this.values.length; e++) {
			const value = this.values[e] as number;
			if (value === 0) continue;
			const part = value / links.ofEquation.count(e);
			links.ofEquation.each(e, (block) => {
				sums[block] = (sums[block] as number) + part;
			});
		}
		this.ofStage.set(stage, sums);
		return sums;
	}
}

/** How strong a tint is, from 0 to 1: by orders of magnitude below the greatest. */
export function strength(amount: number, greatest: number): number {
	if (amount <= 0 || greatest <= 0) return 0;
	return Math.log1p((amount / greatest) * RANGE) / Math.log1p(RANGE);
}

/** Time is measured per expression: its equations get equal parts. */
function shareOut(program: Program, measured: MeasuredTime, own: Float64Array): void {
	const held = program.held();
	for (let i = 0; i < measured.span.length; i++) {
		const all = program.bySpan().get(measured.span[i] as number);
		const leaves = all.filter((equation) => held.count(equation) === 0);
		const takers = leaves.length > 0 ? leaves : all;
		for (const equation of takers) {
			own[equation] = (own[equation] as number) + (measured.seconds[i] as number) / takers.length;
		}
	}
}
