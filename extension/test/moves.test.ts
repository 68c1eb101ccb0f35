/** What devices send: whose it is, what it adds up to, and what is said of it. */

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { boxesOf, type NodeBox } from "../src/layout/boxes";
import { type Mark, markAt, marksOf, marksWidth, markWidth } from "../src/layout/marks";
import type { Item } from "../src/layout/scene";
import { Focus } from "../src/model/focus";
import type { Thing } from "../src/model/groups";
import { thingsWith } from "../src/model/groupsearch";
import { Heat } from "../src/model/heat";
import { SourceCosts } from "../src/model/linecosts";
import { type Move, Moves, SIDES } from "../src/model/moves";
import { movesText, moveText, overviewText, wholeText } from "../src/model/movewords";
import type { Program } from "../src/model/program";
import { totalText } from "../src/model/totals";
import { boxIn, markUnder } from "../src/views/graphhits";
import { markTip } from "../src/views/movetips";
import { readCollectives } from "../src/wire/collectivespayload";
import { levelsOf } from "./graphcases";
import { joined, joinedPayload, sample } from "./records";

const program = joined();
const moves = program.moves as Moves;
const [gather, asked, unknown, permute, gradients, callback] = moves.rows as [
	Move,
	Move,
	Move,
	Move,
	Move,
	Move,
];
const SENT = 12 * 60 + 8 + 20 + 4 + 6800;

test("a page without collectives has none, and asks nothing of anybody", async () => {
	expect(sample().moves).toBeNull();
	expect(await readCollectives({ program: {} })).toBeNull();
});

test("what a payload says travels compressed as well", async () => {
	const { collectives } = joinedPayload();
	const gzip = gzipSync(JSON.stringify(collectives)).toString("base64");
	const { format } = collectives;
	expect(await readCollectives({ collectives: { format, gzip } })).toEqual(collectives);
});

test("broken collectives leave the program to be shown without them", async () => {
	const { collectives } = joinedPayload();
	const { rows } = collectives;
	for (const broken of [
		{ ...collectives, format: "jaxplore.collectives/9" },
		{ ...collectives, rows: { ...rows, line: rows.line.slice(1) } },
		{ ...collectives, rows: { ...rows, equations: [1] } },
		{ ...collectives, rows: { ...rows, places: [1] } },
		{ ...collectives, transfers: null },
		{ format: collectives.format, gzip: "cut short" },
	]) {
		expect(await readCollectives({ collectives: broken })).toBeNull();
	}
});

test("bytes count as often as they are sent, and a transfer to the host is not sent to others", () => {
	expect([moves.sentBytes, moves.isLeast, moves.devices]).toEqual([SENT, true, 8]);
	expect(gather.total).toBe(720);
});

test("what XLA joined is shared out by size, and only among the ends of its chains", () => {
	// f32[] f32[4,1] and f32[3,4]: 4, 16 and 48 bytes.
	expect(moves.bearers(gradients)).toEqual(
		new Map([
			[30, 4 / 68],
			[33, 16 / 68],
			[42, 48 / 68],
		]),
	);
	expect(moves.at(32)).toEqual([gradients]);
	const sent = moves.sent();
	expect([0, 20, 18, 30, 32, 33, 42].map((e) => Math.round(sent[e] as number))).toEqual([
		720, 8, 20, 400, 0, 1600, 4800,
	]);
});

test("the heat of sent bytes is the same in the jaxpr, the source and the optimised HLO", () => {
	const heat = new Heat(program, "sent");
	// 4 bytes are sent for no equation that is known: they count, and are on no line of the code.
	expect([heat.total, Math.round(sum(heat.values))]).toEqual([SENT, SENT - 4]);
	const jaxpr = program.stage("jaxpr")?.links();
	expect(heat.ofBlocks("jaxpr")[jaxpr?.ofEquation.first(42) as number]).toBeCloseTo(4800);
	const hlo = program.stage("hlo")?.links();
	// In the HLO the line that sends has all of it, whatever else became of its equations.
	expect(heat.ofBlocks("hlo")[hlo?.at(24) as number]).toBe(6800);
	expect(sum(heat.ofBlocks("hlo"))).toBe(SENT - (hlo?.at(19) === -1 ? 4 : 0));
	const line = program.wire.spans.line[program.spanOf(0)] as number;
	const file = program.string(program.wire.spans.file[program.spanOf(0)]);
	expect(Math.round(new SourceCosts(program, heat).of(file, line).own)).toBe(720 + 4800);
	expect(totalText(program, heat)).toBe(
		"at least 7.38 KiB sent by each device in one run; what several equations send together is " +
			"shared out (the body of a while counts once: only a run can tell)",
	);
});

test("a collective lights its own line, its equations and its expression", () => {
	const focus = new Focus(program, { kind: "moves", moves: [gradients.index] });
	expect(focus.equations).toEqual([30, 32, 33, 41, 42]);
	expect(focus.lines("hlo")).toEqual([24]);
	expect(focus.lines("jaxpr").length).toBe(5);
	expect(focus.home).toBe(program.spanOf(30));
	expect(new Focus(program, { kind: "moves", moves: [99] }).equations).toEqual([]);
});

test("the words say what, among whom, how much, how often, who, why and what to do", () => {
	expect(moves.rows.map(moveText)).toEqual([
		"all-gather over data (4), 60 B sent per device, 12 times",
		"all-reduce over data, model (8), 8 B sent per device",
		"all-to-all in groups of 2, 20 B sent per device each time its loop goes round",
		"collective-permute over data (4), 4 B sent per device",
		"all-reduce over data (4), 6.64 KiB sent per device",
		"call into Python on the host, 4 B",
	]);
	expect(wholeText(gather)).toBe(
		"XLA put in: all-gather over data (4), 60 B sent per device, 12 times\n" +
			"x comes split over data, and the product wants all of it.\n" +
			"do: give x with P(None): in_shardings=(..., P(None), ...).",
	);
	expect(wholeText(asked)).toMatch(/^asked for: all-reduce/);
	expect(movesText([gather, asked, gradients, callback])).toBe(
		"2 × all-reduce, 1 × gather, 1 × callback, 7.35 KiB sent per device",
	);
	expect(overviewText(moves)).toBe(
		"8 devices: 5 collectives, at least 7.38 KiB sent by each; 1 host transfer",
	);
});

/** Marks of a closed group in which these send so much each. */
function marksOfAll(...sending: [Move, number][]): readonly Mark[] {
	return marksOf(new Map(sending), true).inside;
}

test("marks name few kinds, count many, and tell the host from other devices", () => {
	const texts = (...sending: [Move, number][]) =>
		marksOfAll(...sending).map(({ text, isHost }) => (isHost ? `[${text}]` : text));
	expect(texts()).toEqual([]);
	expect(texts([gather, 720])).toEqual(["gather · 720 B"]);
	expect(texts([asked, 8], [gradients, 6800], [gather, 720])).toEqual([
		"all-reduce ×2",
		"gather · 7.35 KiB",
	]);
	expect(texts([gather, 720], [asked, 8], [unknown, 20], [permute, 4], [callback, 0])).toEqual([
		"4 collectives · 752 B",
		"[callback]",
	]);
});

test("a place between marks is none of them", () => {
	const marks = marksOfAll([gather, 720], [callback, 0]);
	const [first, second] = marks as [Mark, Mark];
	const left = -marksWidth(marks) / 2;
	const wide = markWidth(first);
	expect([left + 1, left + wide + 2, left + wide + 5].map((x) => markAt(marks, x))).toEqual([
		first,
		null,
		second,
	]);
});

test("a closed group says the sum and the count of what is in it, and an equation its own part", () => {
	const levels = levelsOf(program);
	const marks = levels.marks();
	const { groups } = levels;
	const root = marks.of(groups.root);
	// One belongs to no equation.
	expect([root.size, Math.round(sum(root.values()))]).toEqual([5, SENT - 4]);
	for (let thing = 0; thing < groups.count; thing++) {
		const inside = groups.entries(thing).map((entry) => marks.of(entry));
		if (inside.length === 0 || groups.isEquation(thing)) continue;
		expect(sum(inside.map((one) => sum(one.values())))).toBeCloseTo(sum(marks.of(thing).values()));
		expect(new Set(inside.flatMap((one) => [...one.keys()])).size).toBe(marks.of(thing).size);
	}
	// Equation 18 stands in the jit 15.
	expect(marks.of(15)).toEqual(new Map([[unknown, 20]]));
});

test("marks stand on the side on which it is sent, and a box keeps room for them", () => {
	const levels = levelsOf(program);
	const found = new Map<Thing, string>();
	for (const container of openThings(program)) {
		const level = levels.of(container);
		boxesOf(levels, level).forEach(({ marks }, i) => {
			const said = SIDES.flatMap((side) => marks[side].map(({ text }) => `${side}: ${text}`));
			if (said.length > 0) found.set(level.nodes[i]?.key as Thing, said.join());
		});
	}
	expect([42, 33, 30, 20, 0, 21, 15].map((equation) => found.get(equation))).toEqual([
		"below: all-reduce · ≈4.69 KiB",
		"below: all-reduce · ≈1.56 KiB",
		"below: all-reduce · ≈400 B",
		"inside: all-reduce · 8 B",
		"above: gather · 720 B",
		"inside: callback",
		"inside: all-to-all · 20 B",
	]);
});

test("a point on a mark above a box is on the mark, and what is below is the box", () => {
	const levels = levelsOf(program);
	const level = levels.of(levels.groups.parent[0] as Thing);
	const at = level.nodes.findIndex(({ kind, key }) => kind === "thing" && key === 0);
	const box = boxesOf(levels, level)[at] as NodeBox;
	const item = {
		box,
		open: false,
		left: 10,
		top: 20,
		...box,
		node: level.nodes[at],
	} as never as Item;
	const middle = 10 + box.width / 2;
	expect(markUnder(item, { x: middle, y: 22 })?.text).toBe("gather · 720 B");
	expect(markUnder(item, { x: middle, y: 50 })).toBeNull();
	expect(boxIn(item)).toMatchObject({ top: 42, height: box.height - 22 });
});

test("a mark of one equation of many says whose part it is", () => {
	const mark = marksOfAll([gradients, 4800])[0] as Mark;
	expect(markTip(program, 42, mark)).toMatch(
		/^XLA put in: all-reduce over data \(4\), 6.64 KiB .*\n.*\n3 equations share it; the part of this one is about 4.69 KiB$/,
	);
	const both = { text: "", isHost: false, moves: [gather, asked] };
	expect(markTip(program, 0, both).split("\n")).toEqual([
		"1 × gather, 1 × all-reduce, 728 B sent per device",
		moveText(gather),
		moveText(asked),
	]);
});

test("a search in the graph finds collectives by kind and by axis", () => {
	const { groups } = levelsOf(program);
	expect(thingsWith(groups, "all-reduce").sort((a, b) => a - b)).toEqual([20, 30, 33, 42]);
	expect(thingsWith(groups, "over data, model")).toEqual([20]);
	expect(thingsWith(groups, "callback")).toContain(21);
});

test("rows that point outside of the program are shown without what is not there", () => {
	const { program: wire, collectives } = joinedPayload();
	const far = { equations: collectives.rows.equations, places: collectives.rows.places };
	const rows = {
		...collectives.rows,
		equations: far.equations.map(() => 10_000),
		places: far.places.map(() => 10_000),
	};
	const lost = new Moves(joined(), { ...collectives, rows });
	expect(wire.equations.primitive.length).toBeLessThan(10_000);
	expect(lost.rows[0]?.equations).toEqual([]);
	expect(sum(lost.sent())).toBe(0);
});

/** The root and all that can be opened. */
function openThings(of: Program): Thing[] {
	const { groups } = levelsOf(of);
	return [...groups.walk()].filter((thing) => groups.canOpen(thing));
}

function sum(numbers: Iterable<number>): number {
	let total = 0;
	for (const number of numbers) total += number;
	return total;
}
