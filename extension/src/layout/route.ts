/** The lines of a drawing: through the gaps of the layers, or in a lane beside them. Pure. */

import { type Lane, lanes, type Turn, tracks } from "./channel";
import type { Edges } from "./layers";
import type { Net, Rows } from "./order";

export interface Route {
	readonly from: number;
	readonly to: number;
	/** Too long to be drawn by default: has no way points. */
	readonly long: boolean;
	/** Runs in a lane beside the drawing; its way points hold the lane. */
	readonly side: boolean;
	/** Way points from the middle of a box's lower side to the middle of the upper side of
	 * another: x0, y0, x1, y1, … */
	readonly points: readonly number[];
}

export interface Placed {
	readonly boxes: readonly { readonly width: number; readonly height: number }[];
	readonly edges: Edges;
	readonly net: Net;
	/** Way points of each edge; null for those that run beside the drawing. */
	readonly ways: readonly (readonly number[] | null)[];
	readonly rows: Rows;
	readonly widths: readonly number[];
	/** Centre of each item. */
	readonly centre: Float64Array;
}

export interface Drawing {
	/** Top of each layer. */
	readonly top: Float64Array;
	readonly routes: readonly Route[];
	readonly left: number;
	readonly right: number;
	readonly height: number;
}

const GAP_Y = 34;
/** Between the lines of edges that turn in one gap, and the most that get a line of their own. */
const TRACK = 5;
const TRACKS = 16;

export function routed(placed: Placed): Drawing {
	const { boxes, edges, net, ways, rows, widths, centre } = placed;
	const left = new Float64Array(rows.length);
	const right = new Float64Array(rows.length);
	rows.forEach((row, i) => {
		const [first, last] = [row[0] as number, row.at(-1) as number];
		left[i] = (centre[first] as number) - (widths[first] as number) / 2;
		right[i] = (centre[last] as number) + (widths[last] as number) / 2;
	});
	const beside = besideOf(placed, left, right);
	const tallest = rows.map((row) => {
		return row.reduce((most, item) => Math.max(most, boxes[item]?.height ?? 0), 0);
	});
	const top = new Float64Array(rows.length);
	let height = 0;
	for (let i = 0; i < rows.length; i++) {
		top[i] = height;
		height += (tallest[i] as number) + GAP_Y + TRACK * Math.min(beside.turned[i] as number, TRACKS);
	}
	const bottom = (at: number) => (top[at] as number) + (tallest[at] as number);
	const routes = edges.from.map((from, edge): Route => {
		const to = edges.to[edge] as number;
		const [start, end] = [centre[from] as number, centre[to] as number];
		const layer = net.layer[from] as number;
		const points: number[] = [];
		// Down beside the taller boxes of its own layer.
		if ((boxes[from]?.height as number) < (tallest[layer] as number))
			points.push(start, bottom(layer));
		const between = ways[edge];
		if (between) {
			for (const way of between) {
				const at = net.layer[way] as number;
				points.push(centre[way] as number, top[at] as number, centre[way] as number, bottom(at));
			}
			return { from, to, long: false, side: false, points: straightened(points, end) };
		}
		const lane = beside.lane.get(from) as number;
		if (Number.isNaN(lane)) return { from, to, long: true, side: false, points: [] };
		const leave = bottom(layer) + 8 + TRACK * ((beside.leave.get(from) as number) % TRACKS);
		const above = (net.layer[to] as number) - 1;
		const arrive = bottom(above) + 8 + TRACK * ((beside.arrive.get(edge) as number) % TRACKS);
		points.push(start, leave, lane, leave, lane, arrive, end, arrive);
		return { from, to, long: false, side: true, points };
	});
	return {
		top,
		routes,
		left: left.reduce((a, b) => Math.min(a, b), 0),
		right: right.reduce((a, b) => Math.max(a, b), 0),
		height: Math.max(0, height - GAP_Y),
	};
}

interface Beside {
	/** By box: the x of its lane, and the track on which its edges leave for it. */
	readonly lane: ReadonlyMap<number, number>;
	readonly leave: ReadonlyMap<number, number>;
	/** By edge: the track on which it arrives. */
	readonly arrive: ReadonlyMap<number, number>;
	/** Turns in the gap below each layer. */
	readonly turned: Int32Array;
}

function besideOf(
	{ edges, net, ways, rows, centre }: Placed,
	left: Float64Array,
	right: Float64Array,
): Beside {
	const place = new Int32Array(net.layer.length);
	for (const row of rows)
		row.forEach((item, i) => {
			place[item] = i;
		});
	/** Lines and boxes that an edge to the left would meet, less those to the right. */
	const lean = (box: number) => {
		const row = rows[net.layer[box] as number] as number[];
		return 2 * (place[box] as number) - row.length + 1;
	};
	const bundles = new Map<number, number[]>();
	edges.from.forEach((from, edge) => {
		if (ways[edge] !== null) return;
		const bundle = bundles.get(from);
		if (bundle) bundle.push(edge);
		else bundles.set(from, [edge]);
	});
	const sources = [...bundles.keys()];
	const all = sources.map((from): Lane => {
		const readers = (bundles.get(from) as number[]).map((edge) => edges.to[edge] as number);
		return {
			top: (net.layer[from] as number) + 1,
			bottom: readers.reduce((most, reader) => Math.max(most, net.layer[reader] as number), 0),
			lean: [from, ...readers].reduce((total, box) => total + lean(box), 0),
		};
	});
	const x = lanes(all, left, right);
	const turns: Turn[] = [];
	const arrive = new Map<number, number>();
	const leave = new Map<number, number>();
	sources.forEach((from, i) => {
		const lane = x[i] as number;
		if (Number.isNaN(lane)) return;
		leave.set(from, turns.length);
		turns.push({ gap: net.layer[from] as number, box: centre[from] as number, lane, leaves: true });
		for (const edge of bundles.get(from) as number[]) {
			const to = edges.to[edge] as number;
			arrive.set(edge, turns.length);
			turns.push({
				gap: (net.layer[to] as number) - 1,
				box: centre[to] as number,
				lane,
				leaves: false,
			});
		}
	});
	const track = tracks(turns);
	const turned = new Int32Array(left.length);
	turns.forEach((turn, i) => {
		turned[turn.gap] = Math.max(turned[turn.gap] as number, (track[i] as number) + 1);
	});
	for (const map of [leave, arrive]) for (const [key, i] of map) map.set(key, track[i] as number);
	return { lane: new Map(sources.map((from, i) => [from, x[i] as number])), leave, arrive, turned };
}

/** Without the points in the middle of an upright line. */
function straightened(points: readonly number[], end: number): number[] {
	const kept: number[] = [];
	for (let i = 0; i < points.length; i += 2) {
		const x = points[i] as number;
		const next = i + 2 < points.length ? (points[i + 2] as number) : end;
		const isInside = kept.length > 0 && kept.at(-2) === x && next === x;
		if (!isInside) kept.push(x, points[i + 1] as number);
	}
	return kept;
}
