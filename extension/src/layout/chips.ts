/** What is written on a box instead of an edge to it: inputs, literals, constants. Pure. */

import { constantText } from "../model/groupconstants";
import { KIND, type Program } from "../model/program";

export interface Chip {
	readonly text: string;
	/** What it stands for. */
	readonly values: readonly number[];
}

export const CHIP_HEIGHT = 15;
export const CHIP_GAP = 4;
const CHARACTER = 5.9;
const MOST = 3;
/** Letters of one chip, and about how many of all of them. */
const NAME = 16;
const TYPED = 28;
const ALL = 44;

export function chipWidth(text: string): number {
	return text.length * CHARACTER + 9;
}

export function chipsWidth(chips: readonly Chip[]): number {
	return chips.reduce((sum, { text }) => sum + chipWidth(text) + CHIP_GAP, -CHIP_GAP);
}

/** Chips of an equation: what each is called. What is called the same is one. */
export function namedChips(program: Program, values: readonly number[]): Chip[] {
	const same = new Map<string, number[]>();
	for (const value of values) {
		const text = chipText(program, value);
		const list = same.get(text);
		if (list) list.push(value);
		else same.set(text, [value]);
	}
	const all = [...same].map(([text, own]): Chip => {
		return { text: own.length > 1 ? `${text} ×${own.length}` : text, values: own };
	});
	let letters = 0;
	const fits = all.filter(({ text }) => {
		letters += text.length;
		return letters <= ALL;
	});
	const most = all.length > MOST ? MOST - 1 : MOST;
	const shown = all.slice(0, Math.max(1, Math.min(most, fits.length)));
	const rest = all.slice(shown.length);
	if (rest.length === 0) return shown;
	return [...shown, { text: `+${rest.length}`, values: rest.flatMap((chip) => chip.values) }];
}

/** Chips of a group: how many parameters its equations read. */
export function countedChips(program: Program, values: readonly number[]): Chip[] {
	const inputs = values.filter((value) => program.valueKind(value) === KIND.input);
	const constants = values.filter((value) => {
		return program.valueKind(value) === KIND.constant || (program.writer()[value] ?? -1) >= 0;
	});
	const chip = (own: number[], one: string): Chip[] => {
		if (own.length === 0) return [];
		return [{ text: own.length === 1 ? `1 ${one}` : `${own.length} ${one}s`, values: own }];
	};
	return [...chip(inputs, "input"), ...chip(constants, "constant")];
}

/** The last step of a long path says most; of a constant what it is made of, and its type. */
function chipText(program: Program, value: number): string {
	const writer = program.writer()[value] ?? -1;
	if (writer >= 0) {
		return cut(`${constantText(program, writer)} ${program.valueType(value)}`, TYPED);
	}
	if (program.valueKind(value) !== KIND.input) return cut(program.valueName(value), NAME);
	const name = inputName(program, value);
	return cut(name.length <= NAME ? name : (name.match(/\w+/g)?.at(-1) ?? name), NAME);
}

export function inputName(program: Program, value: number): string {
	const at = program.wire.regions[0]?.inputs.indexOf(value) ?? -1;
	return program.wire.argument_names[at] ?? program.valueName(value);
}

export function cut(text: string, most: number): string {
	return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** The chip at a distance from the middle of a row of chips; null between and beside them. */
export function chipAt(chips: readonly Chip[], x: number): Chip | null {
	let left = -chipsWidth(chips) / 2;
	for (const chip of chips) {
		const width = chipWidth(chip.text);
		if (x >= left && x <= left + width) return chip;
		left += width + CHIP_GAP;
	}
	return null;
}
