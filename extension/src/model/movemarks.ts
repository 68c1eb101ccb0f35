/** Which things of a graph have to do with what devices send, and how much of it. Pure. */

import type { Groups, Thing } from "./groups";
import type { Move } from "./moves";

/** What is sent in a thing: of each move, what a device sends to others because of the thing. */
export type Sending = ReadonlyMap<Move, number>;

const NOTHING: Sending = new Map();

export class MoveMarks {
	private readonly found = new Map<Thing, Map<Move, number>>();

	constructor(groups: Groups) {
		for (const move of groups.program.moves?.rows ?? []) {
			for (const [equation, part] of groups.program.moves?.bearers(move) ?? []) {
				const bytes = move.isHost ? 0 : part * move.total;
				let at = groups.bearer(equation);
				for (; at >= 0; at = groups.parent[at] as number) this.add(at, move, bytes);
			}
		}
	}

	/** What is sent by a thing itself or by what is in it. */
	of(thing: Thing): Sending {
		return this.found.get(thing) ?? NOTHING;
	}

	private add(thing: Thing, move: Move, bytes: number): void {
		const known = this.found.get(thing) ?? new Map<Move, number>();
		this.found.set(thing, known);
		known.set(move, (known.get(move) ?? 0) + bytes);
	}
}
