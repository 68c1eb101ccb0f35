/** Calls on the way to equations: who called whom, and what was made below a call. Pure. */

import type { FrameColumns } from "../wire/program";
import { Rows } from "./rows";

/** Callers that stand between two of the user's own calls, or the user's call itself. */
export interface Crumb {
	/** From the outermost. More than one only for a library's frames. */
	readonly frames: readonly number[];
	readonly isLibrary: boolean;
}

export class CallTree {
	private readonly columns: FrameColumns;
	private readonly frameOf: ArrayLike<number>;
	private readonly equations: Rows;
	private readonly called: Rows;

	constructor(columns: FrameColumns, frameOf: ArrayLike<number>) {
		this.columns = columns;
		this.frameOf = frameOf;
		this.equations = Rows.group(frameOf, columns.span.length);
		this.called = Rows.group(columns.caller, columns.span.length);
	}

	get size(): number {
		return this.columns.span.length;
	}

	spanOf(frame: number): number {
		return this.columns.span[frame] ?? -1;
	}

	isLibrary(frame: number): boolean {
		return this.columns.library[frame] === 1;
	}

	/** Calls that lead to an equation, the outermost first. */
	stack(equation: number): number[] {
		const frames: number[] = [];
		let at = this.frameOf[equation] ?? -1;
		// Callers come before what they called, so a broken record cannot loop for ever.
		while (at >= 0 && at < this.size) {
			frames.push(at);
			const caller = this.columns.caller[at] ?? -1;
			at = caller < at ? caller : -1;
		}
		return frames.reverse();
	}

	/** The stack with runs of library frames as one crumb. */
	crumbs(equation: number): Crumb[] {
		const crumbs: { frames: number[]; isLibrary: boolean }[] = [];
		for (const frame of this.stack(equation)) {
			const isLibrary = this.isLibrary(frame);
			const before = crumbs.at(-1);
			if (isLibrary && before?.isLibrary) before.frames.push(frame);
			else crumbs.push({ frames: [frame], isLibrary });
		}
		return crumbs;
	}

	/** Equations made by a call and by all it called, in no order. */
	below(frame: number): number[] {
		const found: number[] = [];
		const open = this.has(frame) ? [frame] : [];
		for (let at = open.pop(); at !== undefined; at = open.pop()) {
			for (const equation of this.equations.get(at)) found.push(equation);
			for (const callee of this.called.get(at)) if (callee > at) open.push(callee);
		}
		return found;
	}

	has(frame: number): boolean {
		return frame >= 0 && frame < this.size;
	}
}
