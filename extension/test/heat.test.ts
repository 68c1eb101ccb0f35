/** Costs: each is counted once, wherever it is shown. */

import { expect, test } from "vitest";
import { Heat, measuredTime, strength } from "../src/model/heat";
import { SourceCosts } from "../src/model/linecosts";
import { totalText } from "../src/model/totals";
import { percentText } from "../src/model/words";
import { records } from "./records";
import { type SmallProgram, small } from "./smallprogram";

/** A scan of length 10 that holds a cond; then a dot. */
const NESTED: SmallProgram = {
	equations: [
		{ primitive: "scan", reads: ["x"], writes: ["y"], flops: 70, bytes: 8, span: 0 },
		{ primitive: "mul", reads: ["a"], writes: ["b"], region: 1, flops: 2, bytes: 12, span: 1 },
		{ primitive: "cond", reads: ["b"], writes: ["c"], region: 1, flops: 5, bytes: 8, span: 1 },
		{ primitive: "sin", reads: ["d"], writes: ["e"], region: 2, flops: 5, bytes: 8, span: 1 },
		{ primitive: "neg", reads: ["g"], writes: ["h"], region: 3, flops: 1, bytes: 8, span: 2 },
		{ primitive: "dot", reads: ["y"], writes: ["z"], flops: 30, bytes: 100, span: 2 },
	],
	nested: [
		{ equation: 0, runs: 10 },
		{ equation: 2, runs: 10 },
		{ equation: 2, runs: 10 },
	],
	lines: [4, 5, 6],
	estimate: { flops: 37, bytes: 200 },
};

test("what holds programs costs what they cost, and never twice", () => {
	const heat = new Heat(small(NESTED), "flops");
	expect([...heat.values]).toEqual([0, 20, 0, 50, 0, 30]);
	expect([...heat.inside]).toEqual([70, 20, 50, 50, 0, 30]);
	expect(heat.total).toBe(100);
});

test("what stands in a branch that does not count does not count either", () => {
	const program = small({
		equations: [
			{ primitive: "cond", reads: ["x"], writes: ["y"], flops: 9 },
			{ primitive: "jit", reads: ["a"], writes: ["b"], region: 1, flops: 4 },
			{ primitive: "sin", reads: ["c"], writes: ["d"], region: 2, flops: 4 },
			{ primitive: "dot", reads: ["e"], writes: ["f"], region: 3, flops: 9 },
		],
		nested: [
			{ equation: 0, runs: 1 },
			{ equation: 1, runs: 1 },
			{ equation: 0, runs: 1 },
		],
	});
	const heat = new Heat(program, "flops");
	expect([[...heat.values], [...heat.inside], heat.total]).toEqual([[0, 0, 0, 9], [9, 0, 0, 9], 9]);
});

test("bytes are those of the equations that do the work, and of one branch", () => {
	const heat = new Heat(small(NESTED), "bytes");
	expect([...heat.values]).toEqual([0, 120, 0, 80, 0, 100]);
	expect(heat.total).toBe(300);
});

test("equations count once each, however often they run", () => {
	const heat = new Heat(small(NESTED), "equations");
	expect([[...heat.values], heat.inside[0], heat.total]).toEqual([[1, 1, 1, 1, 1, 1], 5, 6]);
});

test("an expression's measured time goes to its equations in equal parts, not to what holds them", () => {
	const heat = new Heat(small(NESTED), "seconds", { span: [1, 2], seconds: [0.5, 0.25] });
	expect([...heat.values]).toEqual([0, 0.25, 0, 0.25, 0.125, 0.125]);
	expect(heat.total).toBe(0.75);
});

test("a while's body counts once, and the total says so", () => {
	const program = small({
		equations: [
			{ primitive: "while", reads: ["x"], writes: ["y"], flops: 7 },
			{ primitive: "mul", reads: ["a"], writes: ["b"], region: 1, flops: 7 },
		],
		nested: [{ equation: 0, runs: -1 }],
	});
	const heat = new Heat(program, "flops");
	expect([[...heat.values], heat.total, heat.isLeast]).toEqual([[0, 7], 7, true]);
	expect(totalText(program, heat)).toBe(
		"our count: at least 7 FLOP (the body of a while counts once: only a run can tell)",
	);
});

test("our total and XLA's stand side by side", () => {
	const program = small(NESTED);
	expect(
		(["flops", "bytes", "equations"] as const).map((kind) =>
			totalText(program, new Heat(program, kind)),
		),
	).toEqual([
		"our count: 100 FLOP (of a cond its dearest branch); XLA estimates 37 FLOP (counts loop bodies once)",
		"300 B read and written by the equations, before fusion (of a cond its dearest branch); XLA estimates 200 B (counts loop bodies once)",
		"6 equations in the program and all that is nested in it",
	]);
});

test("an equation's lines share its cost evenly", () => {
	const program = small({
		equations: [{ primitive: "dot", reads: ["x"], writes: ["y"], flops: 30 }],
		hlo: "a\nb\nc",
		hloLinks: { 1: [0], 3: [0] },
	});
	expect([...new Heat(program, "flops").ofBlocks("hlo")]).toEqual([15, 15]);
});

test("a line costs what stands on it, and what it calls is said apart", () => {
	// Line 9 calls line 4 twice, and line 4 calls itself.
	const program = small({
		equations: [
			{ primitive: "mul", reads: ["x"], writes: ["a"], flops: 1, span: 0, frame: 1 },
			{ primitive: "mul", reads: ["a"], writes: ["b"], flops: 2, span: 0, frame: 2 },
			{ primitive: "mul", reads: ["b"], writes: ["c"], flops: 4, span: 0, frame: 4 },
			{ primitive: "add", reads: ["c"], writes: ["d"], flops: 8, span: 1, frame: 5 },
		],
		lines: [4, 9],
		frames: [
			[1, -1, 0],
			[0, 0, 0],
			[0, 1, 0],
			[1, -1, 0],
			[0, 3, 0],
			[1, -1, 0],
		],
	});
	const costs = new SourceCosts(program, new Heat(program, "flops"));
	expect([costs.of("cell 1", 4), costs.of("cell 1", 9), costs.of("cell 1", 1)]).toEqual([
		{ own: 7, inside: 7 },
		{ own: 8, inside: 15 },
		{ own: 0, inside: 0 },
	]);
	expect(costs.greatest).toBe(8);
});

test("a payload has measured time only when it is whole", () => {
	const whole = { span: [1], seconds: [2] };
	expect(
		[{ seconds: whole }, { seconds: { span: [1], seconds: [] } }, { seconds: null }, {}, null].map(
			measuredTime,
		),
	).toEqual([whole, null, null, null, null]);
});

test("tints tell orders of magnitude apart, and nothing is as strong as the greatest", () => {
	const tints = [0, 1, 10, 100, 1000].map((amount) => strength(amount, 1000));
	expect(tints[0]).toBe(0);
	expect(tints.at(-1)).toBe(1);
	expect([...tints].sort((a, b) => a - b)).toEqual(tints);
	expect([strength(5, 0), [0, 0.0001, 0.034, 0.0999, 0.5, 1].map(percentText)]).toEqual([
		0,
		["0%", "<0.1%", "3.4%", "10%", "50%", "100%"],
	]);
});

test.each(records())("the equations of %s add up to its total", (_, program) => {
	for (const kind of ["flops", "bytes", "equations"] as const) {
		const heat = new Heat(program, kind);
		expect(heat.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(heat.total);
		expect(heat.values.every((value) => value >= 0)).toBe(true);
	}
});
