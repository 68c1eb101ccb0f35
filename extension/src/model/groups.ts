/**
 * The tree that a graph opens level by level: groups, equations, and what equations hold. Pure.
 *
 * Its members are things. An equation is the thing of its own index; a group comes after all
 * equations. An equation that holds one region is itself what its region's equations stand in;
 * one that holds several (a cond, a while) has a thing for each.
 */

import { constants } from "./groupconstants";
import type { Program } from "./program";

export type Thing = number;

export const GROUP = { region: 0, scope: 1, function: 2, line: 3, repeat: 4, part: 5 } as const;

const NONE: readonly Thing[] = [];

export class Groups {
	readonly program: Program;
	readonly equationCount: number;
	/** How many things there are. */
	readonly count: number;
	/** All of the program. */
	readonly root: Thing;
	/** The thing that each thing stands in; -1 for the root. */
	readonly parent: Int32Array;
	readonly depth: Int32Array;
	/** Place of each equation among those of its region. */
	readonly place: Int32Array;
	/** Equations in each thing, those of nested programs included. */
	readonly inside: Float64Array;
	/** How many of them are of the backward pass. */
	readonly backward: Float64Array;
	/** 1 for each equation that is a chip on its readers, and for a group of only such ones. */
	private readonly isChip: Uint8Array;
	private walked: Int32Array | null = null;
	private readonly shownIn = new Map<Thing, readonly Thing[]>();
	/** Equations of each region as the groups hold them. */
	private readonly members: number[][];
	/** First place of each group's run, and the place after its last. */
	private readonly first: Int32Array;
	private readonly last: Int32Array;
	private readonly children = new Map<Thing, Thing[]>();
	/** The thing that directly holds the equations of each region. */
	private readonly ofRegion: Int32Array;

	constructor(program: Program) {
		this.program = program;
		const { groups, regions, equations } = program.wire;
		this.equationCount = program.equationCount;
		const size = groups.parent.length;
		this.count = this.equationCount + size;
		this.ofRegion = new Int32Array(regions.length).fill(-1);
		for (let g = size - 1; g >= 0; g--) {
			if (groups.kind[g] !== GROUP.region) continue;
			const region = groups.region[g] as number;
			const holder = regions[region]?.equation ?? -1;
			const isOnly = holder >= 0 && program.held().count(holder) === 1;
			this.ofRegion[region] = isOnly ? holder : this.equationCount + g;
		}
		this.root = this.ofRegion[0] as number;
		this.parent = new Int32Array(this.count).fill(-1);
		this.depth = new Int32Array(this.count);
		this.measureDepth();
		this.members = regions.map(() => []);
		this.place = new Int32Array(this.equationCount);
		const order = groups.order.length === this.equationCount ? groups.order : null;
		for (let i = 0; i < this.equationCount; i++) {
			const equation = order ? (order[i] as number) : i;
			const members = this.members[equations.region[equation] as number] as number[];
			this.place[equation] = members.push(equation) - 1;
		}
		this.first = new Int32Array(size).fill(-1);
		this.last = new Int32Array(size);
		this.collect();
		this.inside = this.sums(new Float64Array(this.equationCount).fill(1));
		this.backward = this.sums(Float64Array.from(equations.phase));
		const chips = this.sums(constants(program));
		this.isChip = Uint8Array.from(chips, (count, thing) =>
			Number(count > 0 && count === this.inside[thing]),
		);
	}

	/** What stands directly in a thing, in order. */
	entries(thing: Thing): readonly Thing[] {
		return this.children.get(thing) ?? NONE;
	}

	/** Those of them that are boxes: constants are chips on what reads them. */
	shown(thing: Thing): readonly Thing[] {
		let shown = this.shownIn.get(thing);
		if (!shown) {
			const entries = this.entries(thing);
			shown = entries.filter((entry) => this.isChip[entry] === 0);
			this.shownIn.set(thing, shown);
		}
		return shown;
	}

	/** Whether an equation is a chip on its readers. */
	isConstant(equation: number): boolean {
		return this.isChip[equation] === 1;
	}

	/** A thing itself, or where it is a chip the first of its readers in its group, or at all. */
	bearer(thing: Thing): Thing {
		let at = thing;
		while (this.isChip[at] === 1) {
			if (!this.isEquation(at)) {
				at = this.entries(at)[0] as Thing;
				continue;
			}
			const readers = this.program.readers().get(this.program.outputs.first(at));
			const home = this.parent[at];
			at = readers.find((reader) => this.parent[reader] === home) ?? (readers[0] as Thing);
		}
		return at;
	}

	canOpen(thing: Thing): boolean {
		return this.children.has(thing);
	}

	isEquation(thing: Thing): boolean {
		return thing >= 0 && thing < this.equationCount;
	}

	/** Index into the group columns; -1 for an equation. */
	group(thing: Thing): number {
		return thing < this.equationCount ? -1 : thing - this.equationCount;
	}

	/** The thing in which a region's equations stand. */
	holderOf(region: number): Thing {
		return this.ofRegion[region] ?? -1;
	}

	/** The region whose equations stand in a thing; -1 where they are of several regions. */
	regionIn(thing: Thing): number {
		const group = this.group(thing);
		if (group >= 0) return this.program.wire.groups.region[group] as number;
		const held = this.program.held();
		return held.count(thing) === 1 ? held.first(thing) : -1;
	}

	/** Equations of a thing's own region that stand in it, however deep in groups. */
	run(thing: Thing): readonly number[] {
		const region = this.regionIn(thing);
		const members = this.members[region] ?? [];
		if (this.ofRegion[region] === thing) return members;
		const group = this.group(thing);
		return members.slice(Math.max(0, this.first[group] as number), this.last[group]);
	}

	/** All things, each before what is in it, in the order of the graph. */
	walk(): Int32Array {
		this.walked ??= this.inOrder();
		return this.walked;
	}

	private inOrder(): Int32Array {
		const order = new Int32Array(this.count);
		let size = 0;
		const waiting: Thing[] = [this.root];
		for (let thing = waiting.pop(); thing !== undefined; thing = waiting.pop()) {
			order[size++] = thing;
			const entries = this.entries(thing);
			for (let i = entries.length - 1; i >= 0; i--) waiting.push(entries[i] as Thing);
		}
		return order.subarray(0, size);
	}

	/** All equations in a thing, those of nested programs included. */
	equationsIn(thing: Thing): number[] {
		const found: number[] = [];
		const waiting = [thing];
		for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
			if (this.isEquation(at)) found.push(at);
			waiting.push(...this.entries(at));
		}
		return found;
	}

	/** Whether `outer` is `thing` or around it. */
	isAround(outer: Thing, thing: Thing): boolean {
		let at = thing;
		while (at >= 0 && (this.depth[at] as number) > (this.depth[outer] as number)) {
			at = this.parent[at] as number;
		}
		return at === outer;
	}

	/** Things around a thing, the root first. */
	around(thing: Thing): Thing[] {
		const path: Thing[] = [];
		for (let at = this.parent[thing] ?? -1; at >= 0; at = this.parent[at] as number) path.push(at);
		return path.reverse();
	}

	/** What a cost of each equation adds up to in each thing. */
	sums(own: ArrayLike<number>): Float64Array {
		const { groups, regions } = this.program.wire;
		const sums = new Float64Array(this.count);
		for (let e = 0; e < this.equationCount; e++) {
			const leaf = this.equationCount + this.leaf(e);
			sums[e] = (sums[e] as number) + (own[e] as number);
			sums[leaf] = (sums[leaf] as number) + (own[e] as number);
		}
		// Whatever is in a group comes after it.
		for (let g = groups.parent.length - 1; g > 0; g--) {
			const sum = sums[this.equationCount + g] as number;
			const isRegion = groups.kind[g] === GROUP.region;
			const holder = isRegion ? (regions[groups.region[g] as number]?.equation ?? -1) : -1;
			if (holder >= 0) sums[holder] = (sums[holder] as number) + sum;
			const outer = this.equationCount + this.outer(g);
			sums[outer] = (sums[outer] as number) + sum;
		}
		return sums;
	}

	/** The innermost group of an equation; a broken record puts it into the whole program. */
	private leaf(equation: number): number {
		const leaf = this.program.wire.groups.leaf[equation] ?? 0;
		return leaf >= 0 && leaf < this.program.wire.groups.parent.length ? leaf : 0;
	}

	private outer(group: number): number {
		const outer = this.program.wire.groups.parent[group] ?? 0;
		return outer >= 0 && outer < group ? outer : 0;
	}

	/** The thing that stands for a group. */
	private thing(group: number): Thing {
		const { kind, region } = this.program.wire.groups;
		if (kind[group] !== GROUP.region) return this.equationCount + group;
		return this.ofRegion[region[group] as number] as number;
	}

	private measureDepth(): void {
		const { groups, regions } = this.program.wire;
		const under = (thing: Thing, outer: Thing) => {
			this.parent[thing] = outer;
			this.depth[thing] = (this.depth[outer] as number) + 1;
		};
		for (let g = 1; g < groups.parent.length; g++) {
			const thing = this.equationCount + g;
			if (groups.kind[g] !== GROUP.region) under(thing, this.thing(this.outer(g)));
			else {
				const holder = regions[groups.region[g] as number]?.equation ?? -1;
				if (holder < 0) continue;
				under(holder, this.thing(this.leaf(holder)));
				if (this.thing(g) === thing) under(thing, holder);
			}
		}
		for (let e = 0; e < this.equationCount; e++) under(e, this.thing(this.leaf(e)));
	}

	private collect(): void {
		const add = (thing: Thing) => {
			const outer = this.parent[thing] as number;
			const list = this.children.get(outer);
			if (list) list.push(thing);
			else this.children.set(outer, [thing]);
		};
		for (const members of this.members) {
			members.forEach((equation, place) => {
				add(equation);
				// A group stands where its first equation does.
				let at = this.parent[equation] as number;
				while (this.isPlain(at)) {
					const group = this.group(at);
					const isNew = this.first[group] === -1;
					if (isNew) {
						this.first[group] = place;
						add(at);
					}
					this.last[group] = place + 1;
					at = this.parent[at] as number;
				}
			});
		}
		this.program.wire.regions.forEach((region, i) => {
			const thing = this.ofRegion[i] as number;
			const isOne = region.equation >= 0 && thing >= this.equationCount;
			if (isOne && this.parent[thing] === region.equation) add(thing);
		});
	}

	/** A group that is not a region's. */
	private isPlain(thing: Thing): boolean {
		const group = this.group(thing);
		return group >= 0 && this.program.wire.groups.kind[group] !== GROUP.region;
	}
}
