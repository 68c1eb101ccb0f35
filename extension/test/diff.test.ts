// @vitest-environment happy-dom
/** The rows of a difference fold, open and are gone through; both sides read as they are. */

import { afterEach, expect, test, vi } from "vitest";
import { DiffRows, DiffSide, snippet } from "../src/model/diff";
import { mountDiff } from "../src/views/diffmount";
import { ratioText } from "../src/views/diffview";
import type { DiffWire } from "../src/wire/diffpayload";
import { readDiff } from "../src/wire/diffpayload";
import { sample, sampleWire } from "./records";

function diff(rows: string): DiffWire {
	const head = { names: ["f", "g"] as const, summary: "f -> g", highlights: [] };
	return { ...head, stage: "jaxpr", rows, changes: {}, inputs: [], outputs: [], costs: [] };
}

function seen(rows: DiffRows): string[] {
	return rows.items.map(({ row, end }) => (end - row > 1 ? `${row}..${end}` : String(row)));
}

test("equal rows are folded but for two on either side", () => {
	expect(seen(new DiffRows(diff("=======~=======+=")))).toEqual([
		..."0..5 5 6 7 8 9 10..13 13 14 15 16".split(" "),
	]);
	expect(seen(new DiffRows(diff("====")))).toEqual(["0..4"]);
	expect(seen(new DiffRows(diff("")))).toEqual([]);
});

test("signs say which equations a row is of", () => {
	const rows = new DiffRows(diff("=+~-="));
	expect([...rows.before]).toEqual([0, -1, 1, 2, 3]);
	expect([...rows.after]).toEqual([0, 1, 2, -1, 3]);
	expect([0, 1, 2, 3].map((row) => rows.kind(row))).toEqual([
		"same",
		"added",
		"changed",
		"removed",
	]);
});

test("a fold opens in place", () => {
	const rows = new DiffRows(diff("=====~"));
	rows.open(0);
	expect(seen(rows)).toEqual(["0", "1", "2", "3", "4", "5"]);
	rows.open(2);
	expect(rows.items.length).toBe(6);
});

test("one goes from difference to difference, and over a run of them at once", () => {
	const rows = new DiffRows(diff("~~===~~=-"));
	expect(rows.next(-1, 1)).toBe(0);
	expect(rows.next(0, 1)).toBe(5);
	expect(rows.next(5, 1)).toBe(8);
	expect(rows.next(8, 1)).toBe(-1);
	expect(rows.next(8, -1)).toBe(5);
});

test("a side reads as the jaxpr does, and knows its source", () => {
	const program = sample();
	const side = new DiffSide(program, "jaxpr");
	const lines = program.stage("jaxpr")?.lines() ?? [];
	for (let equation = 0; equation < program.equationCount; equation++) {
		expect(lines).toContain(`    ${side.line(equation)}`);
	}
	expect(side.line(-1)).toBe("");
	const span = side.span(0);
	const found = snippet(program, span);
	const marked = found?.lines.filter((line) => line.to > line.from) ?? [];
	expect(marked.length).toBeGreaterThan(0);
	expect(marked[0]?.number).toBe(program.wire.spans.line[span]);
	expect(snippet(program, -1)).toBeNull();
});

test("what is no difference is refused in words", async () => {
	const good = { format: "jaxplore.view/1", view: "diff" };
	for (const bad of [null, { ...good, view: "x" }, { ...good, diff: {} }]) {
		await expect(readDiff(bad)).rejects.toThrow(/Cannot show/);
	}
});

test("ratios", () => {
	expect([ratioText(100, 150), ratioText(100, 400), ratioText(0, 1), ratioText(3, null)]).toEqual([
		"+50 %",
		"x 4",
		"",
		"",
	]);
});

let stop = () => {};
afterEach(() => stop());

async function shown(payload: unknown): Promise<ShadowRoot> {
	vi.stubGlobal(
		"ResizeObserver",
		class {
			observe() {}
			disconnect() {}
		},
	);
	vi.stubGlobal("matchMedia", () => ({
		matches: false,
		addEventListener() {},
		removeEventListener() {},
	}));
	const el = document.createElement("div");
	document.body.append(el);
	stop = mountDiff(el, payload);
	await vi.waitFor(() => expect(el.shadowRoot?.children.length).toBeGreaterThan(1));
	return el.shadowRoot as ShadowRoot;
}

test("hostile names stay text", async () => {
	const hostile = `<img src=x onerror="globalThis.hit=1">`;
	const program = { format: "jaxplore.view/1", view: "explorer", program: sampleWire() };
	const made = { ...diff("=+"), summary: hostile, names: [hostile, "g"], highlights: [hostile] };
	const payload = {
		format: "jaxplore.view/1",
		view: "diff",
		diff: made,
		before: program,
		after: program,
	};
	const root = await shown(payload);
	expect(root.textContent).toContain(hostile);
	expect(root.querySelector("img")).toBeNull();
});

test("an unreadable payload says so and leaves the table that came with it", async () => {
	const root = await shown({ format: "other" });
	expect(root.querySelector("[role=alert]")?.textContent).toContain("Got: ");
	expect(root.querySelector("slot")).not.toBeNull();
});
