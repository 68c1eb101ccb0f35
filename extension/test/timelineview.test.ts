// @vitest-environment happy-dom
/** The timeline in a page that is not a browser: keys, selection, growth, hostile names. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import host from "../src/hosts/timeline";
import type { TimelineWire } from "../src/wire/timeline";
import { timelineCases } from "./timelinecases";

const HOSTILE = `<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script>`;

/** What a widget manager gives: two proxies of one model hear the same events. */
class Model {
	readonly sent: unknown[] = [];
	readonly saved: unknown[] = [];
	private readonly callbacks = new Map<string, Set<(content: never) => void>>();
	readonly values: Record<string, unknown>;

	constructor(timeline: unknown) {
		this.values = { timeline, selected: null };
	}
	get(key: string): unknown {
		return this.values[key];
	}
	set(key: string, value: unknown): void {
		this.values[key] = value;
		this.tell(`change:${key}`, undefined);
	}
	save_changes(): void {
		this.saved.push(this.values.selected);
	}
	send(content: unknown): void {
		this.sent.push(content);
	}
	on(event: string, callback: (content: never) => void): void {
		this.callbacks.set(event, (this.callbacks.get(event) ?? new Set()).add(callback));
	}
	off(event: string, callback: (content: never) => void): void {
		this.callbacks.get(event)?.delete(callback);
	}
	tell(event: string, content: unknown): void {
		for (const callback of this.callbacks.get(event) ?? []) callback(content as never);
	}
	get listeners(): number {
		return [...this.callbacks.values()].reduce((sum, set) => sum + set.size, 0);
	}
}

let stops: (() => void)[] = [];

beforeEach(() => {
	vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(956);
	vi.stubGlobal(
		"ResizeObserver",
		class {
			constructor(private readonly callback: () => void) {}
			observe(): void {
				this.callback();
			}
			disconnect(): void {}
		},
	);
});

afterEach(() => {
	for (const stop of stops) stop();
	stops = [];
	document.body.replaceChildren();
	vi.restoreAllMocks();
	vi.unstubAllGlobals();
});

function session(): TimelineWire {
	return structuredClone(timelineCases()[0]?.wire) as TimelineWire;
}

/** The timeline without its cell 7 and the operations in it, and those as its new end. */
function inTwoParts(): [TimelineWire, TimelineWire] {
	const wire = session();
	const cut = <T extends object>(table: T, first: number, last?: number) =>
		Object.fromEntries(
			Object.entries(table).map(([key, column]) => [key, column.slice(first, last)]),
		) as T;
	const start = { ...wire, rows: cut(wire.rows, 0, 6), cells: cut(wire.cells, 0, 4) };
	const end = { ...wire, rows: cut(wire.rows, 6), cells: cut(wire.cells, 4) };
	const all = wire.strings.length;
	return [
		{ ...start, strings: [...wire.strings] },
		{ ...end, first_row: 6, first_cell: 4, first_string: all, strings: [] },
	];
}

async function shown(model: Model): Promise<ShadowRoot> {
	const el = document.createElement("div");
	document.body.append(el);
	stops.push(host.render({ model, el }));
	const root = el.shadowRoot as ShadowRoot;
	await drawn(root);
	return root;
}

async function drawn(root: ShadowRoot): Promise<void> {
	await vi.waitFor(() => expect(root.querySelector("svg")?.children.length).toBeGreaterThan(0));
	await new Promise((done) => requestAnimationFrame(() => done(undefined)));
	await new Promise((done) => requestAnimationFrame(() => done(undefined)));
}

async function press(root: ShadowRoot, ...keys: string[]): Promise<void> {
	const svg = root.querySelector("svg") as SVGElement;
	svg.focus();
	for (const key of keys) {
		const shiftKey = key.startsWith("Shift+");
		const pressed = key.replace("Shift+", "");
		svg.dispatchEvent(
			new KeyboardEvent("keydown", { key: pressed, shiftKey, bubbles: true, cancelable: true }),
		);
		await drawn(root);
	}
}

function boxes(root: ShadowRoot, stage = ""): number {
	return root.querySelectorAll(stage ? `.jxp-stage-${stage}[data-box]` : "[data-box]").length;
}

function details(root: ShadowRoot): string[] {
	const lines = root.querySelector(".jxp-details")?.children ?? [];
	return [...lines].map((line) => line.textContent ?? "");
}

test("Enter selects what the arrow keys went to, Escape clears it", async () => {
	const model = new Model(session());
	const root = await shown(model);
	expect(details(root)).toEqual(["Point at a bar."]);
	await press(root, "ArrowRight", "ArrowDown", "Enter");
	expect(details(root)[0]).toBe("init: R01 first call");
	expect([model.values.selected, root.querySelectorAll(".jxp-picked").length]).toEqual([0, 3]);
	await press(root, "End", "Enter");
	expect(model.values.selected).toBe(45);
	await press(root, "Home", "ArrowUp", "Enter", "Escape");
	expect(model.saved).toEqual([0, 45, 0, null]);
});

test("a selection made in Python is shown", async () => {
	const model = new Model(session());
	const root = await shown(model);
	model.set("selected", 2);
	await drawn(root);
	expect(details(root)).toEqual([
		"train_step: R01 first call",
		"trace 100 ms · lower 50 ms · XLA 600 ms · in cell 3",
		"Do: pad `x`",
	]);
	expect(model.saved).toEqual([]);
});

test("zooming in tells bars apart and keeps the rest out of sight; 0 shows all again", async () => {
	const root = await shown(new Model(session()));
	const all = boxes(root);
	await press(root, "End", ...Array(9).fill("+"));
	expect(root.querySelectorAll(".jxp-many").length).toBe(0);
	const bars = timelineCases()[0]?.bars.length as number;
	expect(boxes(root)).toBeGreaterThan(all);
	expect(boxes(root)).toBeLessThan(bars);
	const cells = [...root.querySelectorAll("svg text")].map((text) => text.textContent);
	expect(cells).toContain("cell 7 …");
	expect(cells).not.toContain("cell 1");
	await press(root, "Shift+ArrowLeft", "0");
	expect(boxes(root)).toBe(all);
});

test("a stage is hidden and shown by its button", async () => {
	const root = await shown(new Model(session()));
	const button = root.querySelector(".jxp-legend button") as HTMLButtonElement;
	expect([button.textContent, button.getAttribute("aria-pressed")]).toEqual([
		"trace 236 ms",
		"true",
	]);
	const [all, trace] = [boxes(root), boxes(root, "trace")];
	button.click();
	await drawn(root);
	expect([boxes(root, "trace"), boxes(root), button.getAttribute("aria-pressed")]).toEqual([
		0,
		all - trace,
		"false",
	]);
	await press(root, "Home");
	expect(details(root)[0]).toBe("init: R01 first call");
	button.click();
	await drawn(root);
	expect(boxes(root, "trace")).toBe(trace);
});

test("it grows with each message, in every view, once", async () => {
	const [start, end] = inTwoParts();
	const model = new Model(start);
	stops.push(host.initialize({ model }));
	const views = [await shown(model), await shown(model)];
	for (const root of views)
		expect(root.querySelector(".jxp-count")?.textContent).toBe("6 compiles");
	model.tell("msg:custom", end);
	for (const root of views) {
		await vi.waitFor(() =>
			expect(root.querySelector(".jxp-count")?.textContent).toBe("46 compiles"),
		);
	}
	expect(start.rows).toEqual(session().rows);
	expect([model.sent, model.saved]).toEqual([[], []]);
});

test("it asks for all of it when something is missing", async () => {
	const [start, end] = inTwoParts();
	const model = new Model(start);
	const root = await shown(model);
	model.tell("msg:custom", { ...end, first_row: 9 });
	expect(model.sent).toEqual(["again"]);
	model.set("timeline", session());
	await vi.waitFor(() => expect(root.querySelector(".jxp-count")?.textContent).toBe("46 compiles"));
});

/** Cell 1 took `short` microseconds to compile, cell 2 after it one second. */
function twoCells(short: number): TimelineWire {
	const wire = session();
	const second = short + 1_000_000;
	const none = [null, null];
	return {
		...wire,
		strings: ["f"],
		rows: {
			...{ function: [0, 0], kind: [0, 0], cause: [0, 0], explanation: [0, 0] },
			...{ advice: [0, 0], call_site: [0, 0], equations: none },
			...{ trace_at_us: none, trace_end_us: none, lower_at_us: none, lower_end_us: none },
			...{ compile_at_us: [0, short], compile_end_us: [short, second] },
		},
		cells: { number: [1, 2], at_us: [0, short], end_us: [short, second] },
	};
}

test("where two cells have no room for both names, the longer one is named", async () => {
	const named = async (short: number) => {
		const root = await shown(new Model(twoCells(short)));
		const texts = [...root.querySelectorAll("svg text")].map((text) => text.textContent ?? "");
		return texts.filter((text) => text.startsWith("cell "));
	};
	expect(await named(500_000)).toEqual(["cell 1", "cell 2"]);
	expect(await named(10_000)).toEqual(["cell 2"]);
});

test("what is selected as soon as it has come, before it is drawn, is in sight", async () => {
	const nothing = timelineCases().find(({ name }) => name === "nothing")?.wire;
	const model = new Model(nothing);
	const root = await shown(model);
	model.set("timeline", session());
	model.set("selected", 45);
	await vi.waitFor(() => expect(root.querySelectorAll(".jxp-picked").length).toBe(3));
	expect(root.querySelector("svg")?.outerHTML).not.toContain("NaN");
	expect(details(root)[0]).toMatch(/: R/);
});

test("names of functions never become markup", async () => {
	const wire = session();
	const hostile = { ...wire, strings: wire.strings.map((text) => HOSTILE + text) };
	const root = await shown(new Model(hostile));
	await press(root, "ArrowRight", "ArrowRight", "Enter");
	expect(root.querySelector("img, script")).toBeNull();
	expect(details(root)[0]).toContain(HOSTILE);
	expect((globalThis as { hit?: number }).hit).toBeUndefined();
});

test("nothing and broken data are said in words", async () => {
	const nothing = timelineCases().find(({ name }) => name === "nothing")?.wire;
	const root = await shown(new Model(nothing));
	expect(details(root)).toEqual(["Nothing was compiled yet."]);
	const el = document.createElement("div");
	stops.push(host.render({ model: new Model({ format: "other" }), el }));
	expect(el.shadowRoot?.querySelector("[role=alert]")?.textContent).toMatch(
		/^Cannot show this timeline: it was written by another version/,
	);
});

test("? shows the keys, and a view that goes away listens to nothing", async () => {
	const model = new Model(session());
	const root = await shown(model);
	const help = root.querySelector(".jxp-help") as HTMLElement;
	await press(root, "?");
	expect(help.hidden).toBe(false);
	await press(root, "Escape");
	expect([help.hidden, model.saved]).toEqual([true, []]);
	for (const stop of stops.splice(0)) stop();
	expect(model.listeners).toBe(0);
});
