// @vitest-environment happy-dom
/** The explorer's own parts in a page that is not a browser: columns, search, heat, stack. */

import { afterEach, expect, test, vi } from "vitest";
import { Focus } from "../src/model/focus";
import { mount } from "../src/views/mount";
import type { ProgramWire } from "../src/wire/program";
import { sampleWire } from "./records";
import { smallWire } from "./smallprogram";

// This page has no layout: every text is as high as all of it.
Object.defineProperty(HTMLElement.prototype, "clientHeight", { get: () => 9000 });
let stop = () => {};

async function shown(program: ProgramWire, extra: object = {}): Promise<ShadowRoot> {
	const el = document.createElement("div");
	document.body.append(el);
	const payload = { format: "jaxplore.view/1", view: "explorer", program, ...extra };
	stop = mount(el, { get: (key) => (key === "payload" ? payload : null) });
	await vi.waitFor(() => expect(el.shadowRoot?.querySelector(".jxp-header")).toBeTruthy());
	return el.shadowRoot as ShadowRoot;
}

afterEach(() => {
	stop();
	vi.restoreAllMocks();
	document.body.replaceChildren();
});

function one<T extends HTMLElement = HTMLElement>(root: ParentNode, selector: string): T {
	const found = root.querySelector<T>(selector);
	if (!found) throw new Error(`There is no ${selector}.`);
	return found;
}

function press(target: EventTarget, key: string, more: object = {}): void {
	target.dispatchEvent(
		new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true, ...more }),
	);
}

/** Names of the panes in sight. */
function open(root: ShadowRoot): string[] {
	const frames = [...root.querySelectorAll<HTMLElement>(".jxp-side:not([hidden]) > [data-pane]")];
	return frames.filter((frame) => !frame.hidden).map((frame) => frame.dataset.pane ?? "");
}

function tab(root: ShadowRoot, column: number, label: string): HTMLElement {
	const lists = [...root.querySelectorAll("[role=tablist]")];
	const tabs = [...(lists[column]?.querySelectorAll<HTMLElement>("[role=tab]") ?? [])];
	return tabs.find((button) => button.textContent === label) as HTMLElement;
}

test("a second column shows another pane, and panes change places when both ask for one", async () => {
	const root = await shown(sampleWire());
	expect(open(root)).toEqual(["source", "jaxpr"]);
	press(one(root, ".jxp-root"), "s");
	expect(open(root)).toEqual(["source", "jaxpr", "graph"]);
	tab(root, 1, "optimised HLO").click();
	expect(open(root)).toEqual(["source", "jaxpr", "hlo"]);
	tab(root, 0, "optimised HLO").click();
	expect(open(root)).toEqual(["source", "hlo", "jaxpr"]);
	one(root, "button.jxp-split").click();
	expect(open(root)).toEqual(["source", "hlo"]);
});

test("each pane in sight is labelled by the tab that shows it", async () => {
	const root = await shown(sampleWire());
	press(one(root, ".jxp-root"), "s");
	for (const [column, name] of ["jaxpr", "graph"].entries()) {
		const frame = one(root, `[data-pane=${name}]`);
		expect(frame.getAttribute("aria-labelledby")).toBe(tab(root, column, name).id);
		expect(tab(root, column, name).getAttribute("aria-selected")).toBe("true");
	}
});

test("a selection lights all panes in sight", async () => {
	const root = await shown(sampleWire());
	press(one(root, ".jxp-root"), "s");
	tab(root, 1, "StableHLO").click();
	one(root, "[data-pane=jaxpr] .jxp-line[data-equation]").click();
	for (const name of ["source", "jaxpr", "stablehlo"]) {
		expect(root.querySelectorAll(`[data-pane=${name}] .jxp-lit`).length).toBeGreaterThan(0);
	}
});

test("a pane that fails says so, and the others go on", async () => {
	const root = await shown(sampleWire());
	press(one(root, ".jxp-root"), "s");
	tab(root, 1, "StableHLO").click();
	vi.spyOn(console, "error").mockImplementation(() => {});
	const { light } = Focus.prototype;
	vi.spyOn(Focus.prototype, "light").mockImplementation(function (this: Focus, stage, line) {
		if (stage === "stablehlo") throw new Error("no light");
		return light.call(this, stage, line);
	});
	one(root, "[data-pane=jaxpr] .jxp-line[data-equation]").click();
	expect(one(root, "[data-pane=stablehlo]").textContent).toBe(
		"Cannot show StableHLO.Error: no light",
	);
	expect(root.querySelectorAll("[data-pane=jaxpr] .jxp-lit").length).toBeGreaterThan(0);
});

test("keys move a bar, but never over its neighbours", async () => {
	const root = await shown(sampleWire());
	const bar = one(root, ".jxp-bar");
	const now = () => Number(bar.getAttribute("aria-valuenow"));
	const start = now();
	press(bar, "ArrowRight");
	expect(now()).toBe(start + 3);
	for (let i = 0; i < 50; i++) press(bar, "ArrowLeft");
	expect(now()).toBe(12);
});

test("larger and back", async () => {
	const root = await shown(sampleWire());
	const explorer = one(root, ".jxp-root");
	press(explorer, "l");
	expect(explorer.classList.contains("jxp-large")).toBe(true);
	expect(one(root, ".jxp-larger").getAttribute("aria-pressed")).toBe("true");
	one(root, ".jxp-larger").click();
	expect(explorer.classList.contains("jxp-large")).toBe(false);
});

/** Types a text into the search box. */
function look(root: ShadowRoot, text: string): HTMLInputElement {
	const input = one<HTMLInputElement>(root, ".jxp-search input");
	input.value = text;
	input.dispatchEvent(new Event("input"));
	return input;
}

const matches = (root: ShadowRoot) => one(root, ".jxp-matches").textContent;
const marked = (root: ShadowRoot, pane: string) =>
	[...root.querySelectorAll(`[data-pane=${pane}] mark`)].map((mark) => mark.textContent);

test("search marks all places, says which of how many, and selects", async () => {
	const root = await shown(sampleWire());
	const lines = sampleWire().stages[0]?.text.match(/tanh/g)?.length ?? 0;
	const input = look(root, "tanh");
	expect(matches(root)).toBe(`${lines} found`);
	expect(marked(root, "jaxpr").every((text) => text === "tanh")).toBe(true);
	expect(marked(root, "jaxpr").length).toBeGreaterThan(0);
	press(input, "Enter");
	expect(matches(root)).toBe(`1 of ${lines}`);
	expect(one(root, "[data-pane=jaxpr] .jxp-kept").textContent).toContain("= tanh");
	press(input, "Enter", { shiftKey: true });
	expect(matches(root)).toBe(`${lines} of ${lines}`);
	look(root, "no such text");
	expect([matches(root), marked(root, "jaxpr")]).toEqual(["none", []]);
	expect(input.classList.contains("jxp-missing")).toBe(true);
	press(input, "Escape");
	expect([input.value, matches(root)]).toEqual(["", ""]);
});

test("search goes to the pane that was used last", async () => {
	const root = await shown(sampleWire());
	look(root, "hidden");
	expect(matches(root)).toBe("none");
	one(root, "[data-pane=source] .jxp-scroll").dispatchEvent(
		new Event("pointerdown", { bubbles: true, composed: true }),
	);
	expect(one(root, ".jxp-search input").getAttribute("aria-label")).toBe("find in source");
	expect(new Set(marked(root, "source"))).toEqual(new Set(["hidden"]));
});

function heatTo(root: ShadowRoot, kind: string): void {
	const select = one<HTMLSelectElement>(root, ".jxp-heat select");
	select.value = kind;
	select.dispatchEvent(new Event("change"));
}

test("heat stands beside source and jaxpr, with its numbers, until it is switched off", async () => {
	const root = await shown(sampleWire());
	heatTo(root, "flops");
	for (const pane of ["source", "jaxpr"]) {
		const titles = [...root.querySelectorAll(`[data-pane=${pane}] .jxp-cost[title]`)];
		expect(titles.length).toBeGreaterThan(0);
		for (const cell of titles)
			expect(cell.getAttribute("title")).toMatch(/FLOP, .*% of all|inside/);
	}
	expect(one(root, ".jxp-totals").textContent).toMatch(/^our count: /);
	heatTo(root, "");
	expect(root.querySelectorAll(".jxp-cost").length).toBe(0);
	expect(one(root, ".jxp-totals").hidden).toBe(true);
});

test("a pane that is opened later shows the same heat", async () => {
	const root = await shown(sampleWire());
	heatTo(root, "equations");
	tab(root, 0, "StableHLO").click();
	expect(root.querySelectorAll("[data-pane=stablehlo] .jxp-cost[title]").length).toBeGreaterThan(0);
});

test("time can be chosen only where it was measured", async () => {
	const kinds = async (extra: object) => {
		const root = await shown(sampleWire(), extra);
		return [...root.querySelectorAll(".jxp-heat option")].map((option) => option.textContent);
	};
	expect(await kinds({})).toEqual(["off", "FLOPs", "bytes", "equations"]);
	stop();
	expect(await kinds({ seconds: { span: [0], seconds: [1] } })).toContain("time");
});

const CALLS = smallWire({
	equations: [
		{
			primitive: "mul",
			reads: ["x", "2.0"],
			writes: ["a"],
			frame: 3,
			span: 1,
			meaning: "doubles {0}",
		},
		{ primitive: "sin", reads: ["a"], writes: ["b"], frame: 0, span: 0 },
	],
	lines: [1, 2, 3, 4],
	frames: [
		[0, -1, 0],
		[2, 0, 1],
		[3, 1, 1],
		[1, 2, 0],
	],
	outputs: ["b"],
	hlo: "ENTRY %main (p: f32[]) -> f32[] {\n  ROOT %sin.1 = f32[] sine(%p)\n}",
	hloLinks: { 2: [1] },
});

test("the call stack folds a library's frames, which unfold and stay so", async () => {
	const root = await shown(CALLS);
	const stack = () => [...root.querySelectorAll(".jxp-stack > li")].map((item) => item.textContent);
	one(root, "[data-pane=jaxpr] [data-equation='0']").click();
	expect(stack()).toEqual(["fcell 1:1", "2 library frames", "fcell 1:2"]);
	one(root, ".jxp-fold").click();
	expect(stack().length).toBe(5);
	one(root, "[data-pane=jaxpr] [data-equation='1']").click();
	one(root, "[data-pane=jaxpr] [data-equation='0']").click();
	expect(stack().length).toBe(5);
});

test("a chosen frame lights all that was made below it, and keys still come to the view", async () => {
	const root = await shown(CALLS);
	one(root, "[data-pane=jaxpr] [data-equation='0']").click();
	const first = one(root, ".jxp-stack button");
	first.focus();
	first.click();
	expect(root.querySelectorAll("[data-pane=jaxpr] .jxp-kept").length).toBe(2);
	expect(one(root, ".jxp-others").textContent).toContain("2 equations below this call");
	expect(one(root, ".jxp-inspector").contains(root.activeElement)).toBe(true);
});

test("more says everything, and what is chosen there is selected", async () => {
	const root = await shown(CALLS);
	one(root, "[data-pane=jaxpr] [data-equation='0']").click();
	press(one(root, ".jxp-root"), "i");
	const rows = Object.fromEntries(
		[...root.querySelectorAll(".jxp-details dt")].map((name) => [
			name.textContent,
			name.nextElementSibling?.textContent,
		]),
	);
	expect(rows).toMatchObject({
		does: "doubles x",
		writes: "a:f32[]4 Bread bysinb",
		runs: "once",
		became: "left no trace: XLA merged it with others or simplified it away",
	});
	const reader = [...root.querySelectorAll<HTMLElement>(".jxp-details .jxp-chip")].find(
		(chip) => chip.textContent === "sinb",
	);
	reader?.click();
	expect(one(root, ".jxp-inspector strong").textContent).toBe("sin");
	expect(one(root, ".jxp-details").textContent).toContain(
		"its own instruction sin.1 (sine), line 2",
	);
});

test("a fault in one row of the details stays in that row", async () => {
	const broken = { ...CALLS, types: [null] as unknown as ProgramWire["types"] };
	broken.regions = CALLS.regions.map((region) => ({ ...region, outputs: [] }));
	Object.defineProperty(broken.equations, "bytes", {
		value: new Proxy(CALLS.equations.bytes, {
			get: (target, key) => {
				if (key === "0") throw new Error("no bytes");
				return Reflect.get(target, key);
			},
		}),
	});
	const root = await shown(broken);
	one(root, "[data-pane=jaxpr] [data-equation='0']").click();
	press(one(root, ".jxp-root"), "i");
	const data = [...root.querySelectorAll(".jxp-details dt")].find(
		(dt) => dt.textContent === "data",
	);
	expect(data?.nextElementSibling?.textContent).toBe("cannot be shown: Error: no bytes");
	expect(root.querySelectorAll(".jxp-fault").length).toBe(1);
	expect(one(root, ".jxp-details").textContent).toContain("doubles x");
});

test("several files get headings and a list to go to", async () => {
	const wire = sampleWire();
	const [first] = wire.sources;
	const sources = [...wire.sources, { file: "other.py", first_line: 1, text: "x = 1\n" }];
	const root = await shown({ ...wire, sources });
	const headings = [...root.querySelectorAll(".jxp-heading")].map((row) => row.textContent);
	expect(headings[0]).toBe(first?.file);
	const groups = [...root.querySelectorAll<HTMLOptGroupElement>(".jxp-caption optgroup")];
	expect(groups.map((group) => group.getAttribute("label"))).toEqual([first?.file, "other.py"]);
	const names = [...(groups[0]?.querySelectorAll("option") ?? [])].map((one) => one.textContent);
	expect(names.slice(1)).toEqual(expect.arrayContaining(["layer", "loss"]));
});

test("the whole text goes to paper, as far as it fits, and back to the screen", async () => {
	const root = await shown(sampleWire());
	const rows = () => [...root.querySelectorAll<HTMLElement>("[data-pane=jaxpr] .jxp-line")];
	const before = rows().length;
	window.dispatchEvent(new Event("beforeprint"));
	expect(rows().length).toBe(Math.min(400, sampleWire().stages[0]?.text.split("\n").length ?? 0));
	expect(rows().every((row) => row.style.transform === "")).toBe(true);
	window.dispatchEvent(new Event("afterprint"));
	expect(rows().length).toBe(before);
	expect(rows().every((row) => row.style.transform !== "")).toBe(true);
});
