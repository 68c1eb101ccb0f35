/** The best places for a row of boxes in a fixed order. Pure. */

/** Wanted centre and how much it matters. */
export type Wish = (item: number) => readonly [number, number];

/**
 * Moves each box of `row` as near to its wish as the boxes beside it allow.
 *
 * Least squares with an order kept is isotonic regression: boxes that would overlap pool
 * into a block at their mean wish. Exact, O(n), and without drift to either side.
 */
export function settle(
	row: readonly number[],
	centre: Float64Array,
	widths: readonly number[],
	gap: number,
	wish: Wish,
): void {
	const offsets: number[] = [];
	const sums: number[] = [];
	const weights: number[] = [];
	const sizes: number[] = [];
	let offset = 0;
	row.forEach((item, i) => {
		const before = row[i - 1];
		if (before !== undefined) {
			offset += ((widths[before] as number) + (widths[item] as number)) / 2 + gap;
		}
		offsets.push(offset);
		const [wanted, weight] = wish(item);
		let sum = (wanted - offset) * weight;
		let total = weight;
		let size = 1;
		while (sums.length > 0 && (sums.at(-1) as number) / (weights.at(-1) as number) >= sum / total) {
			sum += sums.pop() as number;
			total += weights.pop() as number;
			size += sizes.pop() as number;
		}
		sums.push(sum);
		weights.push(total);
		sizes.push(size);
	});
	let i = 0;
	sums.forEach((sum, block) => {
		for (let k = 0; k < (sizes[block] as number); k++, i++) {
			centre[row[i] as number] = sum / (weights[block] as number) + (offsets[i] as number);
		}
	});
}
