/**
 * Places boxes in layers so that every edge goes down. O(n + m) but for a few sorts. Pure.
 *
 * Longest paths give layers; short edges get way points in the layers that they cross;
 * barycenter sweeps order each layer; `settle` then gives each box the place nearest to
 * its neighbours that the order allows. Long edges get no way points: one that crosses
 * fifty layers would cost fifty boxes and tell the reader nothing.
 */

import { settle } from "./settle";

export interface Box {
	readonly width: number;
	readonly height: number;
}

export interface Route {
	readonly from: number;
	readonly to: number;
	/** Crosses too many layers to be drawn by default. */
	readonly long: boolean;
	/** Way points between the boxes: x0, y0, x1, y1, … */
	readonly points: readonly number[];
}

export interface Layout {
	/** Centre of each box, and its top. */
	readonly x: Float64Array;
	readonly y: Float64Array;
	readonly layer: Int32Array;
	readonly routes: readonly Route[];
	readonly left: number;
	readonly width: number;
	readonly height: number;
}

const ROUTED = 8;
const SWEEPS = 8;
const GAP_X = 22;
const GAP_Y = 34;
const WAY_WIDTH = 8;

/** Boxes with edges `from[i] -> to[i]`; edges that do not go up in index are left out. */
export function layered(
	boxes: readonly Box[],
	from: readonly number[],
	to: readonly number[],
): Layout {
	const edges: number[] = [];
	for (let i = 0; i < from.length; i++) {
		if ((from[i] as number) < (to[i] as number) && (to[i] as number) < boxes.length) edges.push(i);
	}
	const layer = layersOf(boxes.length, edges, from, to);
	const net = withWayPoints(layer, edges, from, to);
	const rows = rowsOf(net.layer);
	order(rows, net);
	const widths = net.layer.map((_, i) => boxes[i]?.width ?? WAY_WIDTH);
	const centre = place(rows, net, widths, boxes.length);
	const top = new Float64Array(rows.length);
	let height = 0;
	rows.forEach((row, i) => {
		top[i] = height;
		const tallest = row.reduce((most, item) => Math.max(most, boxes[item]?.height ?? 0), 0);
		height += tallest + GAP_Y;
	});
	const y = Float64Array.from(boxes, (_, i) => top[layer[i] as number] as number);
	let left = 0;
	let right = 0;
	for (let i = 0; i < boxes.length; i++) {
		left = Math.min(left, (centre[i] as number) - (widths[i] as number) / 2);
		right = Math.max(right, (centre[i] as number) + (widths[i] as number) / 2);
	}
	const routes = edges.map((edge, i): Route => {
		const points: number[] = [];
		for (const way of net.ways[i] ?? []) {
			const at = net.layer[way] as number;
			points.push(centre[way] as number, (top[at] as number) + 14);
		}
		const [a, b] = [from[edge] as number, to[edge] as number];
		return { from: a, to: b, long: (layer[b] as number) - (layer[a] as number) > ROUTED, points };
	});
	return {
		x: centre.slice(0, boxes.length),
		y,
		layer,
		routes,
		left,
		width: right - left,
		height: Math.max(0, height - GAP_Y),
	};
}

/** Longest path from a source; sources then move down to just above their first reader. */
function layersOf(
	count: number,
	edges: readonly number[],
	from: readonly number[],
	to: readonly number[],
): Int32Array {
	const layer = new Int32Array(count);
	const entered = new Uint8Array(count);
	// Targets in order of index, and an edge only goes up: each source is final when it is read.
	const byTarget = edges.slice().sort((a, b) => (to[a] as number) - (to[b] as number));
	for (const edge of byTarget) {
		const [a, b] = [from[edge] as number, to[edge] as number];
		entered[b] = 1;
		layer[b] = Math.max(layer[b] as number, (layer[a] as number) + 1);
	}
	const nearest = new Int32Array(count).fill(-1);
	for (const edge of edges) {
		const [a, b] = [from[edge] as number, to[edge] as number];
		const above = (layer[b] as number) - 1;
		if (!entered[a] && (nearest[a] === -1 || above < (nearest[a] as number))) nearest[a] = above;
	}
	for (let i = 0; i < count; i++) if ((nearest[i] as number) >= 0) layer[i] = nearest[i] as number;
	return layer;
}

/** Boxes first, then the way points of short edges. */
interface Net {
	readonly layer: number[];
	readonly up: number[][];
	readonly down: number[][];
	/** Way points of each edge. */
	readonly ways: number[][];
}

function withWayPoints(
	boxLayer: Int32Array,
	edges: readonly number[],
	from: readonly number[],
	to: readonly number[],
): Net {
	const layer = Array.from(boxLayer);
	const up: number[][] = layer.map(() => []);
	const down: number[][] = layer.map(() => []);
	const ways = edges.map((edge): number[] => {
		const [start, end] = [from[edge] as number, to[edge] as number];
		const [top, bottom] = [layer[start] as number, layer[end] as number];
		if (bottom - top > ROUTED) return [];
		const points: number[] = [];
		let at = start;
		for (let next = top + 1; next <= bottom; next++) {
			let item = end;
			if (next < bottom) {
				item = layer.push(next) - 1;
				up.push([]);
				down.push([]);
				points.push(item);
			}
			down[at]?.push(item);
			up[item]?.push(at);
			at = item;
		}
		return points;
	});
	return { layer, up, down, ways };
}

function rowsOf(layer: readonly number[]): number[][] {
	const rows: number[][] = [];
	for (const at of layer) while (rows.length <= at) rows.push([]);
	layer.forEach((at, item) => {
		rows[at]?.push(item);
	});
	return rows;
}

/** Orders each row by the mean place of its neighbours, down and up in turn. */
function order(rows: number[][], net: Net): void {
	const place = new Float64Array(net.layer.length);
	const number = (row: readonly number[]) => {
		row.forEach((item, i) => {
			// Rows of different lengths compare by fraction of the row.
			place[item] = (i + 0.5) / row.length;
		});
	};
	rows.forEach(number);
	for (let sweep = 0; sweep < SWEEPS; sweep++) {
		const goesDown = sweep % 2 === 0;
		const near = goesDown ? net.up : net.down;
		for (let i = 0; i < rows.length; i++) {
			const row = rows[goesDown ? i : rows.length - 1 - i] as number[];
			const key = new Map<number, number>();
			for (const item of row) {
				const list = near[item] as number[];
				const sum = list.reduce((total, other) => total + (place[other] as number), 0);
				key.set(item, list.length > 0 ? sum / list.length : (place[item] as number));
			}
			// Array.sort is stable: equal boxes keep their order, so a drawing never flickers.
			row.sort((a, b) => (key.get(a) as number) - (key.get(b) as number));
			number(row);
		}
	}
}

/** Centres that keep the order and lie as near as can be to the mean of the neighbours. */
function place(
	rows: readonly number[][],
	net: Net,
	widths: readonly number[],
	boxCount: number,
): Float64Array {
	const centre = new Float64Array(net.layer.length);
	for (const row of rows) {
		let at = 0;
		for (const item of row) {
			centre[item] = at + (widths[item] as number) / 2;
			at += (widths[item] as number) + GAP_X;
		}
		for (const item of row) centre[item] = (centre[item] as number) - (at - GAP_X) / 2;
	}
	for (let sweep = 0; sweep < SWEEPS; sweep++) {
		const goesDown = sweep % 2 === 0;
		// One side at a time pulls chains straight; both at the end balance them.
		const isLast = sweep >= SWEEPS - 2;
		for (let i = 0; i < rows.length; i++) {
			const row = rows[goesDown ? i : rows.length - 1 - i] as number[];
			settle(row, centre, widths, GAP_X, (item) => {
				const ahead = (goesDown ? net.up[item] : net.down[item]) as number[];
				const behind = (goesDown ? net.down[item] : net.up[item]) as number[];
				const list = isLast ? [...ahead, ...behind] : ahead.length > 0 ? ahead : behind;
				if (list.length === 0) return [centre[item] as number, 0.1];
				const sum = list.reduce((total, other) => total + (centre[other] as number), 0);
				return [sum / list.length, item < boxCount ? 1 : 3];
			});
		}
	}
	return centre;
}
