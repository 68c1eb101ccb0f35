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
/** Most outputs that are drawn as a box with edges to it. */
const OUTPUTS = 4;

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

	/** Items that show any of the things. */
	itemsOf(things: Iterable<Thing>): Set<number> {
		const items = new Set<number>();
		for (const thing of things) {
			const item = this.scene.itemOf.get(this.levels.seen(thing, this.open));
			if (item !== undefined) items.add(item);
		}
		return items;
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
