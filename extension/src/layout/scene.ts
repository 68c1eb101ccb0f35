/**
 * From what is open to a drawing and back: the frames that a layout is asked for, and the
 * items and lines that its answer puts on the plane. Pure.
 */

import type { Thing } from "../model/groups";
import { boxesOf, type NodeBox, thingName, titleWidth, typesText } from "./boxes";
import { type Frame, type Placed, ROLE } from "./compound";
import type { Level, LevelNode, Levels } from "./visible";

export interface Item {
	readonly node: LevelNode;
	readonly box: NodeBox;
	/** Open: what is in it is drawn in it. */
	readonly open: boolean;
	/** The open thing around it. */
	readonly container: Thing;
	/** Its item, or -1. */
	readonly outer: number;
	readonly depth: number;
	readonly left: number;
	readonly top: number;
	readonly width: number;
	readonly height: number;
}

export interface Line {
	/** Items. */
	readonly from: number;
	readonly to: number;
	readonly values: readonly number[];
	readonly text: string;
	/** From start to end: x0, y0, x1, y1, … */
	readonly points: readonly number[];
	/** Too long to be drawn unless asked for. */
	readonly long: boolean;
	readonly back: boolean;
}

export interface Scene {
	readonly items: readonly Item[];
	readonly lines: readonly Line[];
	readonly width: number;
	readonly height: number;
	/** The item of each visible thing. */
	readonly itemOf: ReadonlyMap<Thing, number>;
	/** Lines that come to and go from each item. */
	readonly into: readonly (readonly number[])[];
	readonly out: readonly (readonly number[])[];
}

export const EMPTY: Scene = {
	items: [],
	lines: [],
	width: 0,
	height: 0,
	itemOf: new Map(),
	into: [],
	out: [],
};

/** Boxes of each level, kept: their words take longer than anything else here. */
export class Drafts {
	readonly levels: Levels;
	private readonly known = new Map<Thing, readonly NodeBox[]>();

	constructor(levels: Levels) {
		this.levels = levels;
	}

	boxes(container: Thing): readonly NodeBox[] {
		let boxes = this.known.get(container);
		if (!boxes) {
			boxes = boxesOf(this.levels, this.levels.of(container));
			this.known.set(container, boxes);
		}
		return boxes;
	}

	/** What a layout has to place. */
	frame(container: Thing, open: ReadonlySet<Thing>): Frame {
		const { groups } = this.levels;
		const level = this.levels.of(container);
		const boxes = this.boxes(container);
		const forward = level.edges.filter(({ back }) => !back);
		const isRoot = container === groups.root;
		return {
			boxes: level.nodes.map((node, i) => {
				const { width, height } = boxes[i] as NodeBox;
				const isOpen = node.kind === "thing" && open.has(node.key);
				const frame = isOpen ? this.frame(node.key, open) : null;
				return { width, height, role: ROLES[node.kind], frame };
			}),
			from: forward.map(({ from }) => from),
			to: forward.map(({ to }) => to),
			titleWidth: isRoot ? 0 : titleWidth(thingName(groups, container)),
			bordered: !isRoot,
			loop: forward.length < level.edges.length,
		};
	}

	/** The answer of a layout on the plane. */
	scene(placed: Placed): Scene {
		const maker = new SceneMaker(this);
		maker.add(this.levels.groups.root, placed, { left: 0, top: 0, outer: -1, depth: 0 });
		return maker.finish(placed);
	}
}

const ROLES = { thing: ROLE.box, input: ROLE.box, output: ROLE.box, in: ROLE.in, out: ROLE.out };

interface Where {
	readonly left: number;
	readonly top: number;
	readonly outer: number;
	readonly depth: number;
}

class SceneMaker {
	private readonly drafts: Drafts;
	private readonly items: Item[] = [];
	private readonly lines: Line[] = [];
	private readonly itemOf = new Map<Thing, number>();
	/** Items of the ports of each open thing, and their nodes. */
	private readonly ports = new Map<Thing, number[]>();

	constructor(drafts: Drafts) {
		this.drafts = drafts;
	}

	add(container: Thing, placed: Placed, where: Where): void {
		const level = this.drafts.levels.of(container);
		const boxes = this.drafts.boxes(container);
		const first = this.items.length;
		level.nodes.forEach((node, i) => {
			const open = placed.inner[i] != null;
			if (node.kind === "thing") this.itemOf.set(node.key, this.items.length);
			if (node.kind === "in" || node.kind === "out") {
				const list = this.ports.get(container);
				if (list) list.push(this.items.length);
				else this.ports.set(container, [this.items.length]);
			}
			this.items.push({
				node,
				box: boxes[i] as NodeBox,
				open,
				container,
				outer: where.outer,
				depth: where.depth,
				left: where.left + (placed.left[i] as number),
				top: where.top + (placed.top[i] as number),
				width: placed.boxWidth[i] as number,
				height: placed.boxHeight[i] as number,
			});
		});
		level.nodes.forEach((node, i) => {
			const inner = placed.inner[i];
			if (!inner) return;
			const { left, top } = this.items[first + i] as Item;
			this.add(node.key, inner, { left, top, outer: first + i, depth: where.depth + 1 });
		});
		this.connect(level, placed, where, first);
	}

	private connect(level: Level, placed: Placed, where: Where, first: number): void {
		const { program } = this.drafts.levels.groups;
		let forward = 0;
		for (const edge of level.edges) {
			const text = typesText(program, edge.values);
			const { values, back } = edge;
			if (back) {
				const [from, to] = [first + edge.from, first + edge.to];
				const points = this.around(from, to);
				this.lines.push({ from, to, values, text, points, long: false, back });
				continue;
			}
			const at = forward++;
			const ways = (placed.ways[at] ?? []).map(
				(w, k) => w + (k % 2 === 0 ? where.left : where.top),
			);
			const long = placed.long[at] === 1;
			const [a, b] = [level.nodes[edge.from] as LevelNode, level.nodes[edge.to] as LevelNode];
			for (const from of this.ends(first + edge.from, "out", b, values)) {
				for (const to of this.ends(first + edge.to, "in", a, values)) {
					const points = this.points(from, to, ways);
					this.lines.push({ from, to, values, text, points, long, back });
				}
			}
		}
	}

	/** The item of a node, or where it is open its ports towards another node. */
	private ends(
		item: number,
		kind: "in" | "out",
		other: LevelNode,
		values: readonly number[],
	): number[] {
		const { node, open } = this.items[item] as Item;
		if (!open) return [item];
		const isMeant = (port: number) => {
			const { node: own } = this.items[port] as Item;
			if (own.kind !== kind) return false;
			if (own.port) return values.some((value) => own.outer.has(value));
			const keys = [other.key, ...other.others];
			return keys.some((key) => own.key === key || own.others.includes(key));
		};
		const found = (this.ports.get(node.key) ?? []).filter(isMeant);
		return found.length > 0 ? found : [item];
	}

	private points(from: number, to: number, ways: readonly number[]): number[] {
		const a = this.items[from] as Item;
		const b = this.items[to] as Item;
		const [startX, endX] = [a.left + a.width / 2, b.left + b.width / 2];
		return [startX, a.top + a.height, ...ways, endX, b.top];
	}

	/** From the end of a loop's step along its right side to the start of the next. */
	private around(from: number, to: number): number[] {
		const a = this.items[from] as Item;
		const b = this.items[to] as Item;
		const frame = this.items[a.outer] as Item;
		const x = frame.left + frame.width - 10;
		const [start, end] = [a.left + a.width - 9, b.left + b.width - 9];
		const [low, high] = [a.top - 8, b.top + b.height + 8];
		return [start, a.top, start, low, x, low, x, high, end, high, end, b.top + b.height];
	}

	finish({ width, height }: Placed): Scene {
		const into: number[][] = this.items.map(() => []);
		const out: number[][] = this.items.map(() => []);
		this.lines.forEach((line, i) => {
			out[line.from]?.push(i);
			into[line.to]?.push(i);
		});
		const { items, lines, itemOf } = this;
		return { items, lines, width, height, itemOf, into, out };
	}
}
