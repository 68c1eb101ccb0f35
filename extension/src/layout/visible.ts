/**
 * What is seen of a program when some of its groups are open: for each open thing its level,
 * the things directly in it with the edges between them. Pure.
 *
 * A level does not depend on what is open elsewhere. Values that cross its border pass ports,
 * one for each thing around it that they come from or go to, so that an edge is whole across
 * levels: from the box of one level to the port of the box that it enters, and on inside.
 */

import type { Flow, PortName } from "../model/groupflow";
import type { Groups, Thing } from "../model/groups";
import { lazy } from "../model/lazy";
import { MoveMarks } from "../model/movemarks";
import { LevelMaker } from "./levelmaker";

export type NodeKind = "thing" | "in" | "out" | "input" | "output";

export interface LevelNode {
	readonly kind: NodeKind;
	/** The thing; of a port the thing outside that it stands for; of an input its value. */
	readonly key: number;
	/** Other things outside with the same edges, which share the port. */
	readonly others: readonly number[];
	/** A port of a loop. */
	readonly port: PortName | null;
	/** Values that pass a port, as they are called outside. */
	readonly outer: ReadonlySet<number>;
	/** What its equations read that is drawn as a chip. */
	readonly chips: readonly number[];
	/** Outputs of the program that it makes and that are not drawn as edges. */
	readonly results: readonly number[];
}

export interface LevelEdge {
	readonly from: number;
	readonly to: number;
	readonly values: readonly number[];
	/** From the end of a loop's step to the start of the next. */
	readonly back: boolean;
}

export interface Level {
	readonly container: Thing;
	/** Every edge but those that go back leads from a lower to a higher index. */
	readonly nodes: readonly LevelNode[];
	readonly edges: readonly LevelEdge[];
}

export class Levels {
	readonly groups: Groups;
	readonly flow: Flow;
	/** What devices send in each thing. */
	readonly marks: () => MoveMarks;
	private readonly known = new Map<Thing, Level>();

	constructor(groups: Groups, flow: Flow) {
		this.groups = groups;
		this.flow = flow;
		this.marks = lazy(() => new MoveMarks(groups));
	}

	of(container: Thing): Level {
		let level = this.known.get(container);
		if (!level) {
			level = new LevelMaker(this.groups, this.flow, container).make();
			this.known.set(container, level);
		}
		return level;
	}

	/** The closed or innermost open thing that shows a thing. */
	seen(thing: Thing, open: ReadonlySet<Thing>): Thing {
		let seen = this.groups.bearer(thing);
		for (let at = seen; at >= 0; at = this.groups.parent[at] as number) {
			if (!open.has(at)) seen = at;
		}
		return seen;
	}
}
