/** The rows of a gradient: which are in sight, and what is kept between them. Pure. */

import { type GradientWire, ROW_KINDS, type RowKind } from "../wire/gradient";

/** What is kept between two rows in sight; places in the list of shown rows. */
export interface Kept {
	readonly source: number;
	readonly target: number;
	/** Made by the forward pass; otherwise it is alive anyway. */
	readonly isMade: boolean;
	bytes: number;
	readonly residuals: number[];
}

export interface Shown {
	readonly row: number;
	readonly depth: number;
	readonly isOpen: boolean;
	/** In a repeat, which of its turns it is, from 1; else 0. */
	readonly turn: number;
}

export class Mirror {
	readonly wire: GradientWire;
	readonly count: number;
	private readonly opened: Set<number>;
	private rows: Shown[] = [];
	/** Per row, the place in sight that stands for it. */
	private places: Int32Array;

	constructor(wire: GradientWire) {
		this.wire = wire;
		this.count = wire.rows.kind.length;
		this.opened = new Set(wire.open);
		this.places = new Int32Array(this.count).fill(-1);
		this.arrange();
	}

	get shown(): readonly Shown[] {
		return this.rows;
	}

	text(column: "name" | "type" | "said" | "forward" | "backward", row: number): string {
		return this.wire.strings[this.wire.rows[column][row] ?? -1] ?? "";
	}

	kind(row: number): RowKind {
		return ROW_KINDS[this.wire.rows.kind[row] ?? -1] ?? "expression";
	}

	/** `null` where no run gave one. */
	norm(row: number): number | null {
		return asNumber(this.wire.rows.norm[row] ?? null);
	}

	hasGradient(row: number): boolean {
		return this.wire.rows.has_gradient[row] === 1;
	}

	holds(row: number): boolean {
		return (this.wire.rows.end[row] as number) > row + 1;
	}

	parent(row: number): number {
		return this.wire.rows.parent[row] ?? -1;
	}

	isOpen(row: number): boolean {
		return this.opened.has(row);
	}

	/** The place in sight that stands for a row: its own, or that of a closed group about it. */
	place(row: number): number {
		return this.places[row] ?? -1;
	}

	toggle(row: number): void {
		if (!this.holds(row)) return;
		if (!this.opened.delete(row)) this.opened.add(row);
		this.arrange();
	}

	/** Opens all groups about a row. */
	reveal(row: number): void {
		let isNew = false;
		for (let at = this.parent(row); at >= 0; at = this.parent(at)) {
			isNew = isNew || !this.opened.has(at);
			this.opened.add(at);
		}
		if (isNew) this.arrange();
	}

	/** Opens everything, or only what was open at first. */
	openAll(isAll: boolean): void {
		this.opened.clear();
		for (const row of this.wire.open) this.opened.add(row);
		for (let row = 0; isAll && row < this.count; row++) if (this.holds(row)) this.opened.add(row);
		this.arrange();
	}

	/** Edges between rows in sight, those of the same two rows as one, the largest first. */
	kept(): Kept[] {
		const { edges, residuals } = this.wire;
		const found = new Map<string, Kept>();
		for (let i = 0; i < edges.source.length; i++) {
			const residual = residuals[edges.residual[i] as number];
			if (!residual) continue;
			const source = this.place(edges.source[i] as number);
			const target = this.place(edges.target[i] as number);
			const isMade = residual.kind === "made";
			const key = `${source} ${target} ${isMade}`;
			let kept = found.get(key);
			if (!kept) {
				kept = { source, target, isMade, bytes: 0, residuals: [] };
				found.set(key, kept);
			}
			if (kept.residuals.includes(edges.residual[i] as number)) continue;
			kept.residuals.push(edges.residual[i] as number);
			kept.bytes += residual.size_bytes;
		}
		return [...found.values()].sort((a, b) => b.bytes - a.bytes);
	}

	/** Bytes that a row makes and keeps, with all that it holds. */
	bytes(): Float64Array {
		const sums = new Float64Array(this.count);
		const { edges, residuals } = this.wire;
		const seen = new Set<number>();
		for (let i = 0; i < edges.source.length; i++) {
			const residual = edges.residual[i] as number;
			const kept = residuals[residual];
			if (kept?.kind !== "made" || seen.has(residual)) continue;
			seen.add(residual);
			for (let at = edges.source[i] as number; at >= 0; at = this.parent(at)) {
				sums[at] = (sums[at] as number) + kept.size_bytes;
			}
		}
		return sums;
	}

	/** The row that makes a residual. */
	maker(residual: number): number {
		return this.wire.edges.source[this.wire.edges.residual.indexOf(residual)] ?? -1;
	}

	private arrange(): void {
		const { end } = this.wire.rows;
		this.rows = [];
		const turns = new Map<number, number>();
		for (let row = 0; row < this.count; ) {
			const parent = this.parent(row);
			const isOpen = this.opened.has(row) && this.holds(row);
			const depth = parent < 0 ? 0 : (this.rows[this.place(parent)]?.depth ?? 0) + 1;
			const turn = parent >= 0 && this.kind(parent) === "repeat" ? (turns.get(parent) ?? 0) + 1 : 0;
			if (turn) turns.set(parent, turn);
			const until = isOpen ? row + 1 : (end[row] as number);
			this.places.fill(this.rows.length, row, until);
			this.rows.push({ row, depth, isOpen, turn });
			row = until;
		}
	}
}

export function asNumber(norm: number | string | null): number | null {
	return norm === null ? null : Number(norm);
}
