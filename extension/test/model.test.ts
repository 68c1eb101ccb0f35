/** Columns decode to the right rows, and links lead to the right places and back. */

import { describe, expect, test } from "vitest";
import { Focus } from "../src/model/focus";
import { StageLinks } from "../src/model/links";
import { Program, STAGES } from "../src/model/program";
import { Rows } from "../src/model/rows";
import { bytesText, flopsText, signatureText } from "../src/model/words";
import type { StageWire } from "../src/wire/program";
import { records, sample, sampleWire } from "./records";

/** A stage with links given as [first, last, equations, spans]. */
function stage(...links: [number, number, number[], number[]][]): StageWire {
	return {
		name: "jaxpr",
		text: "",
		error: null,
		first_line: links.map((link) => link[0]),
		last_line: links.map((link) => link[1]),
		equation_count: links.map((link) => link[2].length),
		equations: links.flatMap((link) => link[2]),
		span_count: links.map((link) => link[3].length),
		spans: links.flatMap((link) => link[3]),
	};
}

/** The equation whose jaxpr line holds `text`. */
function equationAt(program: Program, text: string): number {
	const jaxpr = program.stage("jaxpr");
	const line = jaxpr?.lines().findIndex((one) => one.includes(text)) ?? -1;
	return jaxpr?.links().equationsOf(jaxpr.links().at(line + 1))[0] ?? -1;
}

describe("rows", () => {
	const rows = Rows.fromCounts([2, 0, 1], [7, 5, 7]);

	test("are split by their counts", () => {
		expect([0, 1, 2, 3, -1].map((row) => rows.get(row))).toEqual([[7, 5], [], [7], [], []]);
	});

	test("turn round", () => {
		const turned = rows.invert(8);
		expect([turned.get(7), turned.get(5), turned.get(6)]).toEqual([[0, 2], [0], []]);
	});

	test("leave out keys that do not exist", () => {
		const grouped = Rows.group([1, -1, 99, 1], 2);
		expect([grouped.get(0), grouped.get(1)]).toEqual([[], [0, 3]]);
	});
});

describe("links", () => {
	test("give a line to the smallest block around it", () => {
		const links = new StageLinks(
			stage([1, 9, [0], []], [3, 5, [1], []], [4, 4, [2], []]),
			10,
			3,
			0,
		);
		const owners = Array.from({ length: 10 }, (_, i) => links.equationsOf(links.at(i + 1))[0]);
		expect(owners).toEqual([0, 0, 1, 2, 1, 0, 0, 0, 0, undefined]);
	});

	test("of the same lines are one block", () => {
		const links = new StageLinks(stage([2, 2, [0], [3]], [2, 2, [1], [4]]), 3, 2, 5);
		const block = links.at(2);
		expect([links.equationsOf(block), links.spansOf(block)]).toEqual([
			[0, 1],
			[3, 4],
		]);
	});

	test("beyond the text do no harm", () => {
		const links = new StageLinks(stage([-3, 99, [7], [7]], [5, 2, [0], []]), 3, 2, 1);
		expect([0, 1, 3, 4].map((line) => links.at(line))).toEqual([-1, 0, 0, -1]);
	});

	test("that all cover everything take no longer than the text is long", () => {
		const all = Array.from({ length: 20_000 }, (_, i) => [1, 40_000 - i, [], []]);
		const start = performance.now();
		new StageLinks(stage(...(all as [number, number, number[], number[]][])), 40_000, 0, 0);
		expect(performance.now() - start).toBeLessThan(1000);
	});
});

describe("the sample", () => {
	const program = sample();

	test("has a line for each equation and the way back", () => {
		const links = program.stage("jaxpr")?.links();
		for (let equation = 0; equation < program.equationCount; equation++) {
			const blocks = links?.ofEquation.get(equation) ?? [];
			expect(blocks.length).toBeGreaterThan(0);
			for (const block of blocks) expect(links?.equationsOf(block)).toContain(equation);
		}
	});

	test("tells expressions of one line apart", () => {
		const spans = program.spans();
		const text = "    return jnp.tanh(x @ w + b)";
		const inner = spans.at("cell 3", 9, text.indexOf("@"));
		const outer = spans.at("cell 3", 9, text.indexOf("tanh"));
		const names = (span: number) =>
			program
				.bySpan()
				.get(span)
				.map((e) => program.primitive(e));
		expect(new Set(names(inner))).toContain("dot_general");
		expect(new Set(names(outer))).toContain("tanh");
		expect(spans.at("cell 3", 9, 2)).toBe(-1);
	});

	test("lights one equation, its expression and its instructions", () => {
		const tanh = equationAt(program, "= tanh");
		const focus = new Focus(program, { kind: "equation", equation: tanh });
		expect(focus.equations).toEqual([tanh]);
		expect([...focus.spans]).toEqual([program.spanOf(tanh)]);
		const lines = program.stage("stablehlo")?.lines() ?? [];
		const lit = lines.filter((_, i) => focus.light("stablehlo", i + 1) === "own");
		expect(lit.length).toBeGreaterThan(0);
		expect(lit.every((line) => line.includes("tanh"))).toBe(true);
	});

	test("lights a nested program lightly", () => {
		const jit = equationAt(program, "jit[name=layer]");
		const focus = new Focus(program, { kind: "equation", equation: jit });
		const lights = (program.stage("jaxpr")?.lines() ?? []).map((_, i) =>
			focus.light("jaxpr", i + 1),
		);
		expect(lights.filter((light) => light === "own").length).toBeGreaterThan(1);
		expect(lights.filter((light) => light === "within").length).toBeGreaterThan(1);
	});

	test("sees an equation through the box that holds it", () => {
		const tanh = equationAt(program, "= tanh");
		const home = program.wire.equations.region[tanh] ?? -1;
		expect(program.seenFrom(home, tanh)).toBe(tanh);
		expect(program.seenFrom(0, tanh)).toBe(program.wire.regions[home]?.equation);
	});
});

test("a record that says a region holds itself does not hang", () => {
	const wire = sampleWire();
	const regions = wire.regions.map((region) => ({ ...region, equation: 1 }));
	const program = new Program({ ...wire, regions });
	expect(program.seenFrom(99, 1)).toBe(-1);
});

describe.each(records())("record %s", (_, program) => {
	test("links only what exists, both ways", () => {
		for (const name of STAGES) {
			const links = program.stage(name)?.links();
			const lines = program.stage(name)?.lines() ?? [];
			lines.forEach((__, i) => {
				const block = links?.at(i + 1) ?? -1;
				if (!links || block < 0) return;
				for (const equation of links.equationsOf(block)) {
					expect(program.has(equation)).toBe(true);
					expect(links.ofEquation.get(equation)).toContain(block);
				}
			});
		}
	});

	test("finds each expression where it starts", () => {
		const { line, column, file } = program.wire.spans;
		line.forEach((at, span) => {
			const found = program.spans().at(program.string(file[span]), at, column[span] ?? 0);
			expect(found).toBeGreaterThanOrEqual(0);
		});
	});

	test("shows every equation once in its order", () => {
		const order = [...program.order()].sort((a, b) => a - b);
		expect(order).toEqual(Array.from({ length: program.equationCount }, (__, i) => i));
	});

	test("has a focus for every equation", () => {
		for (let equation = 0; equation < program.equationCount; equation++) {
			const focus = new Focus(program, { kind: "equation", equation });
			for (const name of STAGES) {
				const count = program.stage(name)?.lines().length ?? 0;
				for (const at of focus.lines(name)) expect(at).toBeLessThanOrEqual(count);
			}
		}
	});
});

test("numbers read as a person would say them", () => {
	expect([flopsText(0), flopsText(999), flopsText(1_234_567)]).toEqual([
		"0 FLOP",
		"999 FLOP",
		"1.23 MFLOP",
	]);
	expect([bytesText(12), bytesText(1536), bytesText(3 * 2 ** 30)]).toEqual([
		"12 B",
		"1.5 KiB",
		"3 GiB",
	]);
	expect(signatureText(sample())).toContain("x: f32[3,4]");
});
