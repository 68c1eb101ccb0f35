/** What devices send each other and the host while a program runs: collectives, transfers. Pure. */

import type { CollectivesWire } from "../wire/collectives";
import { lazy } from "./lazy";
import type { Program } from "./program";
import { Rows } from "./rows";

/** One collective of the optimised program, or one transfer to or from the host. */
export interface Move {
	readonly index: number;
	readonly isHost: boolean;
	/** `all-reduce`, or of a transfer `callback`. */
	readonly kind: string;
	/** Its instruction, and the line of that in the optimised HLO; 0 for none. */
	readonly name: string;
	readonly line: number;
	/** What comes out on each device; empty for a transfer. */
	readonly type: string;
	readonly groupSize: number;
	/** Mesh axes, joined by a comma; empty where it follows none. */
	readonly axes: string;
	/** How often it runs; -1 where only a run can tell. */
	readonly repeats: number;
	/** In one run of it: what each device sends, or what goes to or comes from the host. */
	readonly bytes: number;
	/** In one run of the program; a loop of unknown length counts once. */
	readonly total: number;
	/** The code asks for it; else XLA put it in. */
	readonly isAsked: boolean;
	/** It lies at its equations, on what they make, or on what they read. */
	readonly side: Side;
	readonly explanation: string;
	readonly advice: string;
	/** Index into the span columns; -1 for none. */
	readonly span: number;
	readonly equations: readonly number[];
	/** Those of them at which it is drawn. */
	readonly places: readonly number[];
}

export const SIDES = ["inside", "below", "above"] as const;
export type Side = (typeof SIDES)[number];

export class Moves {
	readonly devices: number;
	/** Collectives in the order of the program, then transfers. */
	readonly rows: readonly Move[];
	/** What each device sends to others in one run of the program. */
	readonly sentBytes: number;
	/** A loop that only a run can tell the length of was counted once. */
	readonly isLeast: boolean;
	private readonly program: Program;
	private readonly ofEquation: () => Rows;
	/** Per move, the equations that it is drawn at, and the part of it that each has. */
	private readonly parts: () => readonly ReadonlyMap<number, number>[];
	private readonly lines: () => ReadonlyMap<number, readonly Move[]>;

	constructor(program: Program, wire: CollectivesWire) {
		this.program = program;
		this.devices = wire.devices;
		const collectives = readCollectives(program, wire);
		this.rows = [...collectives, ...readTransfers(program, wire, collectives.length)];
		this.sentBytes = collectives.reduce((sum, { total }) => sum + total, 0);
		this.isLeast = collectives.some(({ repeats, bytes }) => repeats < 0 && bytes > 0);
		this.ofEquation = lazy(() => {
			const all = this.rows.map(({ equations }) => equations);
			const rows = Rows.fromCounts(
				all.map(({ length }) => length),
				all.flat(),
			);
			return rows.invert(program.equationCount);
		});
		this.parts = lazy(() => this.rows.map((move) => partsOf(program, move)));
		this.lines = lazy(() => byLine(this.rows));
	}

	get(indices: Iterable<number>): Move[] {
		return [...indices].flatMap((index) => this.rows[index] ?? []);
	}

	/** Those that an equation has to do with. */
	at(equation: number): Move[] {
		return this.get(this.ofEquation().get(equation));
	}

	/** Those on a line of the optimised HLO. */
	onLine(line: number): readonly Move[] {
		return this.lines().get(line) ?? [];
	}

	/**
	 * The equations that a move is drawn at, each with its part: XLA joins what many equations
	 * send, and then each has a part by the size of what it makes. Parts add up to 1.
	 */
	bearers(move: Move): ReadonlyMap<number, number> {
		return this.parts()[move.index] as ReadonlyMap<number, number>;
	}

	/** Per equation, what each device sends because of it in one run of the program. */
	sent(): Float64Array {
		const sent = new Float64Array(this.program.equationCount);
		for (const move of this.rows) {
			if (move.isHost) continue;
			for (const [equation, part] of this.bearers(move)) {
				sent[equation] = (sent[equation] as number) + part * move.total;
			}
		}
		return sent;
	}
}

function readCollectives(program: Program, { rows, strings }: CollectivesWire): Move[] {
	const text = (index: number | undefined) => strings[index ?? -1] ?? "";
	const equations = Rows.fromCounts(rows.equation_count, rows.equations);
	const places = Rows.fromCounts(rows.place_count, rows.places);
	return rows.kind.map((kind, i): Move => {
		const cause = text(rows.cause[i]);
		return {
			index: i,
			isHost: false,
			kind: text(kind),
			name: text(rows.name[i]),
			line: rows.line[i] as number,
			type: text(rows.type[i]),
			groupSize: rows.group_size[i] as number,
			axes: text(rows.axes[i]),
			...amount(rows.sent_bytes[i] as number, rows.repeats[i] as number),
			isAsked: cause === "asked",
			side: SIDES[rows.side[i] ?? 0] ?? "inside",
			explanation: text(rows.explanation[i]),
			advice: text(rows.advice[i]),
			span: rows.span[i] as number,
			equations: equations.get(i).filter((equation) => program.has(equation)),
			places: places.get(i).filter((equation) => program.has(equation)),
		};
	});
}

function readTransfers(program: Program, wire: CollectivesWire, before: number): Move[] {
	const { transfers: rows, strings } = wire;
	const text = (index: number | undefined) => strings[index ?? -1] ?? "";
	const all = Rows.fromCounts(rows.equation_count, rows.equations);
	return rows.kind.map((kind, i): Move => {
		const equations = all.get(i).filter((equation) => program.has(equation));
		return {
			index: before + i,
			isHost: true,
			kind: text(kind),
			name: text(rows.name[i]),
			line: rows.line[i] as number,
			type: "",
			groupSize: 1,
			axes: "",
			...amount(rows.size_bytes[i] as number, rows.repeats[i] as number),
			isAsked: true,
			side: "inside",
			explanation: text(rows.explanation[i]),
			advice: text(rows.advice[i]),
			span: rows.span[i] as number,
			equations,
			places: equations,
		};
	});
}

function amount(bytes: number, repeats: number): Pick<Move, "bytes" | "repeats" | "total"> {
	return { bytes, repeats, total: bytes * (repeats < 0 ? 1 : repeats) };
}

/** Of a chain of equations only the last: what it makes is what is sent. */
function partsOf(program: Program, { places }: Move): Map<number, number> {
	const all = new Set(places);
	const isPassedOn = (equation: number) =>
		program.held().count(equation) > 0 ||
		program.outputs.get(equation).some((value) =>
			program
				.readers()
				.get(value)
				.some((reader) => all.has(reader)),
		);
	const ends = [...all].filter((equation) => !isPassedOn(equation));
	const bearers = ends.length > 0 ? ends : [...all];
	const sizes = bearers.map((equation) => madeBytes(program, equation));
	const sum = sizes.reduce((a, b) => a + b, 0);
	const part = (i: number) => (sum > 0 ? (sizes[i] as number) / sum : 1 / sizes.length);
	return new Map(bearers.map((equation, i) => [equation, part(i)]));
}

function madeBytes(program: Program, equation: number): number {
	const { types, values } = program.wire;
	return program.outputs
		.get(equation)
		.reduce((sum, value) => sum + (types[values.type[value] ?? -1]?.size_bytes ?? 0), 0);
}

function byLine(rows: readonly Move[]): Map<number, Move[]> {
	const lines = new Map<number, Move[]>();
	for (const move of rows) {
		const list = lines.get(move.line);
		if (list) list.push(move);
		else lines.set(move.line, [move]);
	}
	return lines;
}
