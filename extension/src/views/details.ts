/** Everything about one equation: a table, each row of which can fail alone. */

import type { Fates } from "../model/fate";
import { KIND, type Program } from "../model/program";
import { bytesText, flopsText, meaningText, placeText, runsText } from "../model/words";
import type { CallStack } from "./callstack";
import { type ChipEvents, chip, equationChips, valueChip } from "./chips";
import { h } from "./dom";
import { moveRows } from "./movedetails";

const MOST_VALUES = 30;
const MOST_CHIPS = 12;

export interface Parts {
	readonly program: Program;
	readonly fates: Fates;
	readonly stack: CallStack;
	readonly events: ChipEvents;
	/** Goes to a line of the optimised HLO. */
	open(line: number): void;
}

type Content = readonly (Node | string)[];

export function details(parts: Parts, equation: number): HTMLElement {
	const { program } = parts;
	const { flops, bytes } = program.wire.equations;
	const rows: [string, () => Content][] = [
		["does", () => [meaningText(program, equation)].filter(Boolean)],
		["sends", () => moveRows(parts, equation)],
		["became", () => fates(parts, equation)],
		["parameters", () => parameters(program, equation)],
		["reads", () => values(parts, program.inputs.get(equation), "from")],
		["writes", () => values(parts, program.outputs.get(equation), "to")],
		["calls", () => [parts.stack.of(equation)].filter((list) => list !== null)],
		["source", () => source(parts, equation)],
		["name scope", () => [program.scope(equation)].filter(Boolean)],
		["phase", () => [program.isBackward(equation) ? "backward" : "forward"]],
		["work", () => (flops[equation] ? [flopsText(flops[equation] as number)] : ["none counted"])],
		["data", () => [`${bytesText(bytes[equation] ?? 0)} read and written`]],
		["runs", () => [runsText(program, equation)]],
	];
	return h("dl", { class: "jxp-details" }, ...rows.flatMap(([name, make]) => detail(name, make)));
}

/** A value that the reader chose: what it is, who made it, who reads it. */
export function valueDetails({ program, events }: Parts, value: number): HTMLElement[] {
	return [valueLine({ program, events }, value, "both")];
}

function detail(name: string, make: () => Content): HTMLElement[] {
	const content = contained(make);
	if (content.length === 0) return [];
	return [h("dt", {}, name), h("dd", {}, ...content)];
}

/** A fault in one part of a description must not take the others with it. */
export function contained(make: () => Content): Content {
	try {
		return make();
	} catch (error) {
		return [h("span", { class: "jxp-fault" }, `cannot be shown: ${String(error)}`)];
	}
}

function parameters(program: Program, equation: number): Content {
	const text = program.parameters(equation);
	return text === "" ? [] : [h("code", {}, text)];
}

function values(parts: Parts, list: readonly number[], side: Side): Content {
	const shown = list.slice(0, MOST_VALUES).map((value) => valueLine(parts, value, side));
	const left = list.length - shown.length;
	return left > 0 ? [...shown, `and ${left.toLocaleString("en")} more`] : shown;
}

/** Where a value comes from says nothing new beside the equation that wrote it. */
type Side = "from" | "to" | "both";

function valueLine(
	{ program, events }: Pick<Parts, "program" | "events">,
	value: number,
	side: Side,
): HTMLElement {
	const type = program.wire.types[program.wire.values.type[value] ?? -1];
	const facts = [
		type?.weak_type ? "weak type" : "",
		type ? bytesText(type.size_bytes) : "",
		type?.sharding ? `sharded ${type.sharding}` : "",
	].filter(Boolean);
	const writer = program.writer()[value] ?? -1;
	const readers = program.readers().get(value);
	const from =
		writer >= 0
			? [words("from"), ...equationChips(program, [writer], events, 1)]
			: [words(originOf(program, value))];
	const to =
		readers.length > 0
			? [words("read by"), ...equationChips(program, readers, events, MOST_CHIPS)]
			: [words(isReturned(program, value) ? "returned" : "read by nothing here")];
	return h(
		"div",
		{ class: "jxp-row" },
		valueChip(program, value, events),
		h("span", { class: "jxp-name" }, facts.join(", ")),
		...(side === "to" ? [] : from),
		...(program.valueKind(value) === KIND.literal ? [] : to),
	);
}

/** Whether a program, the whole or a nested one, gives it back. */
function isReturned(program: Program, value: number): boolean {
	return program.wire.regions.some(({ outputs }) => outputs.includes(value));
}

/** Words that stand between chips. */
function words(text: string): HTMLElement {
	return h("span", { class: "jxp-name" }, text);
}

/** What a value that no equation wrote is. */
function originOf(program: Program, value: number): string {
	const kind = program.valueKind(value);
	if (kind === KIND.literal) return "a literal";
	if (kind === KIND.constant) return "a constant";
	const at = program.wire.regions[0]?.inputs.indexOf(value) ?? -1;
	if (at < 0) return "an input of the program around it";
	const name = program.wire.argument_names[at];
	return name ? `the input ${name}` : `input ${at + 1}`;
}

function source({ program, events }: Parts, equation: number): Content {
	const span = program.spanOf(equation);
	if (span < 0) return ["unknown"];
	return [chip([placeText(program, span)], { kind: "span", span }, events)];
}

/** What became of an equation, each as a way to its line. */
export function fates(
	{ fates: all, program, open }: Parts,
	equation: number,
	most = MOST_CHIPS,
): Content {
	const found = all.of(equation);
	if (found.length === 0) {
		const stage = program.stage("hlo");
		return stage ? [stage.error ?? "unknown"] : [];
	}
	const shown = found.slice(0, most).map(({ words, line }) => {
		if (line === 0) return h("span", { class: "jxp-fate" }, words);
		const button = h("button", { type: "button", class: "jxp-chip" }, `${words}, line ${line}`);
		button.addEventListener("click", () => open(line));
		return button;
	});
	const left = found.length - shown.length;
	return left > 0 ? [...shown, `+${left} more`] : shown;
}
