/**
 * Which layer each box of a drawing stands in, so that edges go down and are short. Pure.
 *
 * Longest paths give a first answer. The network simplex method (Gansner and others, 1993)
 * then makes the sum of all lengths least: it keeps a tree of edges of length one, and swaps
 * an edge of the tree for another as long as that shortens the rest.
 */

/** Edges as two columns; every edge goes from a lower to a higher index. */
export interface Edges {
	readonly from: readonly number[];
	readonly to: readonly number[];
}

/** Boxes visited, at most: what is left to be shortened after them is little. */
const VISITS = 3_000_000;

export function layersOf(count: number, edges: Edges): Int32Array {
	const layer = longestPaths(count, edges);
	if (edges.from.length > 0) new Simplex(layer, edges).run(VISITS);
	const top = layer.reduce((least, at) => Math.min(least, at), 0);
	return layer.map((at) => at - top);
}

function longestPaths(count: number, { from, to }: Edges): Int32Array {
	const layer = new Int32Array(count);
	const into: number[][] = Array.from({ length: count }, () => []);
	from.forEach((a, i) => {
		into[to[i] as number]?.push(a);
	});
	// An edge only goes up in index: each maker is final when it is read.
	into.forEach((makers, box) => {
		for (const maker of makers) {
			layer[box] = Math.max(layer[box] as number, (layer[maker] as number) + 1);
		}
	});
	return layer;
}

class Simplex {
	private readonly from: readonly number[];
	private readonly to: readonly number[];
	private readonly count: number;
	/** Edges of each box, first those that leave it. */
	private readonly out: number[][];
	private readonly into: number[][];
	/** Edges of the tree at each box, and whether an edge is in the tree. */
	private readonly tree: number[][];
	private readonly inTree: Uint8Array;
	/** Edge of the tree towards the root, -1 at a root. */
	private readonly upward: Int32Array;
	/** Each box's place in a walk that ends with the root, and the first place below it. */
	private readonly last: Int32Array;
	private readonly first: Int32Array;
	private readonly walk: Int32Array;
	/** How much longer all edges get for each layer that an edge of the tree gets longer. */
	private readonly cut: Int32Array;
	private visits = 0;

	constructor(
		private readonly layer: Int32Array,
		{ from, to }: Edges,
	) {
		this.count = layer.length;
		this.from = from;
		this.to = to;
		const lists = () => Array.from({ length: layer.length }, (): number[] => []);
		this.out = lists();
		this.into = lists();
		this.tree = lists();
		from.forEach((a, edge) => {
			this.out[a]?.push(edge);
			this.into[to[edge] as number]?.push(edge);
		});
		this.inTree = new Uint8Array(from.length);
		this.upward = new Int32Array(layer.length).fill(-1);
		this.last = new Int32Array(layer.length);
		this.first = new Int32Array(layer.length);
		this.walk = new Int32Array(layer.length);
		this.cut = new Int32Array(from.length);
	}

	run(most: number): void {
		this.grow();
		let place = 0;
		for (let box = 0; box < this.count; box++) {
			if (this.upward[box] === -1) place = this.number(box, -1, place);
		}
		this.measure();
		const edges = this.from.length;
		let edge = 0;
		let idle = 0;
		for (; this.visits < most && idle < edges; edge = (edge + 1) % edges) {
			if (this.inTree[edge] === 1 && (this.cut[edge] as number) < 0) {
				this.swap(edge, this.entering(edge));
				idle = 0;
			} else {
				idle++;
			}
		}
	}

	private slack(edge: number): number {
		const a = this.layer[this.from[edge] as number] as number;
		return (this.layer[this.to[edge] as number] as number) - a - 1;
	}

	/** The other end of an edge. */
	private across(edge: number, box: number): number {
		const a = this.from[edge] as number;
		return a === box ? (this.to[edge] as number) : a;
	}

	/** A tree of tight edges in each connected part, made by moving what is not yet in it. */
	private grow(): void {
		const part = new Int32Array(this.count).fill(-1);
		const join = (edge: number) => {
			this.inTree[edge] = 1;
			this.tree[this.from[edge] as number]?.push(edge);
			this.tree[this.to[edge] as number]?.push(edge);
		};
		// Stretches that are tight already.
		const members: number[][] = [];
		for (let root = 0; root < this.count; root++) {
			if (part[root] !== -1) continue;
			const inside = [root];
			part[root] = members.length;
			for (const box of inside) {
				for (const edges of [this.out[box], this.into[box]]) {
					for (const edge of edges as number[]) {
						const other = this.across(edge, box);
						if (part[other] !== -1 || this.slack(edge) > 0) continue;
						part[other] = members.length;
						inside.push(other);
						join(edge);
					}
				}
			}
			members.push(inside);
		}
		// Each stretch moves along the shortest edge to another; every round at least halves them.
		for (let joined = true; joined; ) {
			joined = false;
			for (let number = 0; number < members.length; number++) {
				const inside = members[number] as number[];
				const best = this.shortest(inside, part);
				if (best === -1) continue;
				const [a, b] = [this.from[best] as number, this.to[best] as number];
				const by = part[a] === number ? this.slack(best) : -this.slack(best);
				for (const box of inside) this.layer[box] = (this.layer[box] as number) + by;
				join(best);
				const into = part[part[a] === number ? b : a] as number;
				const all = members[into] as number[];
				for (const box of inside) {
					part[box] = into;
					all.push(box);
				}
				members[number] = [];
				joined = true;
			}
		}
	}

	/** The shortest edge out of a stretch. */
	private shortest(inside: readonly number[], part: Int32Array): number {
		let best = -1;
		for (const box of inside) {
			for (const edges of [this.out[box], this.into[box]]) {
				for (const edge of edges as number[]) {
					if (part[this.across(edge, box)] === part[box]) continue;
					if (best === -1 || this.slack(edge) < this.slack(best)) best = edge;
				}
			}
		}
		return best;
	}

	/** Numbers the tree below a box from a place on; the place after it. */
	private number(root: number, edge: number, place: number): number {
		const stack = [root];
		const next = [0];
		this.upward[root] = edge;
		this.first[root] = place;
		while (stack.length > 0) {
			const box = stack.at(-1) as number;
			const edges = this.tree[box] as number[];
			const at = next.at(-1) as number;
			if (at < edges.length) {
				next[next.length - 1] = at + 1;
				const along = edges[at] as number;
				if (along === this.upward[box]) continue;
				const child = this.across(along, box);
				this.upward[child] = along;
				this.first[child] = place;
				stack.push(child);
				next.push(0);
			} else {
				this.last[box] = place;
				this.walk[place++] = box;
				stack.pop();
				next.pop();
			}
		}
		return place;
	}

	/** Whether `box` is `root` or below it. */
	private below(root: number, box: number): boolean {
		const place = this.last[box] as number;
		return (this.first[root] as number) <= place && place <= (this.last[root] as number);
	}

	/** The cut of each edge of the tree: edges within the part below it count in and out. */
	private measure(): void {
		const surplus = Int32Array.from(this.out, (edges, box) => {
			return edges.length - (this.into[box] as number[]).length;
		});
		for (const box of this.walk) {
			const edge = this.upward[box] as number;
			if (edge === -1) continue;
			const sum = surplus[box] as number;
			const above = this.across(edge, box);
			surplus[above] = (surplus[above] as number) + sum;
			this.cut[edge] = this.from[edge] === box ? sum : -sum;
		}
	}

	/** The shortest edge that joins again what a cut of `edge` takes apart, the other way. */
	private entering(edge: number): number {
		const a = this.from[edge] as number;
		const root = this.upward[a] === edge ? a : (this.to[edge] as number);
		// Below is the end that the edge leaves: what enters must lead into it.
		const candidates = root === a ? this.into : this.out;
		this.visits += 2 * ((this.last[root] as number) - (this.first[root] as number) + 1);
		let best = -1;
		let least = 0;
		for (let place = this.first[root] as number; place <= (this.last[root] as number); place++) {
			const box = this.walk[place] as number;
			for (const other of candidates[box] as number[]) {
				if (this.below(root, this.across(other, box))) continue;
				const slack = this.slack(other);
				if (best === -1 || slack < least) {
					best = other;
					least = slack;
				}
			}
		}
		return best;
	}

	private swap(leaving: number, entering: number): void {
		const a = this.from[leaving] as number;
		const root = this.upward[a] === leaving ? a : (this.to[leaving] as number);
		const by = this.slack(entering) * (root === a ? -1 : 1);
		if (by !== 0) {
			for (let place = this.first[root] as number; place <= (this.last[root] as number); place++) {
				const box = this.walk[place] as number;
				this.layer[box] = (this.layer[box] as number) + by;
			}
		}
		const cut = this.cut[leaving] as number;
		const [u, v] = [this.from[entering] as number, this.to[entering] as number];
		const top = this.update(u, v, cut, true);
		this.update(v, u, cut, false);
		this.cut[entering] = -cut;
		this.cut[leaving] = 0;
		this.inTree[leaving] = 0;
		this.inTree[entering] = 1;
		for (const box of [a, this.to[leaving] as number]) {
			const edges = this.tree[box] as number[];
			edges.splice(edges.indexOf(leaving), 1);
		}
		this.tree[u]?.push(entering);
		this.tree[v]?.push(entering);
		const start = this.first[top] as number;
		this.visits += this.number(top, this.upward[top] as number, start) - start;
	}

	/** Adds a cut along the tree from one box up to the first that is above the other too. */
	private update(from: number, other: number, cut: number, along: boolean): number {
		let box = from;
		while (!this.below(box, other)) {
			const edge = this.upward[box] as number;
			const adds = (this.from[edge] === box) === along;
			this.cut[edge] = (this.cut[edge] as number) + (adds ? cut : -cut);
			box = this.across(edge, box);
		}
		return box;
	}
}
