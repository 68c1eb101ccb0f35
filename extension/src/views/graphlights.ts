/** What of a graph is lit: from what is pointed at, kept, found, and asked the way of. Pure. */

import { reach, touching } from "../layout/paths";
import type { Scene } from "../layout/scene";
import type { Focus } from "../model/focus";
import type { Thing } from "../model/groups";
import type { Lights } from "./graphdraw";
import type { GraphState, Shown } from "./graphstate";

/** Where more items are lit their lines say nothing. */
const FEW = 3;
const NOTHING: ReadonlySet<number> = new Set();

function movesOf(focus: Focus | null): readonly number[] {
	return focus?.origin.kind === "moves" ? focus.origin.moves : [];
}

export interface Asked {
	readonly hover: Focus | null;
	readonly selected: Focus | null;
	/** The item under the pointer, or -1. */
	readonly pointed: number;
	/** The thing that keys start from. */
	readonly current: Thing | null;
	readonly path: "into" | "out" | null;
	readonly found: readonly Thing[];
}

/** Keeps what has been worked out for as long as the question and the scene stay the same. */
export class GraphLights {
	private readonly state: GraphState;
	private readonly known = new Map<string, { of: unknown; scene: Scene; shown: Shown }>();

	constructor(state: GraphState) {
		this.state = state;
	}

	of({ hover, selected, pointed, current, path, found }: Asked): Lights {
		const { scene } = this.state;
		const pointedAt = this.shown("hover", hover, hover);
		const keptAt = this.shown("kept", selected, selected);
		const foundAt = this.shown("found", found, null, found);
		const isHere = pointed >= 0 && scene.items[pointed] !== undefined;
		const hovered = isHere ? new Set([pointed]) : new Set(pointedAt.items);
		const kept = new Set(keptAt.items);
		const at = current === null ? -1 : (scene.itemOf.get(current) ?? -1);
		if (at >= 0) kept.add(at);
		const reached = path && at >= 0 ? reach(scene, at, path) : null;
		const lines = new Set<number>();
		for (const items of [hovered, kept]) {
			if (items.size > FEW) continue;
			for (const item of items) for (const line of touching(scene, item).lines) lines.add(line);
		}
		for (const item of foundAt.items) hovered.add(item);
		return {
			hover: hovered,
			kept,
			chips: new Set([...pointedAt.values, ...keptAt.values, ...foundAt.values]),
			moves: new Set([...movesOf(hover), ...movesOf(selected)]),
			lines: reached ? NOTHING : lines,
			current: at,
			only: reached?.items ?? null,
			onlyLines: reached?.lines ?? null,
		};
	}

	private shown(
		name: string,
		of: unknown,
		focus: Focus | null,
		things: readonly Thing[] = focus?.equations ?? [],
	): Shown {
		const { scene } = this.state;
		const known = this.known.get(name);
		if (known && known.of === of && known.scene === scene) return known.shown;
		const shown = this.state.shown(things);
		if (focus?.origin.kind === "value") shown.values.add(focus.origin.value);
		this.known.set(name, { of, scene, shown });
		return shown;
	}
}
