/** Real and random graphs, what must hold for a drawing of one, and how many of its lines cross. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Box, Layout } from "../src/layout/layered";

const GRAPHS = join(import.meta.dirname, "../../tests/records/graphs");

export interface Graph {
	readonly boxes: readonly Box[];
	readonly from: readonly number[];
	readonly to: readonly number[];
}

/** Name and graph of each real program that `tests/records/graphs/write.py` wrote. */
export function realGraphs(): [string, Graph][] {
	const names = readdirSync(GRAPHS).filter((name) => name.endsWith(".json"));
	return names.map((name) => {
		const data = JSON.parse(readFileSync(join(GRAPHS, name), "utf8"));
		const boxes = data.widths.map((width: number, i: number) => {
			return { width, height: data.heights[i] };
		});
		return [name.replace(".json", ""), { boxes, from: data.from, to: data.to }];
	});
}

/** A random program-like graph, the same on every run. */
export function randomGraph(count: number): Graph {
	let seed = 7;
	const next = () => {
		seed = (seed * 1103515245 + 12345) % 2147483648;
		return seed / 2147483648;
	};
	const boxes = Array.from({ length: count }, () => ({
		width: 40 + Math.floor(next() * 90),
		height: next() < 0.2 ? 54 : 36,
	}));
	const from: number[] = [];
	const to: number[] = [];
	for (let i = 1; i < count; i++) {
		for (let k = 0; k < (i % 4 === 0 ? 2 : 1); k++) {
			const near = Math.max(0, i - 1 - Math.floor(next() * 8));
			from.push(next() < 0.1 ? Math.floor(next() * i) : near);
			to.push(i);
		}
	}
	return { boxes, from, to };
}

/** x0, y0, x1, y1, … */
export type Line = readonly number[];

export function lines({ boxes }: Pick<Graph, "boxes">, { x, y, routes }: Layout): Line[] {
	return routes.map(({ from, to, points }) => [
		x[from] as number,
		(y[from] as number) + (boxes[from] as Box).height,
		...points,
		x[to] as number,
		y[to] as number,
	]);
}

type Segment = readonly [x0: number, y0: number, x1: number, y1: number, line: number];

function segments(all: readonly Line[]): Segment[] {
	return all.flatMap((line, number) =>
		line.slice(2).flatMap((_, i): Segment[] => {
			if (i % 2 === 1) return [];
			return [
				[
					line[i] as number,
					line[i + 1] as number,
					line[i + 2] as number,
					line[i + 3] as number,
					number,
				],
			];
		}),
	);
}

/** On which side of a segment a point lies: -1, 0 on it, 1. */
function side([x0, y0, x1, y1]: Segment, x: number, y: number): number {
	const area = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0);
	return Math.abs(area) < 1e-6 ? 0 : Math.sign(area);
}

function cross(a: Segment, b: Segment): boolean {
	return (
		side(a, b[0], b[1]) * side(a, b[2], b[3]) < 0 && side(b, a[0], a[1]) * side(b, a[2], a[3]) < 0
	);
}

/** Points at which two lines cross, as drawn; what only touches does not. */
export function crossings(all: readonly Line[]): number {
	const found = segments(all).sort((a, b) => Math.min(a[1], a[3]) - Math.min(b[1], b[3]));
	let count = 0;
	found.forEach((a, i) => {
		const bottom = Math.max(a[1], a[3]);
		for (let k = i + 1; k < found.length; k++) {
			const b = found[k] as Segment;
			if (Math.min(b[1], b[3]) > bottom) break;
			if (a[4] !== b[4] && cross(a, b)) count++;
		}
	});
	return count;
}

/** Nothing overlaps, edges go down, and no line runs through a box. */
export function expectSound(
	boxes: readonly Box[],
	from: readonly number[],
	to: readonly number[],
	layout: Layout,
): void {
	from.forEach((a, i) => {
		const bottom = (layout.y[a] as number) + (boxes[a] as Box).height;
		expect(layout.y[to[i] as number]).toBeGreaterThan(bottom);
	});
	const order = boxes.map((_, i) => i);
	order.sort((a, b) => {
		const layers = (layout.layer[a] as number) - (layout.layer[b] as number);
		return layers || (layout.x[a] as number) - (layout.x[b] as number);
	});
	order.slice(1).forEach((right, i) => {
		const left = order[i] as number;
		if (layout.layer[left] !== layout.layer[right]) return;
		const apart = (layout.x[right] as number) - (layout.x[left] as number);
		const needed = ((boxes[left] as Box).width + (boxes[right] as Box).width) / 2;
		expect(apart).toBeGreaterThanOrEqual(needed + 8);
	});
	const rows = new Map<number, number[]>();
	for (const box of order) {
		const top = layout.y[box] as number;
		rows.set(top, [...(rows.get(top) ?? []), box]);
	}
	const tops = [...rows.keys()].sort((a, b) => a - b);
	const through = segments(lines({ boxes }, layout)).filter((segment, _, __) => {
		if (layout.routes[segment[4]]?.long) return false;
		const [high, low] = [Math.min(segment[1], segment[3]), Math.max(segment[1], segment[3])];
		let at = tops.findIndex((top) => top + 60 > high);
		for (; at >= 0 && at < tops.length && (tops[at] as number) < low; at++) {
			for (const box of rows.get(tops[at] as number) as number[]) {
				if (meets(segment, box, boxes, layout)) return true;
			}
		}
		return false;
	});
	expect(through).toEqual([]);
	for (const line of lines({ boxes }, layout)) {
		for (let i = 0; i < line.length; i += 2) {
			expect(line[i]).toBeGreaterThanOrEqual(layout.left);
			expect(line[i]).toBeLessThanOrEqual(layout.left + layout.width);
		}
	}
}

function meets(segment: Segment, box: number, boxes: readonly Box[], layout: Layout): boolean {
	const { width, height } = boxes[box] as Box;
	const left = (layout.x[box] as number) - width / 2 + 1;
	const top = (layout.y[box] as number) + 1;
	const [right, bottom] = [left + width - 2, top + height - 2];
	const [x0, y0, x1, y1] = segment;
	if (Math.max(x0, x1) < left || Math.min(x0, x1) > right) return false;
	if (Math.max(y0, y1) < top || Math.min(y0, y1) > bottom) return false;
	const corners = [
		side(segment, left, top),
		side(segment, right, top),
		side(segment, left, bottom),
		side(segment, right, bottom),
	];
	return corners.some((corner) => corner <= 0) && corners.some((corner) => corner >= 0);
}
