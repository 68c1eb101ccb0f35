/** Programs made by chance: loops, branches and calls in groups in groups. */

import { Program } from "../src/model/program";
import { records, sampleWire } from "./records";

interface Draft {
	readonly strings: string[];
	readonly values: { name: number[]; type: number[]; kind: number[] };
	readonly rows: {
		primitive: number;
		parameters: number;
		region: number;
		inputs: number[];
		outputs: number[];
	}[];
	readonly regions: {
		name: string;
		kind: string;
		equation: number;
		inputs: number[];
		constants: number[];
		outputs: number[];
		runs: number;
	}[];
}

const KINDS = { input: 0, literal: 2, result: 3 };

/** A program of about `size` equations. */
export function madeUp(next: () => number, size: number): Program {
	const draft: Draft = {
		strings: [],
		values: { name: [], type: [], kind: [] },
		rows: [],
		regions: [],
	};
	addRegion(draft, next, { kind: "program", equation: -1, inputs: 3, size, depth: 0, outputs: 2 });
	const wire = sampleWire();
	const { rows, regions, strings, values } = draft;
	const zero = rows.map(() => 0);
	const flat = (lists: readonly (readonly number[])[]) => lists.flat();
	return new Program({
		...wire,
		argument_names: ["x", "y", "z"],
		strings,
		values,
		regions,
		types: [
			{
				text: "f32[2]",
				shape: [2],
				dtype: "float32",
				weak_type: false,
				size_bytes: 8,
				sharding: null,
			},
		],
		spans: { file: [], line: [], column: [], end_line: [], end_column: [], function: [] },
		frames: { span: [], caller: [], library: [] },
		sources: [],
		stages: [],
		groups: grouped(draft, next),
		equations: {
			primitive: rows.map(({ primitive }) => primitive),
			parameters: rows.map(({ parameters }) => parameters),
			region: rows.map(({ region }) => region),
			phase: rows.map(() => Number(next() < 0.5)),
			span: rows.map(() => -1),
			frame: rows.map(() => -1),
			scope: zero,
			flops: rows.map(() => Math.floor(next() * 100)),
			bytes: zero,
			meaning: zero,
			input_count: rows.map(({ inputs }) => inputs.length),
			inputs: flat(rows.map(({ inputs }) => inputs)),
			output_count: rows.map(({ outputs }) => outputs.length),
			outputs: flat(rows.map(({ outputs }) => outputs)),
		},
	});
}

interface Wanted {
	readonly kind: string;
	readonly equation: number;
	readonly inputs: number;
	readonly outputs: number;
	readonly size: number;
	readonly depth: number;
}

function addRegion(draft: Draft, next: () => number, wanted: Wanted): void {
	const region = draft.regions.length;
	const inputs = Array.from({ length: wanted.inputs }, () => value(draft, KINDS.input));
	const outputs: number[] = [];
	const { kind, equation } = wanted;
	draft.regions.push({ name: "", kind, equation, inputs, constants: [], outputs, runs: 1 });
	const known = [...inputs];
	const pick = () => {
		if (next() < 0.1) return value(draft, KINDS.literal);
		const recent = next() < 0.7 ? Math.max(0, known.length - 4) : 0;
		return known[recent + Math.floor(next() * (known.length - recent))] as number;
	};
	for (let i = 0; i < wanted.size; i++) {
		const holder = wanted.depth < 3 && next() < 0.15;
		known.push(...(holder ? addHolder : addPlain)(draft, next, { region, pick, wanted }));
	}
	for (let i = 0; i < wanted.outputs; i++) outputs.push(pick());
}

interface Place {
	readonly region: number;
	readonly pick: () => number;
	readonly wanted: Wanted;
}

function addPlain(draft: Draft, next: () => number, { region, pick }: Place): number[] {
	const inputs = Array.from({ length: Math.floor(next() * 3) + (next() < 0.9 ? 1 : 0) }, pick);
	return addRow(draft, {
		name: "add",
		parameters: "",
		region,
		inputs,
		outputs: next() < 0.2 ? 2 : 1,
	});
}

function addHolder(draft: Draft, next: () => number, { region, pick, wanted }: Place): number[] {
	const name = (["jit", "scan", "cond", "while"] as const)[Math.floor(next() * 4)] ?? "jit";
	const [consts, carry, rest] = [1, 1 + Math.floor(next() * 2), 2];
	const inputs = Array.from({ length: consts + carry + rest }, pick);
	const parameters = {
		jit: "",
		cond: "",
		scan: "",
		while: `cond_nconsts=${rest} body_nconsts=${consts}`,
	}[name];
	const outputs = name === "while" ? carry : carry + 1;
	const made = addRow(draft, { name, parameters, region, inputs, outputs });
	const own = {
		equation: draft.rows.length - 1,
		size: 2 + Math.floor(next() * 5),
		depth: wanted.depth + 1,
	};
	const add = (kind: string, count: number, results: number) =>
		addRegion(draft, next, { ...own, kind, inputs: count, outputs: results });
	if (name === "while") {
		add("cond_jaxpr", rest + carry, 1);
		add("body_jaxpr", consts + carry, carry);
	} else if (name === "cond") {
		for (let branch = 0; branch < 2; branch++) add("branches", inputs.length - 1, outputs);
	} else add("jaxpr", inputs.length, outputs);
	return made;
}

function addRow(
	draft: Draft,
	row: { name: string; parameters: string; region: number; inputs: number[]; outputs: number },
): number[] {
	const outputs = Array.from({ length: row.outputs }, () => value(draft, KINDS.result));
	const { region, inputs } = row;
	const [primitive, parameters] = [text(draft, row.name), text(draft, row.parameters)];
	draft.rows.push({ primitive, parameters, region, inputs, outputs });
	return outputs;
}

function value(draft: Draft, kind: number): number {
	const { name, type } = draft.values;
	type.push(0);
	draft.values.kind.push(kind);
	return name.push(text(draft, `v${name.length}`)) - 1;
}

function text({ strings }: Draft, words: string): number {
	const known = strings.indexOf(words);
	return known >= 0 ? known : strings.push(words) - 1;
}

/** Runs of the equations of each region, in groups up to three deep. */
function grouped(draft: Draft, next: () => number) {
	const parent: number[] = [];
	const kind: number[] = [];
	const region: number[] = [];
	const leaf = draft.rows.map(() => 0);
	const add = (outer: number, what: number, where: number) => {
		parent.push(outer);
		region.push(where);
		return kind.push(what) - 1;
	};
	draft.regions.forEach(({ equation }, where) => {
		const members = draft.rows.flatMap((row, e) => (row.region === where ? [e] : []));
		const split = (equations: readonly number[], group: number, depth: number) => {
			for (let at = 0; at < equations.length; ) {
				const run = equations.slice(at, at + 1 + Math.floor(next() * 6));
				at += run.length;
				if (run.length > 1 && depth < 3 && next() < 0.6) {
					split(run, add(group, 1 + Math.floor(next() * 5), where), depth + 1);
				} else for (const e of run) leaf[e] = group;
			}
		};
		split(members, add(equation < 0 ? -1 : (leaf[equation] as number), 0, where), 0);
	});
	const name = parent.map(() => 0);
	return { parent, kind, region, leaf, name, span: parent.map(() => -1), order: [] };
}

/** Programs that JAX made, and programs by chance. */
export function manyPrograms(chance: (seed: number) => () => number): [string, Program][] {
	const made = [11, 12, 13, 14, 15, 16].map((seed): [string, Program] => [
		`program of seed ${seed}`,
		madeUp(chance(seed), 30),
	]);
	return [...records(), ...made];
}
