/** Call stacks: outermost first, a library's calls folded, all that a call made. */

import { expect, test } from "vitest";
import { Focus } from "../src/model/focus";
import { CallTree } from "../src/model/frames";
import { meaningText } from "../src/model/words";
import { small } from "./smallprogram";

const FRAMES = [
	[0, -1, 0],
	[1, 0, 1],
	[2, 1, 1],
	[3, 2, 0],
	[4, 3, 1],
	[5, 0, 0],
] as const;
const program = small({
	equations: [
		{
			primitive: "mul",
			reads: ["x"],
			writes: ["a"],
			frame: 4,
			span: 3,
			meaning: "scales {0} by {1}",
		},
		{ primitive: "add", reads: ["a"], writes: ["b"], frame: 5, span: 5 },
		{ primitive: "sin", reads: ["a"], writes: ["c"], frame: 3, span: 3 },
		{ primitive: "cos", reads: ["b"], writes: ["d"] },
	],
	lines: [1, 2, 3, 4, 5, 6],
	frames: FRAMES,
});

test("a stack starts outermost, and runs of library frames are one crumb", () => {
	const calls = program.calls();
	expect(calls.stack(0)).toEqual([0, 1, 2, 3, 4]);
	expect(calls.crumbs(0)).toEqual([
		{ frames: [0], isLibrary: false },
		{ frames: [1, 2], isLibrary: true },
		{ frames: [3], isLibrary: false },
		{ frames: [4], isLibrary: true },
	]);
	expect([calls.stack(3), calls.crumbs(3)]).toEqual([[], []]);
});

test("a chosen frame lights all that was made below it, and its call comes first", () => {
	const focus = new Focus(program, { kind: "frame", frame: 2 });
	expect([focus.equations, focus.home, [...focus.spans]]).toEqual([[0, 2], 2, [2, 3]]);
	expect(focus.lines("jaxpr")).toEqual([1, 3]);
	expect(new Focus(program, { kind: "frame", frame: 0 }).equations).toEqual([0, 1, 2]);
	expect(new Focus(program, { kind: "frame", frame: 99 }).equations).toEqual([]);
});

test("a chosen value lights who wrote it and who reads it", () => {
	const focusOf = (name: string) => {
		const value = program.wire.values.name.findIndex((at) => program.string(at) === name);
		return new Focus(program, { kind: "value", value }).equations;
	};
	expect([focusOf("a"), focusOf("x"), focusOf("d")]).toEqual([[0, 1, 2], [0], [3]]);
});

test("a broken record does not hang", () => {
	const calls = new CallTree({ span: [0, 0], caller: [1, 1], library: [0, 0] }, [0, 1, 7]);
	expect([calls.stack(0), calls.stack(1), calls.stack(2), calls.below(1)]).toEqual([
		[0],
		[1],
		[],
		[1],
	]);
});

test("a meaning names the values, and leaves a hole that has none", () => {
	expect([meaningText(program, 0), meaningText(program, 1)]).toEqual(["scales x by {1}", ""]);
});
