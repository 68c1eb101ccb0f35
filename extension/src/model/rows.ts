/** Lists of integers, one list per row, stored flat: 100 000 lists are three allocations. */

export class Rows {
	private readonly start: Int32Array;
	private readonly flat: ArrayLike<number>;

	constructor(start: Int32Array, flat: ArrayLike<number>) {
		this.start = start;
		this.flat = flat;
	}

	/** The list of `row`; empty for a row that does not exist. */
	get(row: number): number[] {
		const list: number[] = [];
		const end = this.start[row + 1] ?? 0;
		for (let i = this.start[row] ?? end; i < end; i++) list.push(this.flat[i] as number);
		return list;
	}

	/** Calls with each of the list of `row`, and makes no list. */
	each(row: number, call: (item: number) => void): void {
		const end = this.start[row + 1] ?? 0;
		for (let i = this.start[row] ?? end; i < end; i++) call(this.flat[i] as number);
	}

	/** First of the list of `row`; -1 for an empty one. */
	first(row: number): number {
		return this.count(row) > 0 ? (this.flat[this.start[row] as number] as number) : -1;
	}

	count(row: number): number {
		return (this.start[row + 1] ?? 0) - (this.start[row] ?? 0);
	}

	/** Row `order[i]` for `i` from `bounds[j]` to `bounds[j + 1]`, as one row `j`. */
	merge(order: Int32Array, bounds: Int32Array): Rows {
		const start = new Int32Array(bounds.length);
		const flat = new Int32Array(this.flat.length);
		let size = 0;
		for (let j = 0; j + 1 < bounds.length; j++) {
			start[j] = size;
			for (let i = bounds[j] as number; i < (bounds[j + 1] as number); i++) {
				const row = order[i] as number;
				const end = this.start[row + 1] as number;
				for (let k = this.start[row] as number; k < end; k++) flat[size++] = this.flat[k] as number;
			}
		}
		start[bounds.length - 1] = size;
		return new Rows(start, flat.subarray(0, size));
	}

	get length(): number {
		return this.start.length - 1;
	}

	/** Row lists that follow one another, `counts` long each. */
	static fromCounts(counts: ArrayLike<number>, flat: ArrayLike<number>): Rows {
		const start = new Int32Array(counts.length + 1);
		for (let i = 0; i < counts.length; i++) {
			start[i + 1] = (start[i] as number) + (counts[i] as number);
		}
		return new Rows(start, flat);
	}

	/** For each key below `size`, the rows whose key it is, in order. */
	static group(keys: ArrayLike<number>, size: number): Rows {
		const each = new Int32Array(keys.length);
		for (let i = 0; i < each.length; i++) each[i] = i;
		return Rows.collect(keys, each, size);
	}

	/** For each entry below `size`, the rows that list it, in order. */
	invert(size: number): Rows {
		const owner = new Int32Array(this.flat.length);
		for (let row = 0; row < this.length; row++) {
			const end = this.start[row + 1] as number;
			for (let i = this.start[row] as number; i < end; i++) owner[i] = row;
		}
		return Rows.collect(this.flat, owner, size);
	}

	private static collect(keys: ArrayLike<number>, values: Int32Array, size: number): Rows {
		const start = new Int32Array(size + 1);
		for (let i = 0; i < keys.length; i++) {
			const key = keys[i] as number;
			if (key >= 0 && key < size) start[key + 1] = (start[key + 1] as number) + 1;
		}
		for (let key = 0; key < size; key++) {
			start[key + 1] = (start[key + 1] as number) + (start[key] as number);
		}
		const next = start.slice();
		const flat = new Int32Array(start[size] as number);
		for (let i = 0; i < keys.length; i++) {
			const key = keys[i] as number;
			if (key < 0 || key >= size) continue;
			const place = next[key] as number;
			flat[place] = values[i] as number;
			next[key] = place + 1;
		}
		return new Rows(start, flat);
	}
}
