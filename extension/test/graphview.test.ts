// @vitest-environment happy-dom
/** The graph under keys, searches and selections made elsewhere, without pixels. */

import { afterEach, expect, test } from "vitest";
import { Focus, type Origin } from "../src/model/focus";
import { Groups } from "../src/model/groups";
import type { Program } from "../src/model/program";
import { graphPane } from "../src/views/graphpane";
import { thingWords } from "../src/views/graphtools";
import { chance } from "./graphcases";
import { madeUp } from "./madeup";
import { sample } from "./records";

let stop = () => {};
afterEach(() => {
	stop();
	document.body.replaceChildren();
});

function shown(program: Program) {
	const selected: (Origin | null)[] = [];
	const pane = graphPane(program, {
		hover: () => {},
		select: (origin) => {
			selected.push(origin);
			pane.show(null, origin && new Focus(program, origin));
		},
	});
	for (const [name, value] of [
		["clientWidth", 600],
		["clientHeight", 400],
	] as const) {
		Object.defineProperty(pane.element.firstElementChild, name, { value });
	}
	document.body.append(pane.element);
	pane.resize();
	stop = pane.dispose;
	const canvas = pane.element.querySelector("canvas") as HTMLCanvasElement;
	return {
		pane,
		selected,
		said: () => pane.element.querySelector(".jxp-said")?.textContent ?? "",
		crumbs: () =>
			[...pane.element.querySelectorAll(".jxp-crumbs button")].map((b) => b.textContent),
		/** Whether the pane took the key for itself. */
		press(key: string): boolean {
			let isTaken = true;
			const outside = () => {
				isTaken = false;
			};
			document.body.addEventListener("keydown", outside, { once: true });
			canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
			document.body.removeEventListener("keydown", outside);
			return isTaken;
		},
		choose(equation: number) {
			const focus = new Focus(program, { kind: "equation", equation });
			pane.show(null, focus);
			pane.reveal(focus);
		},
	};
}

/** An equation as deep as any. */
function deepest(groups: Groups): number {
	let deep = 0;
	for (let e = 0; e < groups.equationCount; e++) {
		if ((groups.depth[e] as number) > (groups.depth[deep] as number)) deep = e;
	}
	return deep;
}

test("a selection made elsewhere opens what is around it", () => {
	const program = madeUp(chance(11), 30);
	const groups = new Groups(program);
	const view = shown(program);
	const equation = deepest(groups);
	expect(groups.depth[equation]).toBeGreaterThan(4);
	view.choose(equation);
	expect(view.said()).toBe(thingWords(groups, equation, false));
	expect(view.crumbs().length).toBe(Math.min(4, groups.around(equation).length - 1) + 1);
});

test("keys without a place in the graph are left to the explorer", () => {
	const view = shown(sample());
	expect(["ArrowDown", "Enter", "Backspace", "u"].map(view.press)).toEqual([
		false,
		false,
		false,
		false,
	]);
	expect(["+", "-", "0"].map(view.press)).toEqual([true, true, true]);
});

test("Backspace closes the group around, Enter opens it again", () => {
	const program = madeUp(chance(11), 30);
	const groups = new Groups(program);
	const view = shown(program);
	const equation = deepest(groups);
	const outer = groups.parent[equation] as number;
	view.choose(equation);
	expect(view.press("Backspace")).toBe(true);
	expect(view.said()).toBe(thingWords(groups, outer, false));
	expect(view.press("Enter")).toBe(true);
	expect(view.said()).toBe(thingWords(groups, outer, true));
});

test("arrows go along an edge and select where they arrive", () => {
	const program = sample();
	const view = shown(program);
	const first = program.outputs.get(0)[0] as number;
	view.choose(program.readers().get(first)[0] as number);
	view.selected.length = 0;
	expect(view.press("ArrowUp")).toBe(true);
	expect(view.selected.length).toBe(1);
	expect(view.selected[0]).not.toBeNull();
});

test("a search goes through equations in closed groups and selects them", () => {
	const program = madeUp(chance(12), 30);
	const groups = new Groups(program);
	const scans = program.wire.equations.primitive.flatMap((_, e) =>
		program.primitive(e) === "scan" ? [e] : [],
	);
	expect(scans.length).toBeGreaterThan(1);
	const view = shown(program);
	expect(view.pane.find?.("scan", 0)).toEqual({ count: scans.length, index: -1, more: false });
	expect(view.selected).toEqual([]);
	const chosen = scans.map(() => {
		view.pane.find?.("SCAN", 1);
		return view.said();
	});
	expect(view.pane.find?.("nothing of this", 1)).toBeNull();
	expect(new Set(chosen)).toEqual(new Set(scans.map((e) => thingWords(groups, e, false))));
	expect(view.selected.at(-1)).toEqual({ kind: "equation", equation: scans.at(-1) });
});
