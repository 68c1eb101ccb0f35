/** Costs of equations that hold programs: each counted where it arises, and once. Pure. */

import type { Program } from "./program";

export interface NestedCosts {
	/** Per equation, its cost without what it holds. */
	readonly own: Float64Array;
	/** Per equation, its cost with what it holds. */
	readonly inside: Float64Array;
	readonly total: number;
	/** Branches of a cond that are not the dearest were not counted. */
	readonly hasBranches: boolean;
}

export interface Counting {
	/** The cost of what holds programs has theirs in it already. */
	readonly isWhole: boolean;
	/** Only one branch of a cond runs: the dearest counts. */
	readonly oneBranch: boolean;
}

/** `costs` are those of each equation in one run of the whole program. */
export function nestedCosts(program: Program, costs: Float64Array, how: Counting): NestedCosts {
	const { region } = program.wire.equations;
	const { regions } = program.wire;
	const held = program.held();
	const own = costs.slice();
	const inside = costs.slice();
	const sums = new Float64Array(regions.length);
	const isDropped = new Uint8Array(regions.length);
	// Whatever is nested comes after what holds it.
	for (let e = program.equationCount - 1; e >= 0; e--) {
		if (held.count(e) > 0) {
			const all = held.get(e);
			const isCond = how.oneBranch && program.primitive(e) === "cond";
			const counted = isCond ? [dearest(all, sums)] : all;
			if (isCond) for (const one of all) isDropped[one] = one === counted[0] ? 0 : 1;
			const below = counted.reduce((sum, one) => sum + (sums[one] as number), 0);
			if (how.isWhole) own[e] = Math.max(0, (costs[e] as number) - below);
			else inside[e] = (costs[e] as number) + below;
		}
		const home = region[e] as number;
		sums[home] = (sums[home] as number) + (inside[e] as number);
	}
	const hasBranches = isDropped.includes(1);
	for (let e = 0; hasBranches && e < program.equationCount; e++) {
		// What holds a region stands in another one, whose fate is known by now.
		for (const one of held.get(e)) if (isDropped[region[e] as number]) isDropped[one] = 1;
		if (isDropped[region[e] as number]) own[e] = inside[e] = 0;
	}
	return { own, inside, total: sums[0] ?? 0, hasBranches };
}

function dearest(all: readonly number[], sums: Float64Array): number {
	return all.reduce((most, one) => ((sums[one] as number) > (sums[most] as number) ? one : most));
}
