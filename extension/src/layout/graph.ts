/**
 * One region of a program as boxes and edges: equations, inputs and an output box.
 *
 * Literals, constants and inputs that many equations read are chips on their readers, not
 * boxes: a parameter's edges to everything would hide the shape of the program. Pure.
 */

import { KIND, type Program } from "../model/program";

export interface GraphNode {
	readonly kind: "equation" | "input" | "output";
	/** The equation, or -1. */
	readonly equation: number;
	readonly label: string;
	readonly detail: string;
	readonly chips: readonly string[];
	/** Holds regions that can be opened. */
	readonly nested: boolean;
	readonly backward: boolean;
	readonly width: number;
	readonly height: number;
}

export interface Graph {
	/** Every edge goes from a lower to a higher index. */
	readonly nodes: readonly GraphNode[];
	readonly from: readonly number[];
	readonly to: readonly number[];
	/** What is left out, for the reader; empty when nothing is. */
	readonly note: string;
}

export interface Window {
	/** Most equations drawn. */
	readonly most: number;
	/** Equation to stay around when there are more. */
	readonly around: number;
}

const SHARED = 3;
const CHIPS = 4;
const CHARACTER = 6.8;
const CHIP_CHARACTER = 5.8;
export const CHIP_HEIGHT = 15;
const NAME_LENGTH = 28;

export function regionGraph(program: Program, region: number, window: Window): Graph {
	const whole = program.wire.regions[region];
	const { equations, note } = visible(program.members().get(region), window);
	const shown = new Set(equations);
	const inputs = whole?.inputs ?? [];
	const readers = countReaders(program, equations);
	const nodes: GraphNode[] = [];
	const from: number[] = [];
	const to: number[] = [];
	/** The box that each value comes from. */
	const source = new Map<number, number>();
	const names = region === 0 ? program.wire.argument_names : [];
	const inputName = new Map<number, string>();
	inputs.forEach((value, i) => {
		const name = names[i] ?? program.valueName(value);
		inputName.set(value, name);
		const count = readers.get(value) ?? 0;
		// A window shows its own neighbourhood; inputs nobody in it reads are noise.
		if (count > SHARED || (note !== "" && count === 0)) return;
		source.set(value, nodes.length);
		nodes.push(box({ kind: "input", label: name, detail: program.valueType(value) }));
	});
	for (const equation of equations) {
		const reads = new Set(program.inputs.get(equation));
		const chips: string[] = [];
		const edges: number[] = [];
		for (const value of reads) {
			const maker = source.get(value);
			if (maker !== undefined) edges.push(maker);
			else chips.push(inputName.get(value) ?? chipName(program, value));
		}
		for (const maker of new Set(edges)) {
			from.push(maker);
			to.push(nodes.length);
		}
		for (const value of program.outputs.get(equation)) source.set(value, nodes.length);
		nodes.push(equationBox(program, equation, chips));
	}
	const results = whole?.outputs ?? [];
	const makers = new Set(results.flatMap((value) => source.get(value) ?? []));
	if (results.length > 0 && (note === "" || makers.size > 0)) {
		for (const maker of makers) {
			from.push(maker);
			to.push(nodes.length);
		}
		const types = results.map((value) => program.valueType(value));
		const label = results.length === 1 ? "output" : `${results.length} outputs`;
		const detail = types.length > 3 ? `${types.slice(0, 2).join(" ")} …` : types.join(" ");
		nodes.push(box({ kind: "output", label, detail }));
	}
	return { nodes, from, to, note: shown.size === 0 && note === "" ? "No equations here." : note };
}

function visible(
	all: readonly number[],
	window: Window,
): { equations: readonly number[]; note: string } {
	if (all.length <= window.most) return { equations: all, note: "" };
	const middle = Math.max(0, all.indexOf(window.around));
	const start = Math.max(0, Math.min(middle - (window.most >> 1), all.length - window.most));
	const end = start + window.most;
	const range = `${(start + 1).toLocaleString("en")}–${end.toLocaleString("en")}`;
	const note = `Equations ${range} of ${all.length.toLocaleString("en")}; select another to move there.`;
	return { equations: all.slice(start, end), note };
}

function countReaders(program: Program, equations: readonly number[]): Map<number, number> {
	const readers = new Map<number, number>();
	for (const equation of equations) {
		for (const value of new Set(program.inputs.get(equation))) {
			readers.set(value, (readers.get(value) ?? 0) + 1);
		}
	}
	return readers;
}

function chipName(program: Program, value: number): string {
	const name = program.valueName(value);
	return program.valueKind(value) === KIND.result ? `↑${name}` : name;
}

function equationBox(program: Program, equation: number, chips: readonly string[]): GraphNode {
	const outputs = program.outputs.get(equation);
	const first = outputs[0] === undefined ? "" : program.valueType(outputs[0]);
	const held = program.held().get(equation)[0];
	const name = held === undefined ? "" : (program.wire.regions[held]?.name ?? "");
	const primitive = program.primitive(equation);
	return box({
		kind: "equation",
		equation,
		label: name && name !== primitive ? `${primitive} ${name}` : primitive,
		detail: outputs.length > 1 ? `${first} +${outputs.length - 1}` : first,
		chips,
		nested: held !== undefined,
		backward: program.isBackward(equation),
	});
}

type Unsized = Partial<GraphNode> & Pick<GraphNode, "kind" | "label" | "detail">;

function box(node: Unsized): GraphNode {
	const label = shorten(node.label, NAME_LENGTH);
	const detail = shorten(node.detail, NAME_LENGTH);
	const all = node.chips ?? [];
	const chips = all.slice(0, CHIPS).map((chip) => shorten(chip, 12));
	if (all.length > CHIPS) chips.push(`+${all.length - CHIPS}`);
	const chipsWidth = chips.reduce((sum, chip) => sum + chipWidth(chip) + 4, -4);
	const text = Math.max(label.length, detail.length) * CHARACTER;
	return {
		equation: -1,
		nested: false,
		backward: false,
		...node,
		label,
		detail,
		chips,
		width: Math.ceil(Math.max(54, text + 20, chipsWidth + 12)),
		height: 36 + (chips.length > 0 ? CHIP_HEIGHT + 3 : 0),
	};
}

export function chipWidth(chip: string): number {
	return chip.length * CHIP_CHARACTER + 8;
}

function shorten(text: string, most: number): string {
	return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
