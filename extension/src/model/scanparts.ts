/** Which inputs of a scan are constants, carried, or read row by row. Pure. */

import type { Program } from "./program";

export interface ScanParts {
	readonly consts: number;
	readonly carry: number;
}

/**
 * Counts from the types: what is read or stacked row by row has one axis more outside than in
 * the body. JAX's own parameters say it only in some versions.
 */
export function scanParts(program: Program, equation: number, region: number): ScanParts {
	const body = program.wire.regions[region];
	const inputs = program.inputs.get(equation);
	const outputs = program.outputs.get(equation);
	const rows = longer(program, inputs, body?.inputs ?? []);
	const carry = outputs.length - longer(program, outputs, body?.outputs ?? []);
	return { consts: Math.max(0, inputs.length - rows - carry), carry };
}

/** How many at the end have one axis more outside. */
function longer(program: Program, outside: readonly number[], inside: readonly number[]): number {
	let count = 0;
	for (let i = outside.length - 1; i >= 0; i--) {
		const [outer, inner] = [rank(program, outside[i]), rank(program, inside[i])];
		if (outer !== inner + 1) break;
		count++;
	}
	return count;
}

function rank(program: Program, value: number | undefined): number {
	const type = program.wire.types[program.wire.values.type[value ?? -1] ?? -1];
	return type?.shape.length ?? Number.NaN;
}
