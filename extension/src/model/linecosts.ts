/** What each line of the source costs, alone and with all it calls. Pure. */

import type { Heat } from "./heat";
import type { Program } from "./program";

export class SourceCosts {
	/** Cost of the dearest line. */
	readonly greatest: number;
	private readonly own = new Map<string, number>();
	private readonly inside = new Map<string, number>();

	constructor(program: Program, heat: Heat) {
		const { file, line } = program.wire.spans;
		const keyOf = (span: number) => keyed(program.string(file[span]), line[span] as number);
		let greatest = 0;
		heat.ofSpan().forEach((cost, span) => {
			if (cost > 0) greatest = Math.max(greatest, add(this.own, keyOf(span), cost));
		});
		this.greatest = greatest;
		const calls = program.calls();
		const { caller, span } = program.wire.frames;
		const below = new Float64Array(calls.size);
		for (let equation = 0; equation < program.equationCount; equation++) {
			const frame = program.wire.equations.frame[equation] ?? -1;
			if (frame >= 0) below[frame] = (below[frame] as number) + (heat.values[equation] as number);
		}
		// Callers come before what they called.
		for (let frame = calls.size - 1; frame >= 0; frame--) {
			const outer = caller[frame] ?? -1;
			if (outer >= 0) below[outer] = (below[outer] as number) + (below[frame] as number);
		}
		below.forEach((cost, frame) => {
			const place = span[frame] ?? -1;
			if (cost === 0 || place < 0 || calls.isLibrary(frame)) return;
			const key = keyOf(place);
			// A call on a line that is already being counted, as in a recursion, is part of it.
			for (let at = caller[frame] ?? -1; at >= 0; at = caller[at] ?? -1) {
				if (!calls.isLibrary(at) && keyOf(calls.spanOf(at)) === key) return;
			}
			add(this.inside, key, cost);
		});
	}

	of(file: string, line: number): { own: number; inside: number } {
		const key = keyed(file, line);
		const own = this.own.get(key) ?? 0;
		return { own, inside: Math.max(own, this.inside.get(key) ?? 0) };
	}
}

function keyed(file: string, line: number): string {
	return `${line} ${file}`;
}

function add(map: Map<string, number>, key: string, amount: number): number {
	const sum = (map.get(key) ?? 0) + amount;
	map.set(key, sum);
	return sum;
}
