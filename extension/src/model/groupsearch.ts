/** Where a graph says some words: primitives, names, types, scopes, source, what is sent. Pure. */

import type { Groups, Thing } from "./groups";
import { moveText, shortName } from "./movewords";
import { SpanTexts } from "./spantexts";

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
	for (const move of program.moves?.rows ?? []) {
		if (!has(`${shortName(move)} ${moveText(move)} ${move.name}`)) continue;
		for (const equation of program.moves?.bearers(move).keys() ?? []) isIn[equation] = 1;
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
	const texts = new SpanTexts(groups.program.wire);
	return Uint8Array.from(groups.program.wire.spans.line, (_, span) => Number(has(texts.of(span))));
}
