/** A drawing nobody sees still has rules: nothing overlaps, edges go down, nothing drifts. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Box, layered } from "../src/layout/layered";
import { layersOf } from "../src/layout/layers";
import { expectSound, type Graph, randomGraph, realGraphs } from "./drawings";

const LAYOUTS = join(import.meta.dirname, "../../tests/records/layouts");

describe.each(realGraphs())("%s", (_, { boxes, from, to }) => {
	const layout = layered(boxes, from, to);

	test("is drawn soundly, and the same each time", () => {
		expectSound(boxes, from, to, layout);
		expect(layered(boxes, from, to)).toEqual(layout);
	});

	test("does not drift: no layer's boxes stand off those of the rest", () => {
		const sums = new Map<number, [number, number]>();
		boxes.forEach((__, i) => {
			const [sum, count] = sums.get(layout.layer[i] as number) ?? [0, 0];
			sums.set(layout.layer[i] as number, [sum + (layout.x[i] as number), count + 1]);
		});
		const centres = [...sums.values()].map(([sum, count]) => sum / count).sort((a, b) => a - b);
		const middle = centres[centres.length >> 1] as number;
		const widest = Math.max(
			...[...sums.keys()].map((layer) => rowWidth(boxes, layout.layer, layer)),
		);
		for (const centre of centres) {
			expect(Math.abs(centre - middle)).toBeLessThan(Math.max(900, 1.2 * widest));
		}
	});

	test("has the shortest edges", () => {
		// What no single box and no pull of one edge can shorten: the simplex has ended.
		const length = (layer: Int32Array) =>
			from.reduce((sum, a, i) => {
				return sum + (layer[to[i] as number] as number) - (layer[a] as number);
			}, 0);
		const layer = layersOf(boxes.length, { from, to });
		const least = length(layer);
		boxes.forEach((__, box) => {
			for (const by of [-1, 1]) {
				const moved = layer.slice();
				moved[box] = (moved[box] as number) + by;
				const isForward = from.every((a, i) => {
					return (moved[a] as number) < (moved[to[i] as number] as number);
				});
				if (isForward) expect(length(moved)).toBeGreaterThanOrEqual(least);
			}
		});
	});

	test("keeps its order when one box becomes three", () => {
		const at = boxes.length >> 1;
		const { grown, before } = expanded({ boxes, from, to }, at);
		const order = before.map((box) => (box === at ? Number.NaN : (layout.x[box] as number)));
		const again = layered(grown.boxes, grown.from, grown.to, { order });
		expectSound(grown.boxes, grown.from, grown.to, again);
		expect(turned(before, at, layout, again)).toBe(0);
	});
});

function rowWidth(boxes: readonly Box[], layers: Int32Array, layer: number): number {
	return boxes.reduce((sum, box, i) => sum + (layers[i] === layer ? box.width + 22 : 0), 0);
}

/** A graph in which a box is opened into a chain, and the box each was before. */
function expanded({ boxes, from, to }: Graph, at: number) {
	const before = boxes.flatMap((_, i) => (i === at ? [i, i, i] : [i]));
	const first = (box: number) => (box > at ? box + 2 : box);
	const last = (box: number) => (box >= at ? box + 2 : box);
	const grown = {
		boxes: before.map((box) => boxes[box] as Box),
		from: [...from.map(last), at, at + 1],
		to: [...to.map(first), at + 1, at + 2],
	};
	return { grown, before };
}

type Places = Pick<ReturnType<typeof layered>, "x" | "layer">;

/** The part of pairs in a layer, before and after, that changed sides; without what is new. */
function turned(before: readonly number[], opened: number, old: Places, now: Places): number {
	let pairs = 0;
	let count = 0;
	before.forEach((a, i) => {
		before.slice(0, i).forEach((b, k) => {
			if (
				a === opened ||
				b === opened ||
				old.layer[a] !== old.layer[b] ||
				now.layer[i] !== now.layer[k]
			)
				return;
			pairs++;
			const was = (old.x[a] as number) < (old.x[b] as number);
			if (was !== (now.x[i] as number) < (now.x[k] as number)) count++;
		});
	});
	return pairs === 0 ? 0 : count / pairs;
}

test("edges that span many layers run beside the drawing", () => {
	const [, { boxes, from, to }] = realGraphs().find(([name]) => name === "transformer_1_grad") as [
		string,
		Graph,
	];
	const layout = layered(boxes, from, to);
	const spans = layout.routes.map(({ from: a, to: b, side, long }) => {
		return [(layout.layer[b] as number) - (layout.layer[a] as number) > 12, side || long];
	});
	expect(spans.filter(([far]) => far).length).toBeGreaterThan(50);
	for (const [far, beside] of spans) expect(beside).toBe(far);
});

test.each([300, 4000])("a random graph of %i boxes is sound and fast", (count) => {
	const { boxes, from, to } = randomGraph(count);
	layered(boxes, from, to);
	const start = performance.now();
	const layout = layered(boxes, from, to);
	// Some 15 and 150 ms on a quiet machine.
	expect(performance.now() - start).toBeLessThan(count === 300 ? 150 : 1000);
	expectSound(boxes, from, to, layout);
});

test("edges that go back are left out", () => {
	const box = { width: 10, height: 10 };
	expect(layered([box, box], [1, 0, 0], [0, 1, 7]).routes).toEqual([
		{ from: 0, to: 1, long: false, side: false, points: [] },
	]);
});

test("nothing at all has a layout", () => {
	const layout = layered([], [], []);
	expect([layout.width, layout.height, layout.routes.length]).toEqual([0, 0, 0]);
});

test("parts that nothing joins stand beside each other", () => {
	const box = { width: 50, height: 20 };
	const layout = layered([box, box, box], [0], [1]);
	expect([...layout.layer]).toEqual([0, 1, 0]);
	expect(Math.abs((layout.x[0] as number) - (layout.x[2] as number))).toBeGreaterThanOrEqual(72);
});

describe("the golden layouts, which Python draws too", () => {
	const names = readdirSync(LAYOUTS).filter((name) => name.endsWith(".json"));
	test.each(names)("%s", (name) => {
		const { widths, heights, from, to, layout } = JSON.parse(
			readFileSync(join(LAYOUTS, name), "utf8"),
		);
		const boxes = widths.map((width: number, i: number) => ({ width, height: heights[i] }));
		const { x, y, layer, routes, left, width, height } = layered(boxes, from, to, {
			quality: "best",
		});
		const made = { x: [...x], y: [...y], layer: [...layer], routes, left, width, height };
		expect(made).toEqual(layout);
	});
});
