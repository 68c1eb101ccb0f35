/** Reads a timeline that a host hands over, and lets it grow. */

import { brief, isRecord, PayloadError } from "./payload";
import type { TimelineCells, TimelineRows, TimelineWire } from "./timeline";

export const TIMELINE_FORMAT = "jaxplore.timeline/1";

const ROWS = [
	"function",
	"kind",
	"cause",
	"explanation",
	"advice",
	"call_site",
	"equations",
	"trace_at_us",
	"trace_end_us",
	"lower_at_us",
	"lower_end_us",
	"compile_at_us",
	"compile_end_us",
] as const satisfies readonly (keyof TimelineRows)[];
const CELLS = ["number", "at_us", "end_us"] as const satisfies readonly (keyof TimelineCells)[];

/** `data` as a timeline, once everything a view relies on has been checked. */
export function checkTimeline(data: unknown): TimelineWire {
	if (!isRecord(data) || data.format !== TIMELINE_FORMAT) {
		const got = isRecord(data) ? `format ${brief(data.format)}` : brief(data);
		throw new PayloadError(
			"Cannot show this timeline: it was written by another version of jaxplore.",
			`${got}, this view reads ${brief(TIMELINE_FORMAT)}`,
			"Run the cell again with the installed jaxplore.",
		);
	}
	const wire = data as unknown as TimelineWire;
	const isWhole =
		Array.isArray(wire.strings) && sameLength(wire.rows, ROWS) && sameLength(wire.cells, CELLS);
	if (!isWhole) {
		throw new PayloadError(
			"Cannot read this timeline: it is incomplete.",
			brief(Object.keys(data)),
			"Run the cell again with the installed jaxplore.",
		);
	}
	return wire;
}

function sameLength(table: unknown, names: readonly string[]): boolean {
	if (!isRecord(table)) return false;
	const lengths = names.map((name) => {
		const column = table[name];
		return Array.isArray(column) ? column.length : -1;
	});
	return lengths.every((length) => length >= 0 && length === lengths[0]);
}

/**
 * Gives `whole` its new end, in place. The same end twice is the same as once.
 *
 * False when an end in between is missing; then nothing changes.
 */
export function extend(whole: TimelineWire, end: TimelineWire): boolean {
	const { first_string, first_row, first_cell } = end;
	const isMissing =
		whole.start_s !== end.start_s ||
		whole.strings.length < first_string ||
		whole.rows.function.length < first_row ||
		whole.cells.number.length < first_cell;
	if (isMissing) return false;
	replaceEnd(whole.strings, first_string, end.strings);
	for (const name of ROWS) replaceEnd(whole.rows[name], first_row, end.rows[name]);
	for (const name of CELLS) replaceEnd(whole.cells[name], first_cell, end.cells[name]);
	return true;
}

function replaceEnd<T>(column: readonly T[], first: number, end: readonly T[]): void {
	const own = column as T[];
	own.length = first;
	for (const value of end) own.push(value);
}
