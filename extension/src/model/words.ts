/** Numbers and places in words. Pure. */

import type { Program } from "./program";

/** `1_234_567` -> `1.23 MFLOP`. */
export function flopsText(flops: number): string {
	return scaled(flops, 1000, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP"]);
}

/** `1536` -> `1.5 KiB`. */
export function bytesText(bytes: number): string {
	return scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
}

/** `0.0012` -> `1.2 ms`. */
export function secondsText(seconds: number): string {
	if (seconds >= 1) return `${Number(seconds.toFixed(seconds >= 10 ? 1 : 2))} s`;
	return scaled(seconds * 1e9, 1000, ["ns", "µs", "ms"]);
}

/** `0.123` -> `12%`; what is there is never 0%. */
export function percentText(share: number): string {
	if (share <= 0) return "0%";
	if (share < 0.001) return "<0.1%";
	return `${Number((share * 100).toFixed(share < 0.0995 ? 1 : 0))}%`;
}

function scaled(amount: number, base: number, units: readonly string[]): string {
	// A share of something small is not nothing.
	if (amount > 0 && amount < 0.5) return `<1 ${units[0]}`;
	let rest = amount;
	let unit = 0;
	while (rest >= base && unit < units.length - 1) {
		rest /= base;
		unit++;
	}
	const digits = unit === 0 || rest >= 100 ? 0 : rest >= 10 ? 1 : 2;
	return `${Number(rest.toFixed(digits))} ${units[unit]}`;
}

export function countText(count: number, noun: string): string {
	return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** What an equation does, its inputs by name; empty where its primitive says it all. */
export function meaningText(program: Program, equation: number): string {
	const inputs = program.inputs.get(equation);
	const meaning = program.string(program.wire.equations.meaning[equation]);
	if (meaning === "?") return "";
	return meaning.replace(/\{(\d+)\}/g, (hole, at) => {
		const value = inputs[Number(at)];
		return value === undefined ? hole : program.valueName(value);
	});
}

/** How often one run of the program runs an equation. */
export function runsText(program: Program, equation: number): string {
	const runs = program.wire.regions[program.wire.equations.region[equation] ?? -1]?.runs ?? 1;
	if (runs < 0) return "as often as its while loop goes round";
	return runs === 1 ? "once" : `${runs.toLocaleString("en")} times`;
}

/** `cell 3, line 7`. */
export function placeText(program: Program, span: number): string {
	const { file, line, column, function: name } = program.wire.spans;
	const where = `${program.string(file[span])}, line ${line[span]}, column ${Number(column[span]) + 1}`;
	const scope = program.string(name[span]);
	return scope === "<module>" || scope === "?" ? where : `${where}, in ${scope}`;
}

/** `(x: f32[3], …) → f32[]`, short enough for a heading. */
export function signatureText(program: Program, most = 6): string {
	const whole = program.wire.regions[0];
	const names = program.wire.argument_names;
	const inputs = (whole?.inputs ?? []).map((value, i) => {
		const name = names[i];
		return name ? `${name}: ${program.valueType(value)}` : program.valueType(value);
	});
	const outputs = (whole?.outputs ?? []).map((value) => program.valueType(value));
	return `(${few(inputs, most)}) → ${outputs.length === 1 ? outputs[0] : `(${few(outputs, most)})`}`;
}

function few(items: readonly string[], most: number): string {
	if (items.length <= most) return items.join(", ");
	return `${items.slice(0, most - 1).join(", ")}, … ${items.length - most + 1} more`;
}
