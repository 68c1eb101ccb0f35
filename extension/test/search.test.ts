/** Search finds every place, counts them, and goes round. */

import { expect, test } from "vitest";
import { MOST_MATCHES, matchesIn, nextMatch, TextSearch } from "../src/model/search";

const LINES = ["Add add", "mul", "", "add[x=1]"];

function linesOf(wanted: string): number[] {
	return [...new TextSearch(LINES).find(wanted).lines];
}

test("each match has its line, whatever the case", () => {
	expect([linesOf("add"), linesOf("ADD["), linesOf("sin"), linesOf("")]).toEqual([
		[0, 0, 3],
		[3],
		[],
		[],
	]);
});

test("what is looked for is text, not a pattern", () => {
	const lines = ["a.b", "axb", "f32[2,3] (c) \\d"];
	const search = new TextSearch(lines);
	const found = ["a.b", "[2,3]", "(c)", "\\d"].map((text) => [...search.find(text).lines]);
	expect(found).toEqual([[0], [2], [2], [2]]);
});

test("a match never goes over the end of a line", () => {
	expect([...new TextSearch(["ab", "cd"]).find("bc").lines]).toEqual([]);
});

test("letters that change their length with their case stay where they are", () => {
	expect(matchesIn("İİ add", "add")).toEqual([[3, 6]]);
});

test("the marks of a line are its matches", () => {
	expect(matchesIn("Add add", "add")).toEqual([
		[0, 3],
		[4, 7],
	]);
});

test("the next match is the first at or after the top, then one by one, round at the ends", () => {
	const matches = new TextSearch(LINES).find("add");
	const steps = [
		nextMatch(matches, -1, 1, 1),
		nextMatch(matches, -1, 1, -1),
		nextMatch(matches, -1, 9, 1),
		nextMatch(matches, 2, 0, 1),
		nextMatch(matches, 0, 0, -1),
	];
	expect(steps).toEqual([2, 1, 0, 0, 2]);
	expect(nextMatch(new TextSearch([]).find("add"), -1, 0, 1)).toBe(-1);
});

test("matches that nobody steps through are not counted", () => {
	const found = new TextSearch(["a".repeat(MOST_MATCHES + 1)]).find("a");
	expect([found.lines.length, found.more]).toEqual([MOST_MATCHES, true]);
	const all = new TextSearch(["a".repeat(MOST_MATCHES)]).find("a");
	expect([all.lines.length, all.more]).toEqual([MOST_MATCHES, false]);
});
