/** Reads what a host hands over, and says clearly what is wrong with it when it cannot. */

import type { Column, ProgramWire } from "./program";
import { unpack } from "./unpack";

export const VIEW_FORMAT = "jaxplore.view/1";
export const PROGRAM_FORMAT = "jaxplore.program/2";

/** A payload that cannot be shown: what failed, what was given, what to do. */
export class PayloadError extends Error {
	constructor(what: string, got: string, todo: string) {
		super(`${what}\nGot: ${got}.\nDo: ${todo}`);
		this.name = "PayloadError";
	}
}

const AGAIN = "run the cell again with the installed jaxplore.";

/** The program inside a payload, unpacked and checked. */
export async function readPayload(payload: unknown): Promise<ProgramWire> {
	if (!isRecord(payload)) {
		throw new PayloadError("Cannot show this output: its data is missing.", brief(payload), AGAIN);
	}
	if (payload.format !== VIEW_FORMAT) {
		throw new PayloadError(
			"Cannot show this output: it was written by another version of jaxplore.",
			`format ${brief(payload.format)}, this view reads ${brief(VIEW_FORMAT)}`,
			AGAIN,
		);
	}
	if (payload.view !== "explorer") {
		throw new PayloadError(
			"Cannot show this output: its view is unknown.",
			brief(payload.view),
			AGAIN,
		);
	}
	const { packed } = payload;
	const program = typeof packed === "string" ? await unpacked(packed) : payload.program;
	return checkProgram(program);
}

async function unpacked(packed: string): Promise<unknown> {
	try {
		return await unpack(packed);
	} catch (error) {
		// What the browser says of it ("Failed to fetch") would send the reader to the network.
		const isTheBrowsers = error instanceof TypeError || error instanceof DOMException;
		const size = packed.length.toLocaleString("en");
		const got = isTheBrowsers ? `${size} characters, cut short or changed` : brief(String(error));
		throw new PayloadError("Cannot unpack this program.", got, AGAIN);
	}
}

/** `data` as a program, once everything a view relies on has been checked. */
export function checkProgram(data: unknown): ProgramWire {
	if (!isRecord(data)) {
		throw new PayloadError("Cannot read this program: there is none.", brief(data), AGAIN);
	}
	if (data.format !== PROGRAM_FORMAT) {
		throw new PayloadError(
			"Cannot read this program: it is of another format.",
			`format ${brief(data.format)}, this view reads ${brief(PROGRAM_FORMAT)}`,
			AGAIN,
		);
	}
	const wire = data as unknown as ProgramWire;
	for (const name of [
		"strings",
		"types",
		"regions",
		"sources",
		"stages",
		"argument_names",
	] as const) {
		need(Array.isArray(wire[name]), name);
	}
	sameLength("values", wire.values, ["name", "type", "kind"]);
	const rows = wire.equations;
	sameLength("equations", rows, EQUATION_COLUMNS);
	adds("equations.inputs", rows.inputs, rows.input_count);
	adds("equations.outputs", rows.outputs, rows.output_count);
	sameLength("frames", wire.frames, ["span", "caller", "library"]);
	sameLength("groups", wire.groups, ["parent", "kind", "name", "region", "span"]);
	need(wire.groups.leaf?.length === rows.primitive.length, "groups.leaf");
	sameLength("spans", wire.spans, ["file", "line", "column", "end_line", "end_column", "function"]);
	need(wire.regions.length > 0, "regions");
	for (const stage of wire.stages) {
		const name = `stages[${brief(stage?.name)}]`;
		need(typeof stage?.text === "string", `${name}.text`);
		sameLength(name, stage, ["first_line", "last_line", "equation_count", "span_count"]);
		adds(`${name}.equations`, stage.equations, stage.equation_count);
		adds(`${name}.spans`, stage.spans, stage.span_count);
	}
	for (const source of wire.sources) need(typeof source?.text === "string", "sources");
	return wire;
}

const EQUATION_COLUMNS = [
	"primitive",
	"span",
	"scope",
	"phase",
	"region",
	"flops",
	"bytes",
	"parameters",
	"frame",
	"meaning",
	"input_count",
	"output_count",
] as const;

function sameLength<K extends string>(
	table: string,
	columns: { readonly [key in K]: Column },
	names: readonly K[],
): void {
	need(isRecord(columns), table);
	let length = -1;
	for (const name of names) {
		const column = columns[name];
		need(isColumn(column), `${table}.${name}`);
		if (length >= 0) need(column.length === length, `${table}.${name}`);
		length = column.length;
	}
}

function adds(name: string, flat: Column, counts: Column): void {
	need(isColumn(flat), name);
	let sum = 0;
	for (let i = 0; i < counts.length; i++) sum += counts[i] as number;
	need(sum === flat.length, name);
}

function isColumn(value: unknown): boolean {
	return Array.isArray(value) || ArrayBuffer.isView(value);
}

function need(condition: boolean, where: string): void {
	if (condition) return;
	throw new PayloadError("Cannot read this program: it is incomplete.", `a broken ${where}`, AGAIN);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function brief(value: unknown): string {
	const text = JSON.stringify(value) ?? "nothing";
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
