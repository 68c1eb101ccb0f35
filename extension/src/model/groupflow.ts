/**
 * Where a value that is read comes from and where one that is written goes, across the borders
 * of nested programs. Pure.
 *
 * Through a jit, a cond or a custom derivative values pass as if it were not there. A scan and
 * a while have ports: what enters a loop's body is a constant, the carry or a slice.
 */

import type { Groups, Thing } from "./groups";
import { type ScanParts, scanParts } from "./scanparts";

export const PORTS = ["consts", "carry", "xs", "carry out", "ys", "pred"] as const;
export type PortName = (typeof PORTS)[number];

/** One end of an edge: an equation, a port of a loop, an input or the output of the program. */
export interface End {
	/** The equation, or a number that no thing has. */
	readonly key: number;
	/** The thing that it directly stands in. */
	readonly home: Thing;
}

/** What an equation reads: made somewhere, or a mere chip on it. */
export type Source =
	| { readonly end: End; readonly chip: null }
	| { readonly end: null; readonly chip: number };

export interface PortOf {
	readonly name: PortName;
	readonly home: Thing;
}

type Passage =
	| { readonly kind: "through"; readonly outer: number }
	| { readonly kind: "port"; readonly name: PortName; readonly outer: number };

export class Flow {
	readonly groups: Groups;
	/** Program inputs that are boxes; all others are chips. */
	readonly boxed: ReadonlySet<number>;
	/** The output of the program is a box. */
	readonly hasOutput: boolean;
	/** Per value, the region that it is an input of, or -1, and which. */
	private readonly region: Int32Array;
	private readonly index: Int32Array;
	/** Per value, where it is an output of its region. */
	private readonly results: ReadonlyMap<number, readonly number[]>;
	private readonly base: number;
	private readonly parameters = new Map<string, number>();
	private readonly scans = new Map<number, ScanParts>();

	constructor(groups: Groups, boxed: ReadonlySet<number>, hasOutput: boolean) {
		this.groups = groups;
		this.boxed = boxed;
		this.hasOutput = hasOutput;
		const { wire } = groups.program;
		this.region = new Int32Array(wire.values.name.length).fill(-1);
		this.index = new Int32Array(wire.values.name.length);
		this.base = groups.count;
		const results = new Map<number, number[]>();
		wire.regions.forEach(({ inputs, outputs }, region) => {
			inputs.forEach((value, i) => {
				this.region[value] = region;
				this.index[value] = i;
			});
			outputs.forEach((value, i) => {
				const list = results.get(value);
				if (list) list.push(i);
				else results.set(value, [i]);
			});
		});
		this.results = results;
	}

	/** The key of a port of the thing that a loop's body stands in. */
	portKey(home: Thing, name: PortName): number {
		return -2 - home * PORTS.length - PORTS.indexOf(name);
	}

	/** The port that a key stands for. */
	portOf(key: number): PortOf | null {
		if (key > -2) return null;
		const number = -2 - key;
		const name = PORTS[number % PORTS.length] as PortName;
		return { name, home: Math.floor(number / PORTS.length) };
	}

	inputKey(value: number): number {
		return this.base + 1 + value;
	}

	/** The program input that a key stands for; -1 for none. */
	inputOf(key: number): number {
		return key > this.base ? key - this.base - 1 : -1;
	}

	get outputKey(): number {
		return this.base;
	}

	/** Where a value that is read in its own region comes from. */
	source(value: number): Source {
		const { program } = this.groups;
		let at = value;
		for (let step = 0; step <= program.wire.regions.length; step++) {
			const writer = program.writer()[at] ?? -1;
			if (writer >= 0) {
				if (this.groups.isConstant(writer)) return { end: null, chip: at };
				return { end: { key: writer, home: this.groups.parent[writer] as number }, chip: null };
			}
			const region = this.region[at] ?? -1;
			if (region < 0) return { end: null, chip: at };
			if (region === 0) {
				if (!this.boxed.has(at)) return { end: null, chip: at };
				return { end: { key: this.inputKey(at), home: this.groups.root }, chip: null };
			}
			const passage = this.entry(region, this.index[at] as number);
			if (passage.kind === "port") {
				// A parameter that a loop reads in every step is a chip in there as well.
				if (passage.name === "consts" && passage.outer >= 0) {
					const outer = this.source(passage.outer);
					if (outer.end === null) return outer;
				}
				const home = this.groups.holderOf(region);
				return { end: { key: this.portKey(home, passage.name), home }, chip: null };
			}
			if (passage.outer < 0) return { end: null, chip: at };
			at = passage.outer;
		}
		return { end: null, chip: value };
	}

	/** Who reads a value that `region` writes, wherever that is, except in `region` itself. */
	targetsOutside(value: number, region: number): readonly End[] {
		const { program } = this.groups;
		const outputs = this.results.get(value);
		if (!outputs) return [];
		if (region === 0) {
			return this.hasOutput ? [{ key: this.outputKey, home: this.groups.root }] : [];
		}
		const holder = program.wire.regions[region]?.equation ?? -1;
		const ends: End[] = [];
		for (const i of outputs) {
			const passage = this.exit(region, i);
			if (passage.kind === "port") {
				const home = this.groups.holderOf(region);
				ends.push({ key: this.portKey(home, passage.name), home });
			} else if (passage.outer >= 0) {
				const outside = program.wire.equations.region[holder] as number;
				ends.push(...this.readersOf(passage.outer));
				ends.push(...this.targetsOutside(passage.outer, outside));
			}
		}
		return ends;
	}

	/** Equations that read a value in its own region. */
	readersOf(value: number): End[] {
		return [...new Set(this.groups.program.readers().get(value))].map((key) => ({
			key,
			home: this.groups.parent[key] as number,
		}));
	}

	/** Places of a value among the outputs of its region. */
	isOutput(value: number): boolean {
		return this.results.has(value);
	}

	/** How input `i` of a region gets in. */
	entry(region: number, i: number): Passage {
		const { program } = this.groups;
		const {
			equation,
			kind,
			inputs: own,
		} = program.wire.regions[region] as {
			equation: number;
			kind: string;
			inputs: readonly number[];
		};
		const inputs = program.inputs.get(equation);
		const primitive = program.primitive(equation);
		const number = (name: string) => this.parameter(equation, name);
		if (primitive === "scan") {
			const { consts, carry } = this.scan(equation, region);
			const name = i < consts ? "consts" : i < consts + carry ? "carry" : "xs";
			return { kind: "port", name, outer: inputs[i] ?? -1 };
		}
		if (primitive === "while") {
			const [first, second] = [number("cond_nconsts"), number("body_nconsts")];
			const isBody = kind.startsWith("body");
			const consts = isBody ? second : first;
			if (i >= consts) {
				return { kind: "port", name: "carry", outer: inputs[first + second + i - consts] ?? -1 };
			}
			return { kind: "port", name: "consts", outer: inputs[isBody ? first + i : i] ?? -1 };
		}
		// A cond reads first which branch to take.
		const skipped = primitive === "cond" ? inputs.length - own.length : 0;
		const isKnown = skipped > 0 || inputs.length === own.length;
		return { kind: "through", outer: isKnown ? (inputs[i + skipped] ?? -1) : -1 };
	}

	/** How output `i` of a region gets out. */
	exit(region: number, i: number): Passage {
		const { program } = this.groups;
		const {
			equation,
			kind,
			outputs: own,
		} = program.wire.regions[region] as {
			equation: number;
			kind: string;
			outputs: readonly number[];
		};
		const outputs = program.outputs.get(equation);
		const primitive = program.primitive(equation);
		if (primitive === "scan") {
			const isCarry = i < this.scan(equation, region).carry;
			return { kind: "port", name: isCarry ? "carry out" : "ys", outer: outputs[i] ?? -1 };
		}
		if (primitive === "while") {
			if (!kind.startsWith("body")) return { kind: "port", name: "pred", outer: -1 };
			return { kind: "port", name: "carry out", outer: outputs[i] ?? -1 };
		}
		return { kind: "through", outer: outputs.length === own.length ? (outputs[i] ?? -1) : -1 };
	}

	private scan(equation: number, region: number): ScanParts {
		const known = this.scans.get(equation);
		if (known) return known;
		const parts = scanParts(this.groups.program, equation, region);
		this.scans.set(equation, parts);
		return parts;
	}

	private parameter(equation: number, name: string): number {
		const key = `${equation} ${name}`;
		const known = this.parameters.get(key);
		if (known !== undefined) return known;
		const found = new RegExp(`\\b${name}=(\\d+)`).exec(this.groups.program.parameters(equation));
		const number = Number(found?.[1] ?? 0);
		this.parameters.set(key, number);
		return number;
	}
}
