/** Programs small enough to be written down in a test. */

import { Program } from "../src/model/program";
import type { ProgramWire, RegionWire, StageWire } from "../src/wire/program";
import { sampleWire } from "./records";

export interface SmallEquation {
	readonly primitive: string;
	/** Names of values; a number is a literal. */
	readonly reads: readonly string[];
	readonly writes: readonly string[];
	readonly region?: number;
	readonly flops?: number;
	readonly bytes?: number;
	readonly span?: number;
	readonly frame?: number;
	readonly meaning?: string;
}

export interface SmallProgram {
	readonly equations: readonly SmallEquation[];
	/** Of regions after the whole program: the equation that holds each, and its runs. */
	readonly nested?: readonly { equation: number; runs: number }[];
	readonly outputs?: readonly string[];
	/** Line of each span, all in one file. */
	readonly lines?: readonly number[];
	/** Span, caller and owner (1 for a library) of each frame. */
	readonly frames?: readonly (readonly [number, number, number])[];
	readonly hlo?: string;
	/** Per line of the HLO, its equations. */
	readonly hloLinks?: Readonly<Record<number, readonly number[]>>;
	readonly estimate?: { flops: number; bytes: number };
}

export function smallWire(small: SmallProgram): ProgramWire {
	const strings: string[] = [];
	const string = (text: string) => {
		if (!strings.includes(text)) strings.push(text);
		return strings.indexOf(text);
	};
	const values: string[] = [];
	const value = (name: string) => {
		if (!values.includes(name)) values.push(name);
		return values.indexOf(name);
	};
	const { equations, nested = [], lines = [], frames = [], outputs = [] } = small;
	const inputs = equations.map(({ reads }) => reads.map(value));
	const written = equations.map(({ writes }) => writes.map(value));
	const made = new Set(written.flat());
	const kindOf = (name: string, index: number) => {
		if (/^\d/.test(name)) return 2;
		if (name.startsWith("const")) return 1;
		return made.has(index) ? 3 : 0;
	};
	const region = (equation: number, runs: number, results: readonly string[]): RegionWire => ({
		name: "f",
		kind: equation < 0 ? "program" : "jaxpr",
		equation,
		inputs: [],
		constants: [],
		outputs: results.map(value),
		runs,
	});
	const same = <T>(item: T) => equations.map(() => item);
	const column = <K extends keyof SmallEquation>(key: K, otherwise: number) =>
		equations.map((one) => (one[key] as number | undefined) ?? otherwise);
	const regions = [
		region(-1, 1, outputs),
		...nested.map(({ equation, runs }) => region(equation, runs, [])),
	];
	return {
		...sampleWire(),
		name: "f",
		strings,
		types: [
			{ text: "f32[]", shape: [], dtype: "f32", weak_type: false, size_bytes: 4, sharding: null },
		],
		values: {
			name: values.map(string),
			type: values.map(() => 0),
			kind: values.map(kindOf),
		},
		equations: {
			primitive: equations.map(({ primitive }) => string(primitive)),
			span: column("span", -1),
			scope: same(string("")),
			phase: same(0),
			region: column("region", 0),
			flops: column("flops", 0),
			bytes: column("bytes", 0),
			parameters: same(string("")),
			frame: column("frame", -1),
			meaning: equations.map(({ meaning = "" }) => string(meaning)),
			input_count: inputs.map((list) => list.length),
			inputs: inputs.flat(),
			output_count: written.map((list) => list.length),
			outputs: written.flat(),
		},
		regions,
		spans: {
			file: lines.map(() => string("cell 1")),
			line: lines,
			column: lines.map(() => 0),
			end_line: lines,
			end_column: lines.map(() => 5),
			function: lines.map(() => string("f")),
		},
		frames: {
			span: frames.map(([span]) => span),
			caller: frames.map(([, caller]) => caller),
			library: frames.map(([, , library]) => library),
		},
		groups: {
			parent: [-1],
			kind: [0],
			name: [string("f")],
			region: [0],
			span: [-1],
			leaf: same(0),
			order: [],
		},
		sources: [],
		stages: [jaxpr(equations.length), ...hlo(small)],
		xla_estimate: small.estimate ?? null,
	};
}

/** One line per equation. */
function jaxpr(count: number): StageWire {
	const each = Array.from({ length: count }, (_, i) => i);
	return {
		name: "jaxpr",
		text: each.map((i) => `equation ${i}`).join("\n"),
		error: null,
		first_line: each.map((i) => i + 1),
		last_line: each.map((i) => i + 1),
		equation_count: each.map(() => 1),
		equations: each,
		span_count: each.map(() => 0),
		spans: [],
	};
}

function hlo({ hlo: text, hloLinks = {} }: SmallProgram): StageWire[] {
	if (text === undefined) return [];
	const links = Object.entries(hloLinks);
	const lines = links.map(([line]) => Number(line));
	return [
		{
			name: "hlo",
			text,
			error: null,
			first_line: lines,
			last_line: lines,
			equation_count: links.map(([, equations]) => equations.length),
			equations: links.flatMap(([, equations]) => [...equations]),
			span_count: lines.map(() => 0),
			spans: [],
		},
	];
}

export function small(program: SmallProgram): Program {
	return new Program(smallWire(program));
}
