/** The line above the source: its file, or a list of its files and functions to go to. */

import type { Program } from "../model/program";
import { h } from "./dom";
import type { SourceRow } from "./sourcetext";

interface Place {
	readonly name: string;
	/** Index of a row. */
	readonly row: number;
}

/** `go` is called with the row of the place that the reader picks. */
export function places(
	program: Program,
	rows: readonly SourceRow[],
	go: (row: number) => void,
): HTMLElement {
	const files = filesOf(program, rows);
	const [only] = files;
	const isSimple = files.length === 1 && (only?.functions.length ?? 0) < 2;
	if (isSimple) return h("div", { class: "jxp-caption" }, only?.name ?? "source");
	const select = h("select", { "aria-label": "go to a file or function" });
	for (const file of files) {
		const group = h("optgroup", { label: file.name });
		const top: Place = { name: `${file.name}, from the top`, row: file.row };
		for (const place of [top, ...file.functions]) {
			group.append(h("option", { value: place.row }, place.name));
		}
		select.append(group);
	}
	const title = files.length === 1 ? (only?.name ?? "") : `${files.length} files`;
	select.prepend(h("option", { value: "", hidden: true, selected: true }, "go to…"));
	select.addEventListener("change", () => {
		go(Number(select.value));
		select.value = "";
	});
	return h("div", { class: "jxp-caption" }, h("span", { class: "jxp-file" }, title), select);
}

/** Files with those of their functions that made equations. */
function filesOf(program: Program, rows: readonly SourceRow[]): (Place & { functions: Place[] })[] {
	const { file, line, function: names } = program.wire.spans;
	const first = new Map<string, Map<string, number>>();
	for (let span = 0; span < line.length; span++) {
		const name = program.string(names[span]);
		if (name.startsWith("<") || name === "?") continue;
		const functions = first.get(program.string(file[span])) ?? new Map<string, number>();
		first.set(program.string(file[span]), functions);
		const at = line[span] as number;
		functions.set(name, Math.min(at, functions.get(name) ?? at));
	}
	const found = new Map<string, Place & { functions: Place[] }>();
	rows.forEach((row, i) => {
		if (!found.has(row.file)) found.set(row.file, { name: row.file, row: i, functions: [] });
		const made = first.get(row.file);
		if (!made) return;
		for (const [name, at] of made) {
			if (at !== row.line) continue;
			found.get(row.file)?.functions.push({ name, row: definition(rows, i, name) });
		}
	});
	return [...found.values()];
}

/** The row of the `def` above a row of a function; the row itself where there is none. */
function definition(rows: readonly SourceRow[], from: number, name: string): number {
	const plain = name.split(".").at(-1) ?? name;
	for (let i = from; i >= 0 && rows[i]?.line; i--) {
		const text = rows[i]?.text.trimStart() ?? "";
		const isDefinition = text.startsWith("def ") || text.startsWith("async def ");
		if (isDefinition && text.includes(` ${plain}(`)) return i;
	}
	return from;
}
