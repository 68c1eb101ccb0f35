// @vitest-environment happy-dom
/** XLA's passes: linked as the program is, asked for by a click, text only ever text. */

import { afterEach, expect, test, vi } from "vitest";
import { Focus, type Origin } from "../src/model/focus";
import { Passes } from "../src/model/passes";
import type { Host } from "../src/views/host";
import type { Pane, PaneEvents } from "../src/views/pane";
import { passesPane } from "../src/views/passespane";
import type { PassesWire, TextWire } from "../src/wire/passes";
import { readPasses } from "../src/wire/passespayload";
import { sample } from "./records";

const HOSTILE = `<img src=x onerror="globalThis.hit=1">`;
const program = sample();
const span = program.spanOf(0);
const { spans } = program.wire;
const file = program.string(spans.file[span]);

/** Line 3 is gone and came from equation 0; line 4 is new and knows the expression alone. */
const DIFF: TextWire = {
	name: "",
	text: "@@ -7,2 +9,2 @@\n same\n-%gone = old()\n+%new = fresh()",
	error: null,
	left_out: 0,
	first_line: [3, 4],
	last_line: [3, 4],
	equation_count: [1, 0],
	equations: [0],
	span_count: [0, 2],
	spans: [0, 1],
};

function wire(more: Partial<PassesWire> = {}): PassesWire {
	return {
		format: "jaxplore.passes/1",
		strings: ["algsimp", `simplify ${HOSTILE}`, "simplification", file, "elsewhere.py"],
		places: {
			file: [3, 4],
			line: [spans.line[span] as number, 1],
			column: [spans.column[span] as number, 0],
			end_line: [spans.end_line[span] as number, 1],
			end_column: [spans.end_column[span] as number, 5],
		},
		passes: {
			name: [0],
			words: [1],
			pipeline: [2],
			before: [5],
			after: [4],
			added: [1],
			removed: [1],
		},
		diffs: [DIFF],
		code: [{ ...DIFF, name: "LLVM IR", text: HOSTILE, first_line: [], last_line: [] }],
		error: null,
		seconds: 1,
		...more,
	};
}

class Widget implements Host {
	readonly values: Record<string, unknown> = { payload: {} };
	readonly asked: unknown[] = [];
	private told: (() => void) | null = null;

	get(key: string): unknown {
		return this.values[key];
	}

	on(key: string, callback: () => void): () => void {
		if (key === "passes") this.told = callback;
		return () => {
			this.told = null;
		};
	}

	set(key: string, value: unknown): void {
		if (key === "request") this.asked.push((value as { what: string }).what);
	}

	say(state: unknown): void {
		this.values.passes = state;
		this.told?.();
	}
}

let pane: Pane;
const events: PaneEvents = { hover: vi.fn(), select: vi.fn() };

function shown(host: Host): HTMLElement {
	pane = passesPane(program, events, host);
	document.body.append(pane.element);
	return pane.element;
}

const words = (element: HTMLElement) => element.textContent ?? "";
const button = (element: HTMLElement, name: string) =>
	[...element.querySelectorAll("button")].find((made) => made.textContent === name);

afterEach(() => {
	pane?.dispose();
	document.body.replaceChildren();
	vi.clearAllMocks();
});

test("a line is lit by the equations it came from, or by its expression", () => {
	const [diff] = new Passes(wire(), program).diffs;
	const lines = (origin: Origin) => diff?.linesOf(diff.lit(new Focus(program, origin)));
	expect(lines({ kind: "equation", equation: 0 })).toEqual([3]);
	expect(lines({ kind: "span", span })).toEqual([3, 4]);
	expect(diff?.origin(3, program)).toEqual({ kind: "equation", equation: 0 });
	expect(diff?.origin(4, program)).toEqual({ kind: "span", span });
	expect(diff?.origin(2, program)).toBeNull();
});

test("a line is numbered as in the text it stands in", () => {
	const [diff] = new Passes(wire(), program).diffs;
	expect([...(diff?.numbers() ?? [])]).toEqual([0, 9, 8, 10]);
});

test("a pass is told to change what is selected only where its lines changed", () => {
	const context = { ...DIFF, text: "@@ -7,2 +9,2 @@\n same\n %kept = old()\n+%new = fresh()" };
	for (const [text, changes] of [
		[DIFF, true],
		[context, false],
	] as const) {
		const [diff] = new Passes(wire({ diffs: [text] }), program).diffs;
		const lit = diff?.lit(new Focus(program, { kind: "equation", equation: 0 }));
		expect(diff?.changes(lit as Set<number>)).toBe(changes);
	}
});

test("data of another format, or broken data, is said to be so", async () => {
	await expect(readPasses({ format: "jaxplore.passes/9" })).rejects.toThrow("another format");
	await expect(readPasses(wire({ diffs: [] }))).rejects.toThrow("incomplete");
	await expect(readPasses({ format: "jaxplore.passes/1", gzip: "?" })).rejects.toThrow("unpack");
	expect(await readPasses(wire())).toEqual(wire());
});

test("a page without passes says how to get them", async () => {
	const element = shown({ get: () => null });
	await vi.waitFor(() => expect(words(element)).toContain("jaxplore.passes(f, x)"));
	expect(element.querySelector("button")).toBeNull();
});

test("a page with passes shows them, and names never become markup", async () => {
	const element = shown({ get: (key) => (key === "payload" ? { passes: wire() } : null) });
	await vi.waitFor(() => expect(element.querySelectorAll("[role=option]")).toHaveLength(2));
	const [pass] = element.querySelectorAll("[role=option]");
	expect(pass?.textContent).toBe(`1simplify ${HOSTILE}4 instructions (−1) · +1 −1 lines`);
	expect(pass?.getAttribute("aria-selected")).toBe("true");
	expect(element.querySelector("img")).toBeNull();
});

test("what is selected elsewhere marks the passes that change it", async () => {
	const element = shown({ get: (key) => (key === "payload" ? { passes: wire() } : null) });
	await vi.waitFor(() => expect(element.querySelector("[role=option]")).toBeTruthy());
	pane.show(null, new Focus(program, { kind: "equation", equation: 0 }));
	expect(element.querySelectorAll(".jxp-touched")).toHaveLength(1);
	pane.show(null, null);
	expect(element.querySelectorAll(".jxp-touched")).toHaveLength(0);
});

test("arrows go through the list and stay in it", async () => {
	const element = shown({ get: (key) => (key === "payload" ? { passes: wire() } : null) });
	await vi.waitFor(() => expect(element.querySelector("[role=listbox]")).toBeTruthy());
	const outside = vi.fn();
	document.body.addEventListener("keydown", outside);
	element
		.querySelector("[role=listbox]")
		?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
	document.body.removeEventListener("keydown", outside);
	const chosen = element.querySelector("[aria-selected=true]");
	expect(chosen?.textContent).toBe("→LLVM IR");
	expect(outside).not.toHaveBeenCalled();
});

test("a live widget compiles at a click, tells how far it is, and can be stopped", async () => {
	const widget = new Widget();
	widget.values.passes = { state: "ready" };
	const element = shown(widget);
	await vi.waitFor(() => expect(button(element, "compile")).toBeTruthy());
	button(element, "compile")?.click();
	expect(widget.asked).toEqual(["passes"]);
	widget.say({ state: "running", step: "XLA compiles: 3 passes", elapsed_s: 2 });
	await vi.waitFor(() => expect(words(element)).toContain("XLA compiles: 3 passes · 2 s"));
	button(element, "cancel")?.click();
	expect(widget.asked).toEqual(["passes", "cancel"]);
	widget.say({ state: "done", data: wire({ error: "XLA was stopped: cancelled" }) });
	await vi.waitFor(() => expect(element.querySelectorAll("[role=option]")).toHaveLength(2));
	expect(element.querySelector("[role=status]")?.textContent).toBe("XLA was stopped: cancelled");
});

test("a failure keeps what is there and offers another try", async () => {
	const widget = new Widget();
	widget.values.passes = { state: "done", data: wire() };
	const element = shown(widget);
	await vi.waitFor(() => expect(element.querySelector("[role=option]")).toBeTruthy());
	widget.say({ state: "failed", error: HOSTILE, data: wire() });
	await vi.waitFor(() => expect(button(element, "try again")).toBeTruthy());
	expect(element.querySelectorAll("[role=option]")).toHaveLength(2);
	expect(element.querySelector("img")).toBeNull();
	expect(words(element)).toContain(HOSTILE);
});

test("machine code that nothing here can read says what to install", async () => {
	const error = "install binutils";
	const code = [{ ...DIFF, name: "assembly", text: "", error }];
	const data = { passes: wire({ code }) };
	const element = shown({ get: (key) => (key === "payload" ? data : null) });
	await vi.waitFor(() => expect(element.querySelectorAll("[role=option]")).toHaveLength(2));
	element.querySelectorAll<HTMLElement>("[role=option]")[1]?.click();
	expect(element.querySelector(".jxp-pass-text")?.textContent).toBe(error);
});
