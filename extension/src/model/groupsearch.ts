/** Where a graph says some words: primitives, names, types, scopes and source of equations. Pure. */

import type { Groups, Thing } from "./groups";

/** More matches than these are not counted: nobody steps through them. */
export const MOST_THINGS = 20_000;

/** Things that hold the words themselves, in the order of the graph. */
export function thingsWith(groups: Groups, words: string): Thing[] {
	const { program } = groups;
	const { wire } = program;
	const pattern = new RegExp(words.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "i");
	const has = (text: string) => pattern.test(text);
	const strings = Uint8Array.from(wire.strings, (text) => Number(has(text)));
	const types = Uint8Array.from(wire.types, ({ text }) => Number(has(text)));
	const spans = spansWith(groups, has);
	const { primitive, scope, span } = wire.equations;
	const { name, type } = wire.values;
	// Values first: an equation has the words when one that it makes has them.
	const writer = program.writer();
	const isIn = new Uint8Array(groups.count);
	for (let value = 0; value < writer.length; value++) {
		const at = writer[value] as number;
		if (at < 0) continue;
		if (strings[name[value] as number] === 1 || types[type[value] as number] === 1) isIn[at] = 1;
	}
	for (let e = 0; e < groups.equationCount; e++) {
		const isSaid =
			strings[primitive[e] as number] === 1 ||
			strings[scope[e] as number] === 1 ||
			spans[span[e] as number] === 1;
		if (isSaid) isIn[e] = 1;
	}
	for (let thing = groups.equationCount; thing < groups.count; thing++) {
		if (strings[wire.groups.name[groups.group(thing)] as number] === 1) isIn[thing] = 1;
	}
	isIn[groups.root] = 0;
	const found: Thing[] = [];
	for (const thing of groups.walk()) {
		if (isIn[thing] === 1) found.push(thing);
		if (found.length >= MOST_THINGS) break;
	}
	return found;
}

/** Expressions whose own text has the words. */
function spansWith(groups: Groups, has: (text: string) => boolean): Uint8Array {
	const { spans, sources, strings } = groups.program.wire;
	const lines = new Map<string, { first: number; lines: readonly string[] }[]>();
	for (const source of sources) {
		const list = lines.get(source.file) ?? [];
		list.push({ first: source.first_line, lines: source.text.split("\n") });
		lines.set(source.file, list);
	}
	return Uint8Array.from(spans.line, (line, i) => {
		const file = strings[spans.file[i] as number] ?? "";
		const source = lines
			.get(file)
			?.find((one) => line >= one.first && line < one.first + one.lines.length);
		if (!source) return 0;
		const own = source.lines.slice(
			line - source.first,
			(spans.end_line[i] as number) - source.first + 1,
		);
		const last = own.length - 1;
		if (last >= 0) own[last] = (own[last] as string).slice(0, spans.end_column[i]);
		if (last >= 0) own[0] = (own[0] as string).slice(spans.column[i]);
		return Number(has(own.join("\n")));
	});
}
