/** Equations that nothing needs, and those that need nothing from a run. Pure. */

import { KIND, type Program } from "./program";

/** These do something beside their results. */
const ACTS = /callback|print|debug|infeed|outfeed|^get$|^swap$|^addupdate$|send|recv/;

/** These have no inputs, but differ from device to device. */
const PLACE = /^(axis_index|platform_index)$/;

export interface Lifetimes {
	/** 1 where no result is read, or only by such equations. */
	readonly dead: Uint8Array;
	/** 1 where all inputs are constants, or results of such equations. */
	readonly constant: Uint8Array;
}

export function lifetimes(program: Program): Lifetimes {
	const count = program.equationCount;
	const dead = new Uint8Array(count);
	const constant = new Uint8Array(count);
	const isResult = new Uint8Array(program.wire.values.name.length);
	for (const region of program.wire.regions) {
		for (const value of region.outputs) isResult[value] = 1;
	}
	const readers = program.readers();
	const acts = actors(program);
	// Whatever reads a value comes after what wrote it.
	for (let equation = count - 1; equation >= 0; equation--) {
		const outputs = program.outputs.get(equation);
		if (outputs.length === 0 || acts[equation] === 1) continue;
		const isRead = outputs.some(
			(value) => isResult[value] === 1 || readers.get(value).some((reader) => dead[reader] === 0),
		);
		dead[equation] = isRead ? 0 : 1;
	}
	const writer = program.writer();
	const held = program.held();
	for (let equation = 0; equation < count; equation++) {
		if (held.count(equation) > 0 || acts[equation] === 1) continue;
		if (PLACE.test(program.primitive(equation))) continue;
		const isConstant = program.inputs.get(equation).every((value) => {
			const kind = program.valueKind(value);
			const made = writer[value] ?? -1;
			return kind === KIND.literal || kind === KIND.constant || (made >= 0 && constant[made] === 1);
		});
		constant[equation] = isConstant ? 1 : 0;
	}
	return { dead, constant };
}

/** 1 for what does something beside its results, or holds what does. */
function actors(program: Program): Uint8Array {
	const acts = new Uint8Array(program.equationCount);
	const { region } = program.wire.equations;
	// What an equation holds comes after it.
	for (let equation = acts.length - 1; equation >= 0; equation--) {
		if (acts[equation] === 0 && !ACTS.test(program.primitive(equation))) continue;
		acts[equation] = 1;
		const holder = program.wire.regions[region[equation] as number]?.equation ?? -1;
		if (holder >= 0) acts[holder] = 1;
	}
	return acts;
}
