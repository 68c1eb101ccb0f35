/**
 * Lanes beside a drawing for the edges that span many layers. Pure.
 *
 * A lane hugs what is drawn beside the layers that it passes; short ones lie inside, so the
 * arcs from a forward to a backward pass nest and do not cross. The edges of one box share its
 * lane: they are one line that branches off.
 */

export interface Lane {
	/** Layers that it passes, both included. */
	readonly top: number;
	readonly bottom: number;
	/** How far its ends lie to the right of the middle of their layers, all together. */
	readonly lean: number;
}

const SPACE = 14;
const APART = 6;
/** Lanes beside each other on one side; a reader follows no more. */
const MOST = 48;

/** The x of each lane, or NaN. `left` and `right` are how far each layer reaches, and grow. */
export function lanes(all: readonly Lane[], left: Float64Array, right: Float64Array): Float64Array {
	const x = new Float64Array(all.length).fill(Number.NaN);
	const depth = [new Int32Array(left.length), new Int32Array(left.length)] as const;
	const order = all.map((_, i) => i);
	const span = (i: number) => (all[i] as Lane).bottom - (all[i] as Lane).top;
	order.sort((a, b) => span(a) - span(b));
	for (const i of order) {
		const { top, bottom, lean } = all[i] as Lane;
		// The first lane stands off the boxes, the next ones close to it.
		let least = Number.POSITIVE_INFINITY;
		let most = Number.NEGATIVE_INFINITY;
		const full = [false, false];
		for (let at = top; at <= bottom; at++) {
			least = Math.min(least, (left[at] as number) - (depth[0][at] === 0 ? SPACE : APART));
			most = Math.max(most, (right[at] as number) + (depth[1][at] === 0 ? SPACE : APART));
			if ((depth[0][at] as number) >= MOST) full[0] = true;
			if ((depth[1][at] as number) >= MOST) full[1] = true;
		}
		if (full[0] && full[1]) continue;
		const goesRight = full[0] || (!full[1] && lean >= 0);
		x[i] = goesRight ? most : least;
		const [reach, used] = goesRight ? [right, depth[1]] : [left, depth[0]];
		for (let at = top; at <= bottom; at++) {
			reach[at] = x[i] as number;
			used[at] = (used[at] as number) + 1;
		}
	}
	return x;
}

export interface Turn {
	/** The gap below this layer. */
	readonly gap: number;
	/** Where the box is, and the lane. */
	readonly box: number;
	readonly lane: number;
	/** From the box to its lane, not from the lane to a reader. */
	readonly leaves: boolean;
}

/** For each turn its place in its gap from above, so that as few as can be cross. */
export function tracks(turns: readonly Turn[]): Int32Array {
	// What leaves is above what arrives; outside boxes leave first and are reached last.
	const rank = ({ box, lane, leaves }: Turn) => {
		const outside = lane > box ? box : -box;
		return leaves ? -outside : outside;
	};
	const order = turns.map((_, i) => i);
	order.sort((i, j) => {
		const [a, b] = [turns[i] as Turn, turns[j] as Turn];
		if (a.gap !== b.gap) return a.gap - b.gap;
		if (a.leaves !== b.leaves) return a.leaves ? -1 : 1;
		return rank(a) - rank(b);
	});
	const track = new Int32Array(turns.length);
	order.forEach((i, k) => {
		const before = order[k - 1];
		const isFirst = before === undefined || turns[before]?.gap !== turns[i]?.gap;
		track[i] = isFirst ? 0 : (track[before] as number) + 1;
	});
	return track;
}
