/** A drawing nobody sees still has rules: nothing overlaps, every edge goes down. */

import { describe, expect, test } from "vitest";
import { regionGraph } from "../src/layout/graph";
import { type Box, type Layout, layered } from "../src/layout/layered";
import { settle } from "../src/layout/settle";
import { Program } from "../src/model/program";
import { records, sampleWire } from "./records";

const ALL = { most: 4000, around: -1 };

function expectSound(
	boxes: readonly Box[],
	from: readonly number[],
	to: readonly number[],
	layout: Layout,
) {
	from.forEach((a, i) => {
		const b = to[i] as number;
		const bottom = (layout.y[a] as number) + (boxes[a] as Box).height;
		expect(layout.y[b]).toBeGreaterThan(bottom);
	});
	const rows = new Map<number, number[]>();
	boxes.forEach((_, i) => {
		const layer = layout.layer[i] as number;
		rows.set(layer, [...(rows.get(layer) ?? []), i]);
	});
	for (const row of rows.values()) {
		row.sort((a, b) => (layout.x[a] as number) - (layout.x[b] as number));
		row.slice(1).forEach((right, i) => {
			const left = row[i] as number;
			const apart = (layout.x[right] as number) - (layout.x[left] as number);
			const needed = ((boxes[left] as Box).width + (boxes[right] as Box).width) / 2;
			expect(apart).toBeGreaterThanOrEqual(needed - 1e-6);
		});
	}
	for (const route of layout.routes) expect(route.points.every(Number.isFinite)).toBe(true);
}

/** A random program-like graph, the same on every run. */
function random(count: number) {
	let seed = 7;
	const next = () => {
		seed = (seed * 1103515245 + 12345) % 2147483648;
		return seed / 2147483648;
	};
	const boxes = Array.from({ length: count }, () => ({
		width: 40 + Math.floor(next() * 90),
		height: 36,
	}));
	const from: number[] = [];
	const to: number[] = [];
	for (let i = 1; i < count; i++) {
		for (let k = 0; k < 2; k++) {
			const back =
				next() < 0.1 ? Math.floor(next() * i) : Math.max(0, i - 1 - Math.floor(next() * 8));
			from.push(back);
			to.push(i);
		}
	}
	return { boxes, from, to };
}

describe.each(records())("record %s", (_, program) => {
	test("is drawn soundly, region by region", () => {
		program.wire.regions.forEach((__, region) => {
			const graph = regionGraph(program, region, ALL);
			expectSound(graph.nodes, graph.from, graph.to, layered(graph.nodes, graph.from, graph.to));
		});
	});

	test("shows each equation of a region once", () => {
		program.wire.regions.forEach((__, region) => {
			const shown = regionGraph(program, region, ALL).nodes.flatMap((node) =>
				node.equation < 0 ? [] : [node.equation],
			);
			expect(shown).toEqual(program.members().get(region));
		});
	});
});

test("a large graph is sound, fast, and the same each time", () => {
	const { boxes, from, to } = random(4000);
	const start = performance.now();
	const layout = layered(boxes, from, to);
	expect(performance.now() - start).toBeLessThan(1500);
	expectSound(boxes, from, to, layout);
	expect(layered(boxes, from, to)).toEqual(layout);
});

test("edges that go back are left out", () => {
	const box = { width: 10, height: 10 };
	expect(layered([box, box], [1, 0, 0], [0, 1, 7]).routes.length).toBe(1);
});

test("nothing at all has a layout", () => {
	const layout = layered([], [], []);
	expect([layout.width, layout.height, layout.routes.length]).toEqual([0, 0, 0]);
});

test("a row settles at its wishes, pushed apart evenly", () => {
	const centre = new Float64Array(3);
	settle([0, 1, 2], centre, [10, 10, 10], 0, (item) => [item === 2 ? 50 : 0, 1]);
	expect([...centre]).toEqual([-5, 5, 50]);
});

test("a wide program is windowed around the selection, and says so", () => {
	const graph = regionGraph(new Program(sampleWire()), 0, { most: 5, around: 20 });
	expect(graph.nodes.filter((node) => node.equation >= 0).length).toBe(5);
	expect(graph.note).toMatch(/^Equations \d+–\d+ of \d+/);
});

test("an empty region says so", () => {
	const wire = sampleWire();
	const region = {
		name: "",
		kind: "program",
		equation: -1,
		inputs: [],
		constants: [],
		outputs: [],
	};
	const program = new Program({ ...wire, regions: [...wire.regions, region] });
	expect(regionGraph(program, wire.regions.length, ALL).note).toBe("No equations here.");
});
