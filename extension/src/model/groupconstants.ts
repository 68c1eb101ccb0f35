/**
 * Equations that only spell a constant: `broadcast_in_dim 0.0`, `iota`, `1.0 / 1280.0`. A graph
 * writes them on what reads them, as it does with literals. Pure.
 */

import { KIND, type Program } from "./program";

/** Make a constant of nothing but literals. */
const SIGNS: Readonly<Record<string, string>> = {
	add: "+",
	sub: "−",
	mul: "×",
	div: "/",
	pow: "^",
};
const MAKERS = new Set([
	...Object.keys(SIGNS),
	..."iota broadcast_in_dim convert_element_type reshape neg sqrt rsqrt exp log max min".split(" "),
]);
/** Give a constant another shape or type, and are one themselves. */
const SHAPERS = new Set(["broadcast_in_dim", "convert_element_type", "reshape", "squeeze"]);

/** 1 for each equation that is drawn as a chip on its readers. */
export function constants(program: Program): Uint8Array {
	const { wire } = program;
	const found = new Uint8Array(program.equationCount);
	const flags = (of: ReadonlySet<string>) => wire.strings.map((text) => of.has(text));
	const [makes, shapes] = [flags(MAKERS), flags(SHAPERS)];
	const [writer, readers, held] = [program.writer(), program.readers(), program.held()];
	// What leaves its program is a result, and drawn.
	const leaves = new Uint8Array(wire.values.name.length);
	for (const { outputs } of wire.regions) for (const value of outputs) leaves[value] = 1;
	const { primitive, output_count } = wire.equations;
	for (let e = 0; e < found.length; e++) {
		const at = primitive[e] as number;
		if (!(makes[at] || shapes[at]) || output_count[e] !== 1 || held.count(e) > 0) continue;
		const output = program.outputs.first(e);
		if (leaves[output] === 1 || readers.count(output) === 0) continue;
		let isKnown = true;
		program.inputs.each(e, (value) => {
			if (program.valueKind(value) === KIND.literal) isKnown &&= makes[at] as boolean;
			else isKnown &&= (shapes[at] as boolean) && found[writer[value] as number] === 1;
		});
		if (isKnown) found[e] = 1;
	}
	return found;
}

/** `0.0`, `iota`, `1.0 / 1280.0`: what a constant is, whatever its shape. */
export function constantText(program: Program, equation: number): string {
	const name = program.primitive(equation);
	const inputs = program.inputs.get(equation).map((value) => {
		const writer = program.writer()[value] ?? -1;
		return writer < 0 ? program.valueName(value) : constantText(program, writer);
	});
	const sign = SIGNS[name];
	if (sign && inputs.length === 2) return inputs.join(` ${sign} `);
	if (SHAPERS.has(name) && inputs.length === 1) return inputs[0] as string;
	return inputs.length === 0 ? name : `${name}(${inputs.join(", ")})`;
}
