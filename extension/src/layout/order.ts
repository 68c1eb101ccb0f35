/**
 * The order of the items in each layer, with few crossings. Pure.
 *
 * Starts from walks along the edges, sorts each layer by the middle of its neighbours in the
 * one before, down and up in turn, exchanges neighbours where that helps, and keeps the best.
 */

/** Boxes and way points; neighbours are always one layer apart. */
export interface Net {
	readonly layer: readonly number[];
	readonly up: readonly (readonly number[])[];
	readonly down: readonly (readonly number[])[];
}

export type Rows = number[][];

/** Sweeps without a better result after which an order is as good as it gets. */
const PATIENCE = 6;

/** Rows with few crossings. What stood in an earlier drawing keeps its order in a row. */
export function ordered(net: Net, sweeps: number, earlier?: readonly number[]): Rows {
	let best: Rows = [];
	let least = Number.POSITIVE_INFINITY;
	for (const goesDown of earlier ? [true] : [true, false]) {
		const rows = walked(net, goesDown);
		if (earlier) near(rows, net, earlier);
		const order = new Order(net, rows, earlier ?? []);
		let idle = 0;
		for (let sweep = 0; sweep <= sweeps && idle < PATIENCE && least > 0; sweep++) {
			if (sweep > 0) order.sweep(sweep % 2 === (goesDown ? 1 : 0), sweep % 4 >= 2);
			order.exchange(sweep % 4 >= 2);
			const crossings = order.crossings();
			idle++;
			if (crossings < least) {
				least = crossings;
				best = rows.map((row) => row.slice());
				idle = 0;
			}
		}
	}
	return best;
}

/** Sorts rows by where boxes stood; what is new stands by its neighbours. */
function near(rows: Rows, net: Net, earlier: readonly number[]): void {
	const at = net.layer.map((_, item) => earlier[item] ?? Number.NaN);
	for (const around of [net.up, net.down]) {
		for (const row of around === net.up ? rows : rows.toReversed()) {
			for (const item of row) {
				if (!Number.isNaN(at[item])) continue;
				const known = (around[item] as readonly number[]).filter(
					(other) => !Number.isNaN(at[other]),
				);
				const sum = known.reduce((total, other) => total + (at[other] as number), 0);
				if (known.length > 0) at[item] = sum / known.length;
			}
		}
	}
	const place = (item: number) => (Number.isNaN(at[item]) ? 0 : (at[item] as number));
	for (const row of rows) row.sort((a, b) => place(a) - place(b));
}

/** Rows in the order of a walk from the top, or from the bottom. */
function walked(net: Net, goesDown: boolean): Rows {
	const rows: Rows = [];
	for (const at of net.layer) while (rows.length <= at) rows.push([]);
	const items = net.layer.map((_, item) => item);
	const depth = (item: number) => (net.layer[item] as number) * (goesDown ? 1 : -1);
	items.sort((a, b) => depth(a) - depth(b));
	const near = goesDown ? net.down : net.up;
	const seen = new Uint8Array(net.layer.length);
	for (const start of items) {
		const stack = [start];
		while (stack.length > 0) {
			const item = stack.pop() as number;
			if (seen[item] === 1) continue;
			seen[item] = 1;
			rows[net.layer[item] as number]?.push(item);
			const next = near[item] as readonly number[];
			for (let i = next.length - 1; i >= 0; i--) stack.push(next[i] as number);
		}
	}
	return rows;
}

class Order {
	private readonly place: Int32Array;
	private readonly key: Float64Array;
	/** Sums for counting crossings, one for each place of a row. */
	private readonly tree: Int32Array;

	constructor(
		private readonly net: Net,
		private readonly rows: Rows,
		/** Where items stood in an earlier drawing; NaN or nothing for the new. */
		private readonly kept: readonly number[],
	) {
		this.place = new Int32Array(net.layer.length);
		this.key = new Float64Array(net.layer.length);
		let widest = 0;
		for (const row of rows) {
			this.number(row);
			widest = Math.max(widest, row.length);
		}
		this.tree = new Int32Array(widest + 1);
	}

	private number(row: readonly number[]): void {
		for (let i = 0; i < row.length; i++) this.place[row[i] as number] = i;
	}

	/** Sorts every row by the middle of the neighbours in the row before. */
	sweep(goesDown: boolean, turned: boolean): void {
		const near = goesDown ? this.net.up : this.net.down;
		for (let i = 1; i < this.rows.length; i++) {
			const row = this.rows[goesDown ? i : this.rows.length - 1 - i] as number[];
			const moving: number[] = [];
			for (const item of row) {
				const list = near[item] as readonly number[];
				if (list.length === 0) continue;
				let sum = 0;
				for (const other of list) sum += this.place[other] as number;
				this.key[item] = sum / list.length;
				moving.push(item);
			}
			// Sorting is stable: equal items keep their order, or change it in turned sweeps.
			if (turned) moving.reverse();
			moving.sort((a, b) => (this.key[a] as number) - (this.key[b] as number));
			let next = 0;
			for (let k = 0; k < row.length; k++) {
				if ((near[row[k] as number] as readonly number[]).length > 0)
					row[k] = moving[next++] as number;
			}
			this.restore(row);
			this.number(row);
		}
	}

	private isKept(item: number): boolean {
		return !Number.isNaN(this.kept[item] ?? Number.NaN);
	}

	/** Gives the items of an earlier drawing, among their places in a row, their order again. */
	private restore(row: number[]): void {
		if (this.kept.length === 0) return;
		const known = row.filter((item) => this.isKept(item));
		if (known.length < 2) return;
		known.sort((a, b) => (this.kept[a] as number) - (this.kept[b] as number));
		let next = 0;
		for (let k = 0; k < row.length; k++) {
			if (this.isKept(row[k] as number)) row[k] = known[next++] as number;
		}
	}

	/** Exchanges neighbours as long as that takes crossings away, once also where it is equal. */
	exchange(equal: boolean): void {
		for (let round = 0, better = true; round < 8 && better; round++) {
			better = false;
			for (const row of this.rows) {
				for (let i = 0; i + 1 < row.length; i++) {
					const [left, right] = [row[i] as number, row[i + 1] as number];
					// Both kept, and in order.
					if ((this.kept[left] as number) < (this.kept[right] as number)) continue;
					const gain =
						this.between(this.net.up, left, right) -
						this.between(this.net.up, right, left) +
						this.between(this.net.down, left, right) -
						this.between(this.net.down, right, left);
					if (gain < 0 || (gain === 0 && !(equal && round === 0))) continue;
					row[i] = right;
					row[i + 1] = left;
					this.place[right] = i;
					this.place[left] = i + 1;
					if (gain > 0) better = true;
				}
			}
		}
	}

	/** Crossings of the edges of two neighbours in this order. */
	private between(near: Net["up"], left: number, right: number): number {
		let count = 0;
		for (const a of near[left] as readonly number[]) {
			for (const b of near[right] as readonly number[]) {
				if ((this.place[b] as number) < (this.place[a] as number)) count++;
			}
		}
		return count;
	}

	crossings(): number {
		let count = 0;
		for (let i = 1; i < this.rows.length; i++) {
			count += this.crossingsInto(this.rows[i - 1] as number[], (this.rows[i] as number[]).length);
		}
		return count;
	}

	private crossingsInto(above: readonly number[], width: number): number {
		this.tree.fill(0, 0, width + 1);
		let count = 0;
		let total = 0;
		for (const item of above) {
			const list = this.net.down[item] as readonly number[];
			for (const other of list) {
				// Edges so far that end to the right of this one.
				let before = 0;
				for (let k = (this.place[other] as number) + 1; k > 0; k -= k & -k) {
					before += this.tree[k] as number;
				}
				count += total - before;
			}
			for (const other of list) {
				for (let k = (this.place[other] as number) + 1; k <= width; k += k & -k) {
					this.tree[k] = (this.tree[k] as number) + 1;
				}
				total++;
			}
		}
		return count;
	}
}
