/** A program with its columns indexed: who reads, who writes, what holds what. Pure. */

import type { CollectivesWire } from "../wire/collectives";
import type { ProgramWire, StageWire } from "../wire/program";
import { CallTree } from "./frames";
import { lazy } from "./lazy";
import { StageLinks } from "./links";
import { Moves } from "./moves";
import { Rows } from "./rows";
import { SpanIndex } from "./spans";

export const STAGES = ["jaxpr", "stablehlo", "hlo"] as const;
export type StageName = (typeof STAGES)[number];

export const KIND = { input: 0, constant: 1, literal: 2, result: 3 } as const;

export class Program {
	readonly wire: ProgramWire;
	readonly equationCount: number;
	readonly inputs: Rows;
	readonly outputs: Rows;
	/** Equations of each region, in order. */
	readonly members: () => Rows;
	/** Regions that each equation holds. */
	readonly held: () => Rows;
	/** Equations that read each value. */
	readonly readers: () => Rows;
	/** Per value, the equation that wrote it; -1 for none. */
	readonly writer: () => Int32Array;
	readonly calls: () => CallTree;
	/** Equations of each span. */
	readonly bySpan: () => Rows;
	readonly spans: () => SpanIndex;
	/** Equations in the order in which the jaxpr shows them. */
	readonly order: () => readonly number[];
	/** Place of each equation in `order`. */
	readonly place: () => Int32Array;
	/** What its devices send; null where nothing moves or nobody looked. */
	readonly moves: Moves | null;
	private readonly stageOf = new Map<string, Stage>();

	constructor(wire: ProgramWire, collectives: CollectivesWire | null = null) {
		this.wire = wire;
		const rows = wire.equations;
		this.equationCount = rows.primitive.length;
		this.inputs = Rows.fromCounts(rows.input_count, rows.inputs);
		this.outputs = Rows.fromCounts(rows.output_count, rows.outputs);
		this.members = lazy(() => Rows.group(rows.region, wire.regions.length));
		this.held = lazy(() =>
			Rows.group(
				wire.regions.map((region) => region.equation),
				this.equationCount,
			),
		);
		this.readers = lazy(() => this.inputs.invert(wire.values.name.length));
		this.writer = lazy(() => {
			const writer = new Int32Array(wire.values.name.length).fill(-1);
			for (let equation = 0; equation < this.equationCount; equation++) {
				for (const value of this.outputs.get(equation)) writer[value] = equation;
			}
			return writer;
		});
		this.calls = lazy(() => new CallTree(wire.frames, rows.frame));
		this.bySpan = lazy(() => Rows.group(rows.span, wire.spans.line.length));
		this.spans = lazy(() => new SpanIndex(wire));
		this.order = lazy(() => textOrder(this));
		this.place = lazy(() => {
			const place = new Int32Array(this.equationCount);
			this.order().forEach((equation, i) => {
				place[equation] = i;
			});
			return place;
		});
		for (const stage of wire.stages) this.stageOf.set(stage.name, new Stage(stage, this));
		const moves = collectives && new Moves(this, collectives);
		this.moves = moves && moves.rows.length > 0 ? moves : null;
	}

	stage(name: StageName): Stage | undefined {
		return this.stageOf.get(name);
	}

	has(equation: unknown): equation is number {
		return (
			Number.isInteger(equation) && Number(equation) >= 0 && Number(equation) < this.equationCount
		);
	}

	primitive(equation: number): string {
		return this.string(this.wire.equations.primitive[equation]);
	}

	parameters(equation: number): string {
		return this.string(this.wire.equations.parameters[equation]);
	}

	scope(equation: number): string {
		return this.string(this.wire.equations.scope[equation]);
	}

	isBackward(equation: number): boolean {
		return this.wire.equations.phase[equation] === 1;
	}

	/** Index into the span columns; -1 for none. */
	spanOf(equation: number): number {
		return this.wire.equations.span[equation] ?? -1;
	}

	valueName(value: number): string {
		return this.string(this.wire.values.name[value]);
	}

	valueType(value: number): string {
		return this.wire.types[this.wire.values.type[value] ?? -1]?.text ?? "?";
	}

	valueKind(value: number): number {
		return this.wire.values.kind[value] ?? KIND.result;
	}

	string(index: number | undefined): string {
		return this.wire.strings[index ?? -1] ?? "?";
	}

	/** `equation`, or what holds it, as seen from `region`; -1 when it is elsewhere. */
	seenFrom(region: number, equation: number): number {
		let at = equation;
		// Each step goes one region out, so a broken record cannot loop for ever.
		for (let step = 0; step <= this.wire.regions.length; step++) {
			const home = this.wire.equations.region[at];
			if (home === region) return at;
			const holder = home === undefined ? -1 : (this.wire.regions[home]?.equation ?? -1);
			if (holder < 0) return -1;
			at = holder;
		}
		return -1;
	}
}

/** The program's text at one stage. */
export class Stage {
	readonly error: string | null;
	readonly lines: () => readonly string[];
	readonly links: () => StageLinks;

	constructor(wire: StageWire, program: Program) {
		this.error = wire.error;
		this.lines = lazy(() => (wire.text === "" ? [] : wire.text.replace(/\n$/, "").split("\n")));
		this.links = lazy(
			() =>
				new StageLinks(
					wire,
					this.lines().length,
					program.equationCount,
					program.wire.spans.line.length,
				),
		);
	}
}

function textOrder(program: Program): readonly number[] {
	const order = Array.from({ length: program.equationCount }, (_, i) => i);
	const links = program.stage("jaxpr")?.links();
	if (!links) return order;
	const line = new Float64Array(order.length).fill(Number.POSITIVE_INFINITY);
	let isSorted = true;
	for (const equation of order) {
		const block = links.ofEquation.first(equation);
		if (block >= 0) line[equation] = links.first[block] as number;
		if (equation > 0 && (line[equation] as number) < (line[equation - 1] as number))
			isSorted = false;
	}
	if (isSorted) return order;
	return order.sort((a, b) =>
		line[a] === line[b] ? a - b : (line[a] as number) - (line[b] as number),
	);
}
