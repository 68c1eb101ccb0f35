/** How a level comes about: its boxes, its ports and the edges between them. Pure. */

import type { End, Flow, PortName } from "../model/groupflow";
import type { Groups, Thing } from "../model/groups";
import type { Level, LevelEdge, NodeKind } from "./visible";

/** Ports that come in above which those with the same readers are one. */
const PORTS_APART = 6;

interface Draft {
	kind: NodeKind;
	key: number;
	others: number[];
	port: PortName | null;
	outer: Set<number>;
	chips: Set<number>;
	results: Set<number>;
}

/** A source or target seen from a level. */
interface Seen {
	readonly key: number;
	readonly isInside: boolean;
}

/** Makes the level of one open thing from the equations that stand in it. */
export class LevelMaker {
	private readonly groups: Groups;
	private readonly flow: Flow;
	private readonly container: Thing;
	private readonly things = new Map<number, Draft>();
	private readonly ins = new Map<number, Draft>();
	private readonly outs = new Map<number, Draft>();
	/** The region of the run of equations in it, the place of the first, and what each is in. */
	private region = -1;
	private first = 0;
	private draftAt: readonly Draft[] = [];
	/** Values of each edge, by its two ends. */
	private readonly edges = new Map<Draft, Map<Draft, Set<number>>>();

	constructor(groups: Groups, flow: Flow, container: Thing) {
		this.groups = groups;
		this.flow = flow;
		this.container = container;
	}

	make(): Level {
		const { groups, container, flow } = this;
		if (container === groups.root) {
			for (const value of flow.boxed) this.draft(this.ins, flow.inputKey(value), "input");
		}
		for (const thing of groups.shown(container)) this.draft(this.things, thing, "thing");
		if (groups.regionIn(container) >= 0) this.addRun();
		else this.addRegions();
		this.addLoopPorts();
		this.merge(this.ins, true);
		this.merge(this.outs, false);
		return this.finish();
	}

	/** Equations of one region. */
	private addRun(): void {
		const { groups, flow } = this;
		const { program } = groups;
		const region = groups.regionIn(this.container);
		const isWhole = groups.holderOf(region) === this.container;
		const run = groups.run(this.container);
		this.region = region;
		this.first = groups.place[run[0] ?? -1] ?? 0;
		this.draftAt = run.map((equation) => this.things.get(this.childOf(equation)) as Draft);
		run.forEach((equation, i) => {
			if (groups.isConstant(equation)) return;
			const reader = this.draftAt[i] as Draft;
			for (const value of program.inputs.get(equation)) {
				const writer = program.writer()[value] ?? -1;
				const maker = this.inRun(writer);
				// A constant of a closed group is not told to the group.
				if (maker === reader) continue;
				if (!maker || groups.isConstant(writer)) this.read(value, reader);
				else this.join(maker, reader, value);
			}
			for (const value of program.outputs.get(equation)) this.write(value, reader, region);
		});
		if (!isWhole) return;
		// What enters and is not used. Of several regions each has just what it uses.
		const inputs = groups.isEquation(this.container) ? program.wire.regions[region]?.inputs : [];
		for (const value of inputs ?? []) {
			const { end } = flow.source(value);
			const seen = end && this.seen(end);
			if (seen && !seen.isInside) this.inPort(seen.key, value);
		}
		// What a region passes on without touching it.
		for (const value of new Set(program.wire.regions[region]?.outputs ?? [])) {
			const writer = program.writer()[value] ?? -1;
			if (writer >= 0 && program.wire.equations.region[writer] === region) continue;
			for (const target of flow.targetsOutside(value, region)) {
				this.read(value, this.outPort(this.seen(target).key, value));
			}
		}
	}

	/** The programs of an equation that holds several, side by side. */
	private addRegions(): void {
		const { groups, flow } = this;
		const { program } = groups;
		const holder = this.container;
		const inputs = program.inputs.get(holder);
		const home = groups.parent[holder] as number;
		const entered = new Set<number>();
		for (const thing of groups.shown(holder)) {
			const frame = this.things.get(thing) as Draft;
			const region = groups.regionIn(thing);
			const { inputs: own, outputs } = program.wire.regions[region] as {
				inputs: readonly number[];
				outputs: readonly number[];
			};
			own.forEach((value, i) => {
				const { outer } = flow.entry(region, i);
				const isRead = program.readers().count(value) > 0 || flow.isOutput(value);
				if (outer < 0 || !isRead) return;
				entered.add(outer);
				this.read(outer, frame);
			});
			outputs.forEach((_, i) => {
				const { outer } = flow.exit(region, i);
				if (outer >= 0) this.export(outer, frame);
			});
		}
		// Read by none of them: which branch to take, and what is not used.
		for (const value of inputs) {
			const source = flow.source(value);
			if (entered.has(value) || !source.end) continue;
			this.inPort(this.seenFrom(home, source.end).key, value);
		}
	}

	/** Ports that no edge has asked for: a loop always has its carry. */
	private addLoopPorts(): void {
		const { groups, flow, container } = this;
		const region = groups.regionIn(container);
		if (region < 0 || groups.holderOf(region) !== container || container === groups.root) return;
		const { inputs, outputs } = groups.program.wire.regions[region] as {
			inputs: readonly number[];
			outputs: readonly number[];
		};
		inputs.forEach((value, i) => {
			const passage = flow.entry(region, i);
			if (passage.kind !== "port") return;
			if (passage.name === "consts" && flow.source(value).end === null) return;
			this.inPort(flow.portKey(container, passage.name), passage.outer);
		});
		outputs.forEach((_, i) => {
			const passage = flow.exit(region, i);
			if (passage.kind !== "port") return;
			this.outPort(flow.portKey(container, passage.name), passage.outer);
		});
	}

	private read(value: number, reader: Draft): void {
		const { end, chip } = this.flow.source(value);
		if (!end) {
			reader.chips.add(chip);
			return;
		}
		const { key, isInside } = this.seen(end);
		const own = isInside ? (this.things.get(key) ?? this.ins.get(key)) : undefined;
		// Ports of the container's own loop are inside, and made when they are first read.
		this.join(own ?? this.inPort(key, isInside ? -1 : value), reader, value);
	}

	private write(value: number, maker: Draft, region: number): void {
		for (const reader of this.groups.program.readers().get(value)) {
			if (this.inRun(reader)) continue;
			const { key } = this.seen({ key: reader, home: this.groups.parent[reader] as number });
			this.join(maker, this.outPort(key, value), value);
		}
		this.exportOutside(value, maker, region);
	}

	/** A value of the region around the container. */
	private export(value: number, maker: Draft): void {
		for (const reader of this.flow.readersOf(value)) {
			this.join(maker, this.outPort(this.seen(reader).key, value), value);
		}
		const outside = this.groups.program.wire.equations.region[this.container] as number;
		this.exportOutside(value, maker, outside);
	}

	private exportOutside(value: number, maker: Draft, region: number): void {
		if (!this.flow.isOutput(value)) return;
		if (region === 0 && !this.flow.hasOutput) maker.results.add(value);
		for (const target of this.flow.targetsOutside(value, region)) {
			const { key } = this.seen(target);
			this.join(maker, this.outPort(key, value), value);
		}
	}

	private inPort(key: number, value: number): Draft {
		const port = this.draft(this.ins, key, "in");
		if (value >= 0) port.outer.add(value);
		return port;
	}

	private outPort(key: number, value: number): Draft {
		const kind = this.container === this.groups.root ? "output" : "out";
		const port = this.draft(this.outs, key, kind);
		if (value >= 0) port.outer.add(value);
		return port;
	}

	private draft(into: Map<number, Draft>, key: number, kind: NodeKind): Draft {
		let draft = into.get(key);
		if (!draft) {
			// A loop's own port, not what stands for one further out.
			const port = this.flow.portOf(key);
			const name = port?.home === this.container ? port.name : null;
			draft = {
				kind,
				key,
				others: [],
				port: name,
				outer: new Set(),
				chips: new Set(),
				results: new Set(),
			};
			into.set(key, draft);
		}
		return draft;
	}

	private join(from: Draft, to: Draft, value: number): void {
		if (from === to) return;
		const row = this.edges.get(from) ?? new Map<Draft, Set<number>>();
		this.edges.set(from, row);
		const values = row.get(to);
		if (values) values.add(value);
		else row.set(to, new Set([value]));
	}

	/** What an equation of the run stands in; undefined for one that is not of the run. */
	private inRun(equation: number): Draft | undefined {
		const { program, place } = this.groups;
		if (equation < 0 || program.wire.equations.region[equation] !== this.region) return undefined;
		return this.draftAt[(place[equation] as number) - this.first];
	}

	private childOf(equation: number): Thing {
		let at = equation;
		while (this.groups.parent[at] !== this.container) at = this.groups.parent[at] as number;
		return at;
	}

	private seen(end: End): Seen {
		return this.seenFrom(this.container, end);
	}

	/** The end itself or what holds it, at the innermost level around it and `from`. */
	private seenFrom(from: Thing, end: End): Seen {
		const { parent, depth } = this.groups;
		let { key, home } = end;
		let at = from;
		while (at !== home) {
			const [inner, outer] = [depth[home] as number, depth[at] as number];
			if (inner >= outer) {
				key = home;
				home = parent[home] as number;
			}
			if (outer >= inner) at = parent[at] as number;
		}
		return { key, isInside: at === from };
	}

	/** What the same things make goes out at one port; so come in many that the same things read. */
	private merge(ports: Map<number, Draft>, isIn: boolean): void {
		if (isIn && ports.size <= PORTS_APART) return;
		const same = new Map<string, Draft>();
		const numbers = new Map([...this.things.values()].map((draft, i) => [draft, i]));
		for (const [key, port] of ports) {
			if (port.port || port.kind === "input" || port.kind === "output") continue;
			const near: number[] = [];
			if (isIn)
				for (const to of this.edges.get(port)?.keys() ?? []) near.push(numbers.get(to) ?? -1);
			else {
				for (const [from, row] of this.edges) if (row.has(port)) near.push(numbers.get(from) ?? -1);
			}
			const name = near.sort((a, b) => a - b).join();
			const kept = same.get(name);
			if (!kept) {
				same.set(name, port);
				continue;
			}
			ports.delete(key);
			kept.others.push(key);
			for (const value of port.outer) kept.outer.add(value);
			this.take(kept, port, isIn);
		}
	}

	/** Gives `kept` the edges of `gone`. */
	private take(kept: Draft, gone: Draft, isIn: boolean): void {
		if (isIn) {
			for (const [to, values] of this.edges.get(gone) ?? []) {
				for (const value of values) this.join(kept, to, value);
			}
			this.edges.delete(gone);
			return;
		}
		for (const [from, row] of this.edges) {
			for (const value of row.get(gone) ?? []) this.join(from, kept, value);
			row.delete(gone);
		}
	}

	private finish(): Level {
		const drafts = [...this.ins.values(), ...this.things.values(), ...this.outs.values()];
		const index = new Map(drafts.map((draft, i) => [draft, i]));
		const edges: LevelEdge[] = [];
		for (const [from, row] of this.edges) {
			for (const [to, values] of row) {
				edges.push({
					from: index.get(from) as number,
					to: index.get(to) as number,
					values: [...values],
					back: false,
				});
			}
		}
		edges.sort((a, b) => a.from - b.from || a.to - b.to);
		const end = drafts.findIndex(({ port }) => port === "carry out");
		const start = drafts.findIndex(({ port }) => port === "carry");
		if (start >= 0 && end >= 0) {
			edges.push({ from: end, to: start, values: [...(drafts[end] as Draft).outer], back: true });
		}
		const nodes = drafts.map((draft) => ({
			...draft,
			chips: [...draft.chips],
			results: [...draft.results],
		}));
		return { container: this.container, nodes, edges };
	}
}
