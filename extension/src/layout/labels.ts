/** Where the types of values stand beside their lines, so that none covers anything. Pure. */

import { titleWidth } from "./boxes";
import type { Item, Line, Scene } from "./scene";

export interface Label {
	readonly text: string;
	/** Centre, and middle of its height. */
	readonly x: number;
	readonly y: number;
	readonly width: number;
}

export const LABEL_HEIGHT = 12;
const CHARACTER = 5.5;
const TITLE_HEIGHT = 15;
const CELL = 64;

/** One label for a value that goes to several readers; one per line for what differs. */
export function labels(scene: Scene): Label[] {
	const taken = new Taken();
	for (const item of scene.items) {
		const { left, top, width, height, box } = item;
		if (!item.open) taken.add(left, top, width, height);
		else taken.add(left, top + 6, titleWidth(box.label), TITLE_HEIGHT);
	}
	const placed: Label[] = [];
	const put = (text: string, x: number, y: number) => {
		const width = text.length * CHARACTER + 6;
		if (!text || !taken.isFree(x - width / 2, y - LABEL_HEIGHT / 2, width, LABEL_HEIGHT)) return;
		taken.add(x - width / 2, y - LABEL_HEIGHT / 2, width, LABEL_HEIGHT);
		placed.push({ text, x, y, width });
	};
	scene.items.forEach((item, i) => {
		if (item.node.kind === "in" || item.node.kind === "input" || item.open) return;
		const lines = (scene.out[i] ?? []).map((at) => scene.lines[at] as Line);
		const texts = new Set(lines.map((line) => line.values.join()));
		const [first] = lines;
		if (first && texts.size === 1) put(first.text, middle(item), item.top + item.height + 11);
		else for (const line of lines) atEnd(scene, line, put);
	});
	scene.items.forEach((item, i) => {
		if (!item.open && item.node.kind !== "in") return;
		for (const at of scene.out[i] ?? []) {
			const line = scene.lines[at] as Line;
			if (item.open || !item.node.port) atEnd(scene, line, put);
		}
	});
	return placed;
}

/** Where a line arrives, if it is the only one there. */
function atEnd(scene: Scene, line: Line, put: (text: string, x: number, y: number) => void): void {
	const item = scene.items[line.to] as Item;
	if ((scene.into[line.to]?.length ?? 0) > 1 || line.back || line.long) return;
	put(line.text, middle(item), item.top - 13);
}

function middle(item: Item): number {
	return item.left + item.width / 2;
}

/** Rectangles by the squares of a grid that they touch. */
class Taken {
	private readonly cells = new Map<string, [number, number, number, number][]>();

	add(left: number, top: number, width: number, height: number): void {
		for (const cell of squares(left, top, width, height)) {
			const list = this.cells.get(cell);
			if (list) list.push([left, top, width, height]);
			else this.cells.set(cell, [[left, top, width, height]]);
		}
	}

	isFree(left: number, top: number, width: number, height: number): boolean {
		for (const cell of squares(left, top, width, height)) {
			for (const [x, y, w, h] of this.cells.get(cell) ?? []) {
				if (left < x + w && x < left + width && top < y + h && y < top + height) return false;
			}
		}
		return true;
	}
}

function squares(left: number, top: number, width: number, height: number): string[] {
	const keys: string[] = [];
	for (let i = Math.floor(left / CELL); i <= Math.floor((left + width) / CELL); i++) {
		for (let j = Math.floor(top / CELL); j <= Math.floor((top + height) / CELL); j++) {
			keys.push(`${i},${j}`);
		}
	}
	return keys;
}
