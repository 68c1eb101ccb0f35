/** What the nodes of a level say, and how much room that takes. Pure. */

import { GROUP, type Groups, type Thing } from "../model/groups";
import type { Program } from "../model/program";
import {
	CHIP_HEIGHT,
	type Chip,
	chipsWidth,
	chipWidth,
	countedChips,
	cut,
	inputName,
	namedChips,
} from "./chips";
import { type Marks, marksOf, marksWidth, NO_MARKS, roomOf } from "./marks";
import type { Level, LevelNode, Levels } from "./visible";

export interface NodeBox {
	readonly label: string;
	/** Second line; empty for none. */
	readonly detail: string;
	readonly chips: readonly Chip[];
	/** What devices send there. */
	readonly marks: Marks;
	/** Drawn as several sheets, one behind another. */
	readonly isStack: boolean;
	readonly canOpen: boolean;
	/** Part of its equations that is of the backward pass; -1 for what is no equation. */
	readonly backward: number;
	readonly width: number;
	readonly height: number;
}

const LABEL = 30;
const CHARACTER = 7.4;
const DOT = 7;

export function nodeBox(levels: Levels, node: LevelNode): NodeBox {
	const { program } = levels.groups;
	if (node.kind === "thing") return thingBox(levels, node);
	if (node.kind === "input") {
		const value = levels.flow.inputOf(node.key);
		return sized({ label: inputName(program, value), detail: program.valueType(value) });
	}
	if (node.kind === "output") {
		const values = [...node.outer];
		const label = values.length === 1 ? "output" : `${values.length} outputs`;
		const chips = namedChips(program, node.chips);
		return sized({ label, detail: typesText(program, values), chips });
	}
	if (!node.port) return { ...sized({ label: "" }), width: DOT, height: DOT };
	const types = typesText(program, [...node.outer]);
	const label = `${PORT_WORDS[node.port]} ${types}`.trim();
	return { ...sized({ label }), width: chipWidth(label) + 6, height: CHIP_HEIGHT + 1 };
}

const PORT_WORDS = {
	consts: "consts",
	carry: "carry",
	xs: "xs: one per step",
	"carry out": "carry",
	ys: "ys: one per step",
	pred: "go on?",
};

function thingBox(levels: Levels, node: LevelNode): NodeBox {
	const { groups } = levels;
	const { program } = groups;
	const thing = node.key;
	const isGroup = !groups.isEquation(thing);
	const inside = groups.inside[thing] as number;
	const canOpen = groups.canOpen(thing);
	const chips = isGroup ? countedChips(program, node.chips) : namedChips(program, node.chips);
	if (node.results.length > 0) {
		const many = node.results.length;
		const type = program.valueType(node.results[0] as number);
		const text = many === 1 ? `→ out ${cut(type, LABEL)}` : `→ ${many} outputs`;
		chips.push({ text, values: node.results });
	}
	const size = canOpen ? `${inside.toLocaleString("en")} equations` : "";
	return sized({
		label: thingName(groups, thing),
		detail: size,
		chips,
		marks: marksOf(levels.marks().of(thing), canOpen),
		isStack: isGroup && kindOf(groups, thing) === GROUP.repeat,
		canOpen,
		backward: (groups.backward[thing] as number) / Math.max(1, inside),
	});
}

function kindOf(groups: Groups, thing: Thing): number {
	return groups.program.wire.groups.kind[groups.group(thing)] ?? GROUP.region;
}

/** What a group or an equation is called: `Block × 12`, `jit loss`, `scan × 5`, `branch 1`. */
export function thingName(groups: Groups, thing: Thing): string {
	const { program } = groups;
	if (groups.isEquation(thing)) return equationName(program, thing);
	const group = groups.group(thing);
	const { name, kind, region } = program.wire.groups;
	const text = program.string(name[group]);
	if (kind[group] === GROUP.repeat) return `${cut(text, LABEL - 6)} × ${repeats(groups, thing)}`;
	if (kind[group] !== GROUP.region) return cut(text, LABEL);
	return regionName(program, region[group] as number);
}

/** How many siblings there are; a long run of them stands in parts. */
function repeats(groups: Groups, thing: Thing): number {
	return groups.entries(thing).reduce((sum, entry) => {
		const isPart = !groups.isEquation(entry) && kindOf(groups, entry) === GROUP.part;
		return sum + (isPart ? repeats(groups, entry) : 1);
	}, 0);
}

function equationName(program: Program, equation: number): string {
	const primitive = program.primitive(equation);
	const held = program.held().get(equation)[0];
	if (held === undefined) return cut(primitive, LABEL);
	const { name, runs } = program.wire.regions[held] as { name: string; runs: number };
	const around = program.wire.regions[program.wire.equations.region[equation] as number]?.runs ?? 1;
	const times = primitive === "scan" && runs > 0 && around > 0 ? runs / around : 1;
	const own = name && name !== primitive && name !== "?" ? `${primitive} ${name}` : primitive;
	return times > 1 ? `${cut(own, LABEL - 6)} × ${times}` : cut(own, LABEL);
}

function regionName(program: Program, region: number): string {
	const { name, kind, equation } = program.wire.regions[region] as {
		name: string;
		kind: string;
		equation: number;
	};
	if (equation < 0) return cut(program.wire.name || name, LABEL);
	const siblings = program.held().get(equation);
	const at = siblings.indexOf(region);
	if (kind === "cond_jaxpr") return "condition";
	if (kind === "body_jaxpr") return "body";
	if (program.primitive(equation) === "cond") {
		if (siblings.length !== 2) return `branch ${at}`;
		return at === 0 ? "branch 0: false" : "branch 1: true";
	}
	return cut(kind.replace(/_?jaxpr$/, "") || `part ${at}`, LABEL);
}

/** `f32[8,16]`, and how many more: the largest says most. */
export function typesText(program: Program, values: readonly number[]): string {
	const [first] = values;
	if (first === undefined) return "";
	const size = (value: number) =>
		program.wire.types[program.wire.values.type[value] as number]?.size_bytes ?? 0;
	const largest = values.reduce((most, value) => (size(value) > size(most) ? value : most), first);
	const more = values.length > 1 ? ` +${values.length - 1}` : "";
	return `${cut(program.valueType(largest), LABEL)}${more}`;
}

function sized(words: Partial<NodeBox> & { readonly label: string }): NodeBox {
	const { label, detail = "", chips = [], marks = NO_MARKS, canOpen = false } = words;
	const text = Math.max(label.length * CHARACTER + (canOpen ? 18 : 0), detail.length * 6);
	const room = roomOf(marks);
	const wide = Math.max(...Object.values(marks).map(marksWidth));
	const own = 24 + (detail ? 14 : 0) + (chips.length > 0 ? CHIP_HEIGHT + 3 : 0);
	return {
		isStack: false,
		canOpen,
		backward: -1,
		...words,
		detail,
		chips,
		marks,
		width: Math.ceil(Math.max(46, text + 18, chipsWidth(chips) + 12, wide + 12)),
		height: own + room.above + room.inside + room.below,
	};
}

export function titleWidth(title: string): number {
	return title.length * CHARACTER + 44;
}

export function boxesOf(levels: Levels, level: Level): readonly NodeBox[] {
	return level.nodes.map((node) => nodeBox(levels, node));
}
