/** Programs and trees of groups for the tests of the graph, made by hand or by chance. */

import { Levels } from "../src/layout/visible";
import { Flow } from "../src/model/groupflow";
import { Groups, type Thing } from "../src/model/groups";
import type { Program } from "../src/model/program";
import { manyPrograms } from "./madeup";

export function levelsOf(program: Program): Levels {
	const groups = new Groups(program);
	return new Levels(groups, new Flow(groups, new Set(), true));
}

/** The same numbers on every run. */
export function chance(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 1103515245 + 12345) % 2147483648;
		return state / 2147483648;
	};
}

/** Some of what can be opened, each only if what is around it is. */
export function someOpen(groups: Groups, next: () => number, part: number): Set<Thing> {
	const open = new Set<Thing>([groups.root]);
	const waiting = [...groups.entries(groups.root)];
	for (let thing = waiting.pop(); thing !== undefined; thing = waiting.pop()) {
		if (!groups.canOpen(thing) || next() > part) continue;
		open.add(thing);
		waiting.push(...groups.entries(thing));
	}
	return open;
}

/** Programs that JAX made, and programs by chance. */
export function programs(): [string, Program][] {
	return manyPrograms(chance);
}

/** Each program with nothing, some and all open. */
export function openings(): [string, Program, Levels, Set<Thing>][] {
	return programs().flatMap(([name, program]) => {
		const levels = levelsOf(program);
		return [0, 0.4, 0.7, 1].map((part): [string, Program, Levels, Set<Thing>] => {
			const open = someOpen(levels.groups, chance(7 + part * 10), part);
			return [`${name}, ${part * 100}% open`, program, levels, open];
		});
	});
}
