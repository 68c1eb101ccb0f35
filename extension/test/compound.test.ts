/** Boxes in boxes: nothing overlaps, all is inside its frame, and opening is stable. */

import { describe, expect, test } from "vitest";
import { place, ROLE } from "../src/layout/compound";
import { labels } from "../src/layout/labels";
import { closed, opened } from "../src/layout/opening";
import { itemAt, reach, touching } from "../src/layout/paths";
import { Drafts, type Item, type Scene } from "../src/layout/scene";
import type { Levels } from "../src/layout/visible";
import type { Thing } from "../src/model/groups";
import { openings } from "./graphcases";

function sceneOf(levels: Levels, open: ReadonlySet<Thing>): Scene {
	const drafts = new Drafts(levels);
	return drafts.scene(place(drafts.frame(levels.groups.root, open)));
}

function overlap(a: Item, b: Item): boolean {
	const e = 1e-6;
	return (
		a.left + e < b.left + b.width &&
		b.left + e < a.left + a.width &&
		a.top + e < b.top + b.height &&
		b.top + e < a.top + a.height
	);
}

function isPort({ node }: Item): boolean {
	return node.kind === "in" || node.kind === "out";
}

describe.each(openings())("%s", (_, __, levels, open) => {
	const scene = sceneOf(levels, open);

	test("nothing overlaps what it does not hold", () => {
		scene.items.forEach((a, i) => {
			for (const b of scene.items.slice(i + 1)) {
				if (a.outer === b.outer && overlap(a, b)) {
					expect([a.box.label, b.box.label]).toEqual(["apart", "apart"]);
				}
			}
		});
	});

	test("all is inside its frame, and ports are on its border", () => {
		for (const item of scene.items) {
			const frame = scene.items[item.outer];
			if (!frame) continue;
			expect(item.left).toBeGreaterThanOrEqual(frame.left);
			expect(item.left + item.width).toBeLessThanOrEqual(frame.left + frame.width);
			const middle = item.top + item.height / 2;
			if (item.node.kind === "in") expect(middle).toBeCloseTo(frame.top);
			else if (item.node.kind === "out") expect(middle).toBeCloseTo(frame.top + frame.height);
			else {
				expect(item.top).toBeGreaterThan(frame.top);
				expect(item.top + item.height).toBeLessThan(frame.top + frame.height);
			}
		}
	});

	test("is the same each time", () => {
		expect(sceneOf(levels, open)).toEqual(scene);
	});

	test("types cover neither boxes nor each other", () => {
		const boxes = labels(scene).map(
			({ x, y, width }) => [x - width / 2, y - 6, width, 12] as const,
		);
		const others = scene.items
			.filter((item) => !item.open)
			.map(({ left, top, width, height }) => [left, top, width, height] as const);
		boxes.forEach(([x, y, w, h], i) => {
			for (const [a, b, c, d] of [...boxes.slice(i + 1), ...others]) {
				expect(x + w <= a || a + c <= x || y + h <= b || b + d <= y).toBe(true);
			}
		});
	});

	test("the item at the middle of a closed box is that box", () => {
		scene.items.forEach((item, i) => {
			if (item.open || isPort(item)) return;
			expect(itemAt(scene, item.left + item.width / 2, item.top + item.height / 2)).toBe(i);
		});
	});

	test("an open one that is closed leaves the picture that was there before", () => {
		const { groups } = levels;
		for (const thing of groups.entries(groups.root)) {
			if (open.has(thing) || !groups.canOpen(thing)) continue;
			const wider = opened(groups, open, thing);
			expect(sceneOf(levels, closed(groups, wider, thing))).toEqual(scene);
		}
	});

	test("what stood beside each other in a row keeps its order when one opens", () => {
		const { groups } = levels;
		for (const thing of groups.entries(groups.root).slice(0, 12)) {
			if (open.has(thing) || !groups.canOpen(thing)) continue;
			const after = sceneOf(levels, opened(groups, open, thing));
			const order = (of: Scene, tops: ReadonlyMap<number, number>) =>
				[...of.items]
					.filter((item) => item.outer < 0)
					.sort(
						(a, b) =>
							(tops.get(a.node.key) as number) - (tops.get(b.node.key) as number) ||
							a.left - b.left,
					)
					.map(({ node }) => node.key);
			const tops = new Map(
				scene.items.filter(({ outer }) => outer < 0).map((item) => [item.node.key, item.top]),
			);
			expect(order(after, tops)).toEqual(order(scene, tops));
		}
	});

	test("what leads to an item does not lead from it", () => {
		scene.items.forEach((item, i) => {
			if (isPort(item) || item.open) return;
			const [into, out] = [reach(scene, i, "into"), reach(scene, i, "out")];
			const both = [...into.items].filter((at) => out.items.has(at) && at !== i);
			// A port of an aggregated group may pass both.
			expect(both.filter((at) => !isPort(scene.items[at] as Item))).toEqual([]);
			for (const line of touching(scene, i).lines) {
				expect(into.lines.has(line) || out.lines.has(line)).toBe(true);
			}
		});
	});
});

test("ports stay at the borders however little is tied to them", () => {
	const box = (role: number) => ({
		width: 40,
		height: role === ROLE.box ? 24 : 8,
		role,
		frame: null,
	});
	const boxes = [ROLE.in, ROLE.in, ROLE.box, ROLE.box, ROLE.box, ROLE.out, ROLE.out].map(box);
	const [from, to] = [
		[1, 2, 3],
		[3, 3, 5],
	];
	const { top, height } = place({ boxes, from, to, titleWidth: 50, bordered: true, loop: false });
	expect([top[0], top[1], top[5], top[6]]).toEqual([-4, -4, height - 4, height - 4]);
	expect(top[4]).toBeGreaterThan(4);
});

test("a frame is as wide as its title", () => {
	const frame = { boxes: [], from: [], to: [], titleWidth: 300, bordered: true, loop: false };
	expect(place(frame).width).toBe(300);
});
