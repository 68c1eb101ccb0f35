/**
 * Places boxes in layers so that every edge goes down. Near O(n + m). Pure.
 *
 * `layers` makes edges short, `order` keeps them from crossing, `place` makes them straight,
 * `route` draws them; those that span many layers run in lanes beside the drawing (`channel`).
 */

import { type Edges, layersOf } from "./layers";
import { type Net, ordered } from "./order";
import { placed } from "./place";
import { type Route, routed } from "./route";

export type { Route } from "./route";

export interface Box {
	readonly width: number;
	readonly height: number;
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

export interface Options {
	/** Where each box stood from left to right in an earlier drawing, NaN for those that are
	 * new: what stood left of another in a layer stays left of it. */
	readonly order?: readonly number[];
	/** `"best"` sweeps longer, for a picture that stays. */
	readonly quality?: "fast" | "best";
	/** Layers above which an edge runs in a lane beside the drawing, whatever its size. */
	readonly span?: number;
}

/** Sweeps, and way points and boxes times sweeps that a reader waits for. */
const SWEEPS = { fast: [8, 60_000], best: [24, 300_000] } as const;
const GAP_X = 22;
const WAY_WIDTH = 4;
const WAY_GAP = 8;
/** Where not all edges can have way points, those that span more layers run in lanes. */
const SPAN = 12;
/** Way points of all edges that a drawing can have without getting wide. */
const FEW = (boxes: number) => 2 * boxes + 100;
/** Way points that can be ordered in time. */
const MOST = (boxes: number) => 4 * boxes + 2000;

/** Boxes with edges `from[i] -> to[i]`; edges that do not go up in index are left out. */
export function layered(
	boxes: readonly Box[],
	from: readonly number[],
	to: readonly number[],
	options: Options = {},
): Layout {
	const kept: number[] = [];
	for (let i = 0; i < from.length; i++) {
		if ((from[i] as number) < (to[i] as number) && (to[i] as number) < boxes.length) kept.push(i);
	}
	const edges = {
		from: kept.map((i) => from[i] as number),
		to: kept.map((i) => to[i] as number),
	};
	const layer = layersOf(boxes.length, edges);
	const { net, ways } = withWayPoints(layer, edges, options.span);
	const rows = ordered(net, sweepsOf(net, options.quality), options.order);
	const widths = net.layer.map((_, i) => boxes[i]?.width ?? WAY_WIDTH);
	const sizes = { widths, boxes: boxes.length, gap: GAP_X, wayGap: WAY_GAP };
	// Whole pixels: the same numbers wherever this is computed.
	const centre = placed(rows, net, sizes).map((x) => Math.floor(x + 0.5));
	const { top, routes, left, right, height } = routed({
		boxes,
		edges,
		net,
		ways,
		rows,
		widths,
		centre,
	});
	return {
		x: centre.slice(0, boxes.length),
		y: Float64Array.from(boxes, (_, i) => top[layer[i] as number] as number),
		layer,
		routes,
		left,
		width: right - left,
		height,
	};
}

function sweepsOf(net: Net, quality: "fast" | "best" = "fast"): number {
	const [most, items] = SWEEPS[quality];
	return Math.min(most, 1 + Math.floor(items / Math.max(1, net.layer.length)));
}

/** Boxes first, then the way points of all edges that do not run beside the drawing. */
function withWayPoints(
	boxLayer: Int32Array,
	edges: Edges,
	span = Number.POSITIVE_INFINITY,
): { net: Net; ways: readonly (readonly number[] | null)[] } {
	const layer = Array.from(boxLayer);
	const up: number[][] = layer.map(() => []);
	const down: number[][] = layer.map(() => []);
	const spans = edges.from.map((a, i) => {
		return (layer[edges.to[i] as number] as number) - (layer[a] as number);
	});
	const most = Math.min(span, longest(spans, boxLayer.length));
	const ways = edges.from.map((start, i): number[] | null => {
		if ((spans[i] as number) > most) return null;
		const end = edges.to[i] as number;
		const bottom = layer[end] as number;
		const points: number[] = [];
		let at = start;
		for (let next = (layer[start] as number) + 1; next <= bottom; next++) {
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
	return { net: { layer, up, down }, ways };
}

/** The most layers that an edge through the drawing spans. */
function longest(spans: readonly number[], boxes: number): number {
	const all = spans.reduce((sum, span) => sum + span - 1, 0);
	if (all <= FEW(boxes)) return Number.POSITIVE_INFINITY;
	let left = MOST(boxes);
	for (const span of spans.toSorted((a, b) => a - b)) {
		left -= span - 1;
		if (span > SPAN) return SPAN;
		if (left < 0) return span - 1;
	}
	return SPAN;
}
