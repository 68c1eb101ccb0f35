/** What became of an equation is said only as far as the text shows it. */

import { expect, test } from "vitest";
import { Fates } from "../src/model/fate";
import { lifetimes } from "../src/model/lifetimes";
import { records } from "./records";
import { type SmallProgram, small } from "./smallprogram";

const HLO = `\
HloModule jit_f

%fused_computation (param_0: f32[8], param_1: (f32[], s32[])) -> f32[8] {
  %param_0 = f32[8]{0} parameter(0)
  %mul.1 = f32[8]{0} multiply(%param_0, %param_0)
  ROOT %sin.1 = f32[8]{0} sine(%mul.1)
}

%adds (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  %b = f32[] parameter(1)
  ROOT %add.2 = f32[] add(%a, %b)
}

%body (arg: (s32[], f32[8])) -> (s32[], f32[8]) {
  %arg = (s32[], f32[8]{0}) parameter(0)
  %x = f32[8]{0} get-tuple-element(%arg), index=1
  %fusion.3 = f32[8]{0} fusion(%x), kind=kLoop, calls=%fused_computation
  ROOT %tuple.1 = (s32[], f32[8]{0}) tuple(%x, %fusion.3)
}

%condition (arg.1: (s32[], f32[8])) -> pred[] {
  %arg.1 = (s32[], f32[8]{0}) parameter(0)
  ROOT %lt = pred[] compare(%arg.1, %arg.1), direction=LT
}

ENTRY %main (p: f32[8]) -> f32[] {
  %p = f32[8]{0} parameter(0)
  %while.1 = (s32[], f32[8]{0}) while(%p), condition=%condition, body=%body
  %dot.5 = f32[8]{0} dot(%p, %p)
  ROOT %reduce.1 = f32[] reduce(%p, %p), dimensions={0}, to_apply=%adds
}
`;

const PROGRAM: SmallProgram = {
	equations: [
		{ primitive: "mul", reads: ["x"], writes: ["a"] },
		{ primitive: "dot_general", reads: ["a"], writes: ["b"] },
		{ primitive: "reduce_sum", reads: ["b"], writes: ["c"] },
		{ primitive: "lt", reads: ["a"], writes: ["d"] },
		{ primitive: "neg", reads: ["a"], writes: ["unread"] },
		{ primitive: "exp", reads: ["a"], writes: ["half"] },
		{ primitive: "neg", reads: ["half"], writes: ["_"] },
		{ primitive: "mul", reads: ["1.0", "2.0"], writes: ["two"] },
		{ primitive: "sin", reads: ["two"], writes: ["three"] },
		{ primitive: "iota", reads: [], writes: ["four"] },
		{ primitive: "copy", reads: ["a"], writes: ["five"] },
		{ primitive: "debug_callback", reads: ["a"], writes: ["six"] },
		{ primitive: "jit", reads: ["a"], writes: ["seven"] },
		{ primitive: "add", reads: ["k"], writes: ["l"], region: 1 },
	],
	nested: [{ equation: 12, runs: 1 }],
	outputs: ["c", "d", "three", "four", "five", "seven", "l"],
	hlo: HLO,
	hloLinks: { 5: [0], 6: [0], 18: [0], 30: [1], 12: [2], 31: [2], 24: [3] },
};

test("each equation has the fate that the text shows", () => {
	const fates = new Fates(small(PROGRAM));
	const told = PROGRAM.equations.map((_, equation) =>
		fates.of(equation).map(({ words, line }) => `${line}: ${words}`),
	);
	expect(told).toEqual([
		["5: fused into fusion.3, inside a while body"],
		["30: its own instruction dot.5 (dot)"],
		["12: what reduce.1 applies", "31: its own instruction reduce.1 (reduce)"],
		["24: its own instruction lt (compare), inside a while condition"],
		["0: dead: nothing reads it"],
		["0: dead: only what is dead itself reads it"],
		["0: dead: nothing reads it"],
		["0: constant folded, merged or simplified away: all its inputs are constants"],
		["0: constant folded, merged or simplified away: all its inputs are constants"],
		["0: constant folded, merged or simplified away: it has no inputs"],
		["0: left no trace: XLA merged it with others or simplified it away"],
		["0: left no trace: XLA merged it with others or simplified it away"],
		["0: no instruction of its own: see the equations in it"],
		["0: left no trace: XLA merged it with others or simplified it away"],
	]);
});

test("what feeds only a call that prints is not dead", () => {
	const program = small({
		equations: [
			{ primitive: "sin", reads: ["a"], writes: ["b"] },
			{ primitive: "jit", reads: ["b"], writes: ["c"] },
			{ primitive: "debug_callback", reads: ["d"], writes: [], region: 1 },
			{ primitive: "cos", reads: ["a"], writes: ["e"] },
		],
		nested: [{ equation: 1, runs: 1 }],
		outputs: ["a"],
	});
	expect([...lifetimes(program).dead]).toEqual([0, 0, 0, 1]);
});

test("names without a percent sign are read as well", () => {
	const plain = { ...PROGRAM, hlo: HLO.replaceAll("%", "") };
	const both = [small(PROGRAM), small(plain)].map((program) => {
		const fates = new Fates(program);
		return PROGRAM.equations.map((_, equation) => fates.of(equation));
	});
	expect(both[1]).toEqual(both[0]);
});

test("without an optimised HLO nothing is claimed", () => {
	const { hlo: _, hloLinks: __, ...rest } = PROGRAM;
	expect(new Fates(small(rest)).of(4)).toEqual([]);
});

test.each(records())(
	"every equation of %s has a fate where there is HLO, and its line is there",
	(_, program) => {
		const lines = program.stage("hlo")?.lines() ?? [];
		const fates = new Fates(program);
		for (let equation = 0; equation < program.equationCount; equation++) {
			const found = fates.of(equation);
			expect(found.length > 0).toBe(lines.length > 0);
			for (const { line, words } of found) {
				expect(line).toBeLessThanOrEqual(lines.length);
				// Every linked line was understood.
				expect(words).not.toMatch(/^line /);
			}
		}
	},
);
