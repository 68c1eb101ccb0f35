/** What is seen of a program: each value that flows from one thing to another is one edge. */

import { describe, expect, test } from "vitest";
import { place } from "../src/layout/compound";
import { closed, firstOpen, opened, openTo } from "../src/layout/opening";
import { Drafts, type Item } from "../src/layout/scene";
import { Groups, type Thing } from "../src/model/groups";
import { Program } from "../src/model/program";
import { levelsOf, openings, programs } from "./graphcases";
import { sampleWire } from "./records";

describe.each(programs())("groups of %s", (_, program) => {
	const groups = new Groups(program);

	test("hold every equation once, nested ones too", () => {
		const seen: Thing[] = [];
		const walk = (thing: Thing) => {
			for (const entry of groups.entries(thing)) {
				expect(groups.parent[entry]).toBe(thing);
				if (groups.isEquation(entry)) seen.push(entry);
				walk(entry);
			}
		};
		walk(groups.root);
		expect(seen.sort((a, b) => a - b)).toEqual(program.wire.equations.primitive.map((__, e) => e));
	});

	test("say which equations are in them", () => {
		for (let thing = 0; thing < groups.count; thing++) {
			const within = groups.equationsIn(thing);
			expect(within.every((equation) => groups.isAround(thing, equation))).toBe(true);
			if (thing === groups.root || groups.parent[thing] !== -1) {
				expect(new Set(within).size).toBe(groups.inside[thing]);
			}
		}
	});

	test("add up costs to the whole", () => {
		const sums = groups.sums(program.wire.equations.flops);
		const total = program.wire.equations.flops.reduce((sum, flops) => sum + flops, 0);
		expect(sums[groups.root]).toBeCloseTo(total);
		expect(groups.inside[groups.root]).toBe(program.equationCount);
	});
});

const isPort = (kind: string) => kind === "in" || kind === "out";

describe.each(openings())("%s", (_, program, levels, open) => {
	const { groups, flow } = levels;
	const drafts = new Drafts(levels);
	const scene = drafts.scene(place(drafts.frame(groups.root, open)));

	const item = (thing: Thing) => scene.itemOf.get(levels.seen(thing, open)) as number;

	/** Ways from the item of a maker to that of a reader, through ports that stand for both. */
	function ways(maker: Thing, reader: Thing): number {
		const [from, to] = [item(maker), item(reader)];
		let count = 0;
		const waiting = [from];
		for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
			for (const i of scene.out[at] ?? []) {
				const line = scene.lines[i];
				if (!line || line.back) continue;
				if (line.to === to) count++;
				else {
					const { node, container } = scene.items[line.to] as Item;
					const [inside, outside] = node.kind === "in" ? [reader, maker] : [maker, reader];
					const isMeant =
						groups.isAround(container, inside) &&
						[node.key, ...node.others].some((key) => groups.isAround(key, outside));
					if (isPort(node.kind) && isMeant) waiting.push(line.to);
				}
			}
		}
		return count;
	}

	test("every value that is read has one way from its maker to its reader", () => {
		for (let reader = 0; reader < program.equationCount; reader++) {
			for (const value of new Set(program.inputs.get(reader))) {
				const { end } = flow.source(value);
				if (!end || !groups.isEquation(end.key)) continue;
				const [from, to] = [item(end.key), item(reader)];
				// What an open equation holds reads and writes in its place.
				if (from === to || scene.items[from]?.open || scene.items[to]?.open) continue;
				expect([value, reader, ways(end.key, reader)]).toEqual([value, reader, 1]);
			}
		}
	});

	test("lines end at boxes and at ports, and every port has its line outside", () => {
		for (const { from, to, values } of scene.lines) {
			const ends = [scene.items[from]?.open, scene.items[to]?.open];
			expect([values, ...ends]).toEqual([values, false, false]);
		}
		scene.items.forEach(({ node }, i) => {
			const outside = node.kind === "in" ? scene.into[i] : scene.out[i];
			const isLoops = node.port !== null;
			if (isPort(node.kind) && !isLoops) expect(outside?.length).toBeGreaterThan(0);
		});
	});

	test("what is read and drawn as no edge is a chip", () => {
		scene.items.forEach(({ node, open: isOpen }) => {
			if (isOpen || node.kind !== "thing" || !groups.isEquation(node.key)) return;
			const chips = program.inputs.get(node.key).flatMap((value) => flow.source(value).chip ?? []);
			expect(new Set(node.chips)).toEqual(new Set(chips));
		});
	});

	test("a constant is no box, and a chip on each equation that reads it", () => {
		for (let e = 0; e < program.equationCount; e++) {
			if (!groups.isConstant(e)) continue;
			expect(scene.itemOf.has(e)).toBe(false);
			const value = program.outputs.first(e);
			for (const reader of program.readers().get(value)) {
				const seen = scene.items[scene.itemOf.get(reader) ?? -1];
				if (seen && !seen.open) expect(seen.node.chips).toContain(value);
			}
		}
	});

	test("every line goes down but the back arrows of loops", () => {
		for (const line of scene.lines) {
			const [y0, y1] = [line.points[1] as number, line.points.at(-1) as number];
			if (line.back) expect(y1).toBeLessThan(y0);
			else expect(y1).toBeGreaterThan(y0);
		}
	});

	test("each visible thing is one item", () => {
		for (let e = 0; e < program.equationCount; e++) expect(item(e)).toBeGreaterThanOrEqual(0);
		const things = scene.items.filter(({ node }) => node.kind === "thing");
		expect(things.length).toBe(scene.itemOf.size);
	});

	test("every loop that is open has its carry and one back arrow", () => {
		const loops = [...open].filter((thing) => {
			const region = groups.regionIn(thing);
			if (region <= 0 || groups.holderOf(region) !== thing) return false;
			const { equation, kind } = program.wire.regions[region] as { equation: number; kind: string };
			return program.primitive(equation) === "scan" || kind === "body_jaxpr";
		});
		const arrows = scene.lines.filter(({ back }) => back);
		for (const thing of loops) {
			const own = arrows.filter((line) => scene.items[line.from]?.container === thing);
			const names = own.map(({ from, to }) => [
				scene.items[from]?.node.port,
				scene.items[to]?.node.port,
			]);
			expect(names).toEqual([["carry out", "carry"]]);
		}
		expect(arrows.length).toBe(loops.length);
	});
});

describe.each(programs())("opening %s", (_, program) => {
	const levels = levelsOf(program);
	const { groups } = levels;
	const start = firstOpen(
		groups,
		() => false,
		() => true,
	);

	test("closing undoes it", () => {
		for (const thing of groups.entries(groups.root)) {
			if (start.has(thing) || !groups.canOpen(thing)) continue;
			expect(closed(groups, opened(groups, start, thing), thing)).toEqual(start);
		}
	});

	test("shows an equation after its holders are open", () => {
		for (let e = 0; e < program.equationCount; e++) {
			const open = openTo(groups, start, e);
			expect(levels.seen(e, open)).toBe(groups.bearer(e));
		}
	});
});

test("a broken tree of groups is still a tree", () => {
	const wire = sampleWire();
	const parent = wire.groups.parent.map((_, g) => (g % 2 === 0 ? g + 5 : -7));
	const leaf = wire.groups.leaf.map((group, e) => (e % 3 === 0 ? 1e6 : group));
	const groups = new Groups(new Program({ ...wire, groups: { ...wire.groups, parent, leaf } }));
	expect(groups.inside[groups.root]).toBe(wire.equations.primitive.length);
});
