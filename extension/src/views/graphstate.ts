/** What is open in a graph and the scene of it. Knows nothing of pixels or pages. */

import { thingName } from "../layout/boxes";
import { type Label, labels } from "../layout/labels";
import { closed, firstOpen, type Open, opened, openTo } from "../layout/opening";
import { Placer } from "../layout/placer";
import { Drafts, EMPTY, type Scene } from "../layout/scene";
import { Levels } from "../layout/visible";
import { Flow } from "../model/groupflow";
import { GROUP, Groups, type Thing } from "../model/groups";
import type { Program } from "../model/program";

/** Most inputs that are boxes, and most readers of such a one. */
const INPUTS = 6;
const READERS = 3;
/** Things of a program above which preparing is worth its while. */
const LARGE = 2000;
/** Most outputs that are drawn as a box with edges to it. */
const OUTPUTS = 4;

export interface Shown {
	readonly items: Set<number>;
	/** Values whose chips show it. */
	readonly values: Set<number>;
}

export class GraphState {
	readonly groups: Groups;
	readonly levels: Levels;
	open: Open = new Set();
	scene: Scene = EMPTY;
	labels: readonly Label[] = [];
	titles: ReadonlyMap<number, string> = new Map();
	private readonly drafts: Drafts;
	private readonly placer = new Placer();
	/** Opened to show a selection made elsewhere: closed again when it moves on. */
	private lent: Open = new Set();

	constructor(program: Program) {
		this.groups = new Groups(program);
		const outputs = new Set(program.wire.regions[0]?.outputs ?? []);
		const flow = new Flow(this.groups, boxedInputs(program), outputs.size <= OUTPUTS);
		this.levels = new Levels(this.groups, flow);
		this.drafts = new Drafts(this.levels);
	}

	/** Opens what the reader should see first. */
	start(fits: (scene: Scene) => boolean): void {
		const { groups } = this;
		const isRepeat = (thing: Thing) =>
			groups.program.wire.groups.kind[groups.group(thing)] === GROUP.repeat;
		const open = firstOpen(groups, isRepeat, (wider) => fits(this.sceneNow(wider)));
		this.adopt(open, this.sceneNow(open));
		// An index for the search, and a worker for what is opened, before either is asked for.
		if (groups.count < LARGE) return;
		this.placer.warm();
		setTimeout(() => groups.walk(), 600);
	}

	/** Goes over to what is then open; `done` is called when the new scene is there. */
	show(open: Open, done: () => void): void {
		const key = keyOf(open);
		this.placer.place(key, this.drafts.frame(this.groups.root, open), (placed) => {
			this.adopt(open, this.drafts.scene(placed));
			done();
		});
	}

	toggle(thing: Thing, done: () => void): void {
		this.lent = new Set();
		const open = this.open.has(thing)
			? closed(this.groups, this.open, thing)
			: opened(this.groups, this.open, thing);
		this.show(open, done);
	}

	/** Opens what is around a thing until another thing is to be seen. */
	lend(thing: Thing, done: () => void): void {
		const own = new Set([...this.open].filter((at) => !this.lent.has(at)));
		// What was opened for another is closed, unless it is around this one as well.
		const around = new Set(this.groups.around(thing));
		for (const at of this.lent) if (around.has(at)) own.add(at);
		const open = openTo(this.groups, own, thing);
		this.lent = new Set([...open].filter((at) => this.lent.has(at) || !this.open.has(at)));
		if (keyOf(open) === keyOf(this.open)) done();
		else this.show(open, done);
	}

	/** The reader goes on from what was opened for a look. */
	settle(): void {
		this.lent = new Set();
	}

	/** Where any of the things is seen: in items, or on them as a chip. */
	shown(things: Iterable<Thing>): Shown {
		const { groups, open, scene } = this;
		const shown: Shown = { items: new Set(), values: new Set() };
		for (const thing of things) {
			const seen = this.levels.seen(thing, open);
			const item = scene.itemOf.get(seen);
			if (item === undefined) continue;
			if (!groups.isConstant(thing)) {
				shown.items.add(item);
				continue;
			}
			this.addChip(thing, shown.values);
			// A closed group or an open loop does not show the chips of what is in it.
			if (!groups.isEquation(seen) || open.has(seen)) shown.items.add(item);
		}
		return shown;
	}

	/** The value that a constant is read as, by itself or within another constant. */
	private addChip(constant: number, values: Set<number>): void {
		const { groups } = this;
		const value = groups.program.outputs.first(constant);
		values.add(value);
		groups.program.readers().each(value, (reader) => {
			if (groups.isConstant(reader)) this.addChip(reader, values);
		});
	}

	dispose(): void {
		this.placer.dispose();
	}

	private sceneNow(open: Open): Scene {
		const frame = this.drafts.frame(this.groups.root, open);
		return this.drafts.scene(this.placer.placeNow(keyOf(open), frame));
	}

	private adopt(open: Open, scene: Scene): void {
		this.open = open;
		this.scene = scene;
		this.labels = labels(scene);
		this.titles = new Map(
			scene.items.flatMap((item, i): [number, string][] =>
				item.open ? [[i, thingName(this.groups, item.node.key)]] : [],
			),
		);
	}
}

function keyOf(open: Open): string {
	return [...open].sort((a, b) => a - b).join();
}

/** Inputs that are not one of many parts of an argument, and that few equations read. */
function boxedInputs(program: Program): Set<number> {
	const inputs = program.wire.regions[0]?.inputs ?? [];
	const rootName = (i: number) => /^\w+/.exec(program.wire.argument_names[i] ?? "")?.[0] ?? `${i}`;
	const parts = new Map<string, number>();
	for (const name of inputs.map((_, i) => rootName(i))) parts.set(name, (parts.get(name) ?? 0) + 1);
	const found = inputs.filter((value, i) => {
		const readers = new Set(program.readers().get(value)).size;
		return parts.get(rootName(i)) === 1 && readers > 0 && readers <= READERS;
	});
	return new Set(found.length <= INPUTS ? found : []);
}
