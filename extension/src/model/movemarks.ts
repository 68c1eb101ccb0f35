/** Which things of a graph have to do with what devices send, and how much of it. Pure. */

import type { Groups, Thing } from "./groups";
import type { Move } from "./moves";

/** What is sent in a thing, together. */
export interface Sending {
	readonly moves: readonly Move[];
	/** What each device sends to others because of it. */
	readonly bytes: number;
}

const NOTHING: Sending = { moves: [], bytes: 0 };

export class MoveMarks {
	private readonly found = new Map<Thing, { moves: Set<Move>; bytes: number }>();

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
		const found = this.found.get(thing);
		return found ? { moves: [...found.moves], bytes: found.bytes } : NOTHING;
	}

	private add(thing: Thing, move: Move, bytes: number): void {
		const known = this.found.get(thing);
		if (!known) this.found.set(thing, { moves: new Set([move]), bytes });
		else {
			known.moves.add(move);
			known.bytes += bytes;
		}
	}
}
