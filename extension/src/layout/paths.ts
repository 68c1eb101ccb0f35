/** Ways through a drawing: what leads to an item, what it leads to, what is next to it. Pure. */

import type { Item, Scene } from "./scene";

export interface Reach {
	readonly items: ReadonlySet<number>;
	readonly lines: ReadonlySet<number>;
}

/** Whether values only pass here: a port, or a container whose inside is drawn. */
function isPassage(item: Item): boolean {
	return item.node.kind === "in" || item.node.kind === "out";
}

/** Everything that an item needs ("into") or that needs it ("out"), in sight. */
export function reach(scene: Scene, start: number, direction: "into" | "out"): Reach {
	return walk(scene, start, direction, () => true);
}

/** Lines at an item, each followed through ports to where it starts or ends. */
export function touching(scene: Scene, item: number): Reach {
	const goesOn = (at: number) => isPassage(scene.items[at] as Item);
	const a = walk(scene, item, "into", goesOn);
	const b = walk(scene, item, "out", goesOn);
	return { items: new Set([...a.items, ...b.items]), lines: new Set([...a.lines, ...b.lines]) };
}

function walk(
	scene: Scene,
	start: number,
	direction: "into" | "out",
	goesOn: (item: number) => boolean,
): Reach {
	const items = new Set<number>(insideOf(scene, start));
	const lines = new Set<number>();
	const waiting = [...items];
	for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
		for (const i of scene[direction][at] ?? []) {
			const line = scene.lines[i];
			if (!line || line.back) continue;
			lines.add(i);
			const next = direction === "into" ? line.from : line.to;
			if (items.has(next)) continue;
			items.add(next);
			if (goesOn(next)) waiting.push(next);
		}
	}
	return { items, lines };
}

/** An item, and of an open one its own ports. */
function insideOf(scene: Scene, item: number): number[] {
	if (!scene.items[item]?.open) return [item];
	const ports = scene.items.flatMap((one, i) => (one.outer === item && isPassage(one) ? [i] : []));
	return [item, ...ports];
}

/** The item that an arrow key leads to; -1 for none. */
export function nextTo(scene: Scene, item: number, key: string): number {
	if (key === "ArrowUp") return along(scene, item, "into");
	if (key === "ArrowDown") return along(scene, item, "out");
	return beside(scene, item, key === "ArrowRight" ? 1 : -1);
}

function along(scene: Scene, item: number, direction: "into" | "out"): number {
	const goesOn = (at: number) => isPassage(scene.items[at] as Item);
	const { items } = walk(scene, item, direction, goesOn);
	const own = scene.items[item] as Item;
	let best = -1;
	let least = Number.POSITIVE_INFINITY;
	for (const at of items) {
		const other = scene.items[at] as Item;
		if (at === item || isPassage(other) || other.open) continue;
		const far = Math.abs(other.top - own.top) + Math.abs(middle(other) - middle(own));
		if (far < least) {
			best = at;
			least = far;
		}
	}
	return best;
}

function beside(scene: Scene, item: number, by: number): number {
	const own = scene.items[item] as Item;
	let best = -1;
	let least = Number.POSITIVE_INFINITY;
	scene.items.forEach((other, at) => {
		if (at === item || other.outer !== own.outer || isPassage(other)) return;
		const gap = (middle(other) - middle(own)) * by;
		if (gap <= 0) return;
		const far = gap + 4 * Math.abs(other.top - own.top);
		if (far < least) {
			best = at;
			least = far;
		}
	});
	return best;
}

function middle(item: Item): number {
	return item.left + item.width / 2;
}

/** The innermost item at a point; -1 for none. Of an open one only its border and title count. */
export function itemAt(scene: Scene, x: number, y: number): number {
	for (let i = scene.items.length - 1; i >= 0; i--) {
		const { left, top, width, height } = scene.items[i] as Item;
		if (x >= left && x <= left + width && y >= top && y <= top + height) return i;
	}
	return -1;
}

/** Where half of the boxes are left and half right, of those that begin above a height. */
export function middleOf({ items }: Scene, below: number): number {
	const centres = items
		.filter(({ open, top }) => !open && top < below)
		.map(middle)
		.sort((a, b) => a - b);
	return centres[centres.length >> 1] ?? 0;
}
