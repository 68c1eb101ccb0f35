/**
 * Where the items of ordered layers stand from left to right. Pure.
 *
 * Brandes and Koepf (2001): items line up with their middle neighbour in the layer before,
 * way points of one edge always; four such drawings, pushed to each corner, are averaged. So
 * long edges are straight, nothing overlaps, and nothing drifts to a side. O(n + m).
 */

import type { Net, Rows } from "./order";

export interface Sizes {
	readonly widths: readonly number[];
	/** Items from here on are way points. */
	readonly boxes: number;
	readonly gap: number;
	/** Between two way points. */
	readonly wayGap: number;
}

export function placed(rows: Rows, net: Net, sizes: Sizes): Float64Array {
	const count = net.layer.length;
	const place = new Int32Array(count);
	for (const row of rows) {
		for (let i = 0; i < row.length; i++) place[row[i] as number] = i;
	}
	const crossed = conflicts(rows, net, sizes.boxes, place);
	const drawings: Float64Array[] = [];
	for (const goesDown of [true, false]) {
		for (const goesRight of [true, false]) {
			const turned = rows.map((row) => (goesRight ? row : row.toReversed()));
			if (!goesDown) turned.reverse();
			const near = goesDown ? net.up : net.down;
			const at = new Int32Array(count);
			for (const row of turned) {
				for (let i = 0; i < row.length; i++) at[row[i] as number] = i;
			}
			const root = aligned(turned, near, at, crossed);
			const centre = compacted(turned, root, sizes);
			drawings.push(goesRight ? centre : centre.map((x) => -x));
		}
	}
	return balanced(drawings, sizes.widths);
}

/** Edges that cross an inner stretch of a long edge: keys of both ends. They give way. */
function conflicts(rows: Rows, net: Net, boxes: number, place: Int32Array): Set<number> {
	const found = new Set<number>();
	const count = net.layer.length;
	/** The way point above, where the edge comes from one. */
	const inner = (item: number) => {
		const above = item < boxes ? -1 : (net.up[item]?.[0] as number);
		return above >= boxes ? above : -1;
	};
	for (let i = 1; i < rows.length; i++) {
		const row = rows[i] as number[];
		let from = 0;
		let left = 0;
		for (let k = 0; k < row.length; k++) {
			const above = inner(row[k] as number);
			if (above === -1 && k < row.length - 1) continue;
			const right = above === -1 ? (rows[i - 1] as number[]).length : (place[above] as number);
			for (; from <= k; from++) {
				const item = row[from] as number;
				const way = inner(item);
				for (const other of net.up[item] as readonly number[]) {
					const at = place[other] as number;
					if ((at < left || at > right) && way === -1) found.add(other * count + item);
				}
			}
			left = right;
		}
	}
	return found;
}

/** For each item the topmost of the column that it lines up with. */
function aligned(
	rows: Rows,
	near: Net["up"],
	place: Int32Array,
	crossed: ReadonlySet<number>,
): Int32Array {
	const count = place.length;
	const root = Int32Array.from(place, (_, item) => item);
	const taken = new Uint8Array(count);
	for (const row of rows) {
		let rightmost = -1;
		for (const item of row) {
			const list = near[item] as readonly number[];
			if (list.length === 0) continue;
			const sorted =
				list.length === 1
					? list
					: list.toSorted((a, b) => (place[a] as number) - (place[b] as number));
			const middle = (sorted.length - 1) / 2;
			for (let k = Math.floor(middle); k <= Math.ceil(middle); k++) {
				const other = sorted[k] as number;
				const at = place[other] as number;
				if (at <= rightmost || taken[other] === 1 || root[item] !== item) continue;
				if (crossed.has(other * count + item) || crossed.has(item * count + other)) continue;
				root[item] = root[other] as number;
				taken[other] = 1;
				rightmost = at;
			}
		}
	}
	return root;
}

/** Columns as far left as their neighbours allow, then back right where that closes gaps. */
function compacted(rows: Rows, root: Int32Array, sizes: Sizes): Float64Array {
	const { widths, boxes, gap, wayGap } = sizes;
	const count = root.length;
	const before: number[][] = Array.from({ length: count }, () => []);
	const after: number[][] = Array.from({ length: count }, () => []);
	/** Distances, in the order of `before` and `after`. */
	const beforeBy: number[][] = Array.from({ length: count }, () => []);
	const afterBy: number[][] = Array.from({ length: count }, () => []);
	for (const row of rows) {
		for (let i = 1; i < row.length; i++) {
			const [left, right] = [row[i - 1] as number, row[i] as number];
			const space = left >= boxes && right >= boxes ? wayGap : gap;
			const apart = ((widths[left] as number) + (widths[right] as number)) / 2 + space;
			const [a, b] = [root[left] as number, root[right] as number];
			before[b]?.push(a);
			beforeBy[b]?.push(apart);
			after[a]?.push(b);
			afterBy[a]?.push(apart);
		}
	}
	const columns = sortedColumns(root, before, after);
	const centre = new Float64Array(count);
	for (const column of columns) {
		let least = 0;
		const list = before[column] as number[];
		for (let k = 0; k < list.length; k++) {
			const at = (centre[list[k] as number] as number) + (beforeBy[column]?.[k] as number);
			if (at > least) least = at;
		}
		centre[column] = least;
	}
	for (let i = columns.length - 1; i >= 0; i--) {
		const column = columns[i] as number;
		const list = after[column] as number[];
		if (list.length === 0) continue;
		let most = Number.POSITIVE_INFINITY;
		for (let k = 0; k < list.length; k++) {
			const at = (centre[list[k] as number] as number) - (afterBy[column]?.[k] as number);
			if (at < most) most = at;
		}
		if (most > (centre[column] as number)) centre[column] = most;
	}
	for (let item = 0; item < count; item++) centre[item] = centre[root[item] as number] as number;
	return centre;
}

/** Columns so that each comes after those to its left. */
function sortedColumns(root: Int32Array, before: number[][], after: number[][]): number[] {
	const missing = Int32Array.from(before, (list) => list.length);
	const columns: number[] = [];
	for (let item = 0; item < root.length; item++) {
		if (root[item] === item && missing[item] === 0) columns.push(item);
	}
	for (const column of columns) {
		for (const next of after[column] as number[]) {
			missing[next] = (missing[next] as number) - 1;
			if (missing[next] === 0) columns.push(next);
		}
	}
	return columns;
}

/** The mean of the middle two of four drawings, all moved over the narrowest. */
function balanced(drawings: readonly Float64Array[], widths: readonly number[]): Float64Array {
	const bounds = drawings.map((centre) => {
		let left = Number.POSITIVE_INFINITY;
		let right = Number.NEGATIVE_INFINITY;
		for (let item = 0; item < centre.length; item++) {
			const half = (widths[item] as number) / 2;
			left = Math.min(left, (centre[item] as number) - half);
			right = Math.max(right, (centre[item] as number) + half);
		}
		return [left, right] as const;
	});
	let best = 0;
	bounds.forEach(([left, right], i) => {
		const [l, r] = bounds[best] as readonly [number, number];
		if (right - left < r - l) best = i;
	});
	const [left, right] = bounds[best] as readonly [number, number];
	const shifts = bounds.map(([l, r], i) => (i % 2 === 0 ? left - l : right - r));
	const result = new Float64Array((drawings[0] as Float64Array).length);
	const four = [0, 0, 0, 0];
	for (let item = 0; item < result.length; item++) {
		for (let i = 0; i < 4; i++) {
			four[i] = (drawings[i]?.[item] as number) + (shifts[i] as number);
		}
		four.sort((a, b) => a - b);
		result[item] = ((four[1] as number) + (four[2] as number)) / 2;
	}
	return result;
}
