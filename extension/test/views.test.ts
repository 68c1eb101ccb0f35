// @vitest-environment happy-dom
/** Views in a page that is not a browser: hostile names, errors, the two-way selection. */

import { afterEach, expect, test, vi } from "vitest";
import { type Host, mount } from "../src/views/mount";
import type { ProgramWire } from "../src/wire/program";
import { sampleWire } from "./records";

const HOSTILE = `<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script>`;

class Model implements Host {
	readonly values: Record<string, unknown>;
	private readonly callbacks = new Map<string, () => void>();

	constructor(program: ProgramWire) {
		const payload = { format: "jaxplore.view/1", view: "explorer", program };
		this.values = { payload, selected: null };
	}

	get(key: string): unknown {
		return this.values[key];
	}

	set(key: string, value: unknown): void {
		this.values[key] = value;
		this.callbacks.get(key)?.();
	}

	on(key: string, callback: () => void): () => void {
		this.callbacks.set(key, callback);
		return () => this.callbacks.delete(key);
	}

	get listeners(): number {
		return this.callbacks.size;
	}
}

let stop = () => {};

async function shown(host: Host): Promise<ShadowRoot> {
	const el = document.createElement("div");
	document.body.append(el);
	stop = mount(el, host);
	await vi.waitFor(() => expect(el.shadowRoot?.querySelector(".jxp-root")).toBeTruthy());
	return el.shadowRoot as ShadowRoot;
}

afterEach(() => {
	stop();
	document.body.replaceChildren();
});

test("names from a program never become markup", async () => {
	const wire = sampleWire();
	const hostile: ProgramWire = {
		...wire,
		name: HOSTILE,
		argument_names: wire.argument_names.map(() => HOSTILE),
		strings: wire.strings.map((text) => HOSTILE + text),
		types: wire.types.map((type) => ({ ...type, text: HOSTILE })),
		sources: [{ file: HOSTILE, first_line: 1, text: `${HOSTILE}\n${HOSTILE}` }],
		stages: wire.stages.map((stage) =>
			stage.name === "hlo" ? { ...stage, error: HOSTILE } : { ...stage, text: HOSTILE },
		),
	};
	const model = new Model(hostile);
	const root = await shown(model);
	for (const tab of root.querySelectorAll<HTMLElement>("[role=tab]")) tab.click();
	model.set("selected", 3);
	expect(root.querySelectorAll("img, script").length).toBe(0);
	expect(root.querySelector(".jxp-title")?.textContent).toBe(HOSTILE);
	expect(root.querySelector(".jxp-inspector")?.textContent).toContain(HOSTILE);
	expect((globalThis as { hit?: number }).hit).toBeUndefined();
});

test("a broken payload is a message, with the static text below it", async () => {
	const model = new Model(sampleWire());
	model.values.payload = { format: "jaxplore.view/9" };
	const root = await shown(model);
	expect(root.querySelector("[role=alert]")?.textContent).toContain("another version of jaxplore");
	expect(root.querySelector("slot")).toBeTruthy();
});

test("a later good payload replaces the message", async () => {
	const model = new Model(sampleWire());
	const good = model.values.payload;
	model.values.payload = null;
	const root = await shown(model);
	model.set("payload", good);
	await vi.waitFor(() => expect(root.querySelector(".jxp-header")).toBeTruthy());
	expect(root.querySelector("[role=alert]")).toBeNull();
});

test("a selection from Python lights the line, and a click tells Python", async () => {
	const model = new Model(sampleWire());
	const root = await shown(model);
	const kept = () => root.querySelectorAll('[data-pane="jaxpr"] .jxp-lit.jxp-kept');
	const rows = root.querySelectorAll<HTMLElement>('[data-pane="jaxpr"] .jxp-line[data-equation]');
	const first = rows[0] as HTMLElement;
	model.set("selected", Number(first.dataset.equation));
	expect([...kept()]).toContain(first);
	rows[3]?.click();
	expect(model.get("selected")).toBe(Number(rows[3]?.dataset.equation));
	model.set("selected", null);
	expect(kept().length).toBe(0);
	model.set("selected", 1e9);
	expect(kept().length).toBe(0);
});

test("keys walk through the equations and clear", async () => {
	const model = new Model(sampleWire());
	const root = await shown(model);
	const press = (key: string) =>
		root
			.querySelector(".jxp-root")
			?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
	press("ArrowDown");
	const first = model.get("selected");
	press("ArrowDown");
	expect(model.get("selected")).not.toBe(first);
	press("ArrowUp");
	expect(model.get("selected")).toBe(first);
	press("Escape");
	expect(model.get("selected")).toBeNull();
});

test("a stage that failed says why and the others go on", async () => {
	const wire = sampleWire();
	const stages = wire.stages.map((stage) =>
		stage.name === "hlo" ? { ...stage, text: "", error: "XLA ran out of memory" } : stage,
	);
	const root = await shown(
		new Model({ ...wire, stages: stages.slice(0, 1).concat(stages.slice(2)) }),
	);
	const tabs = [...root.querySelectorAll<HTMLElement>("[role=tab]")];
	for (const tab of tabs) tab.click();
	const text = (pane: string) => root.querySelector(`[data-pane="${pane}"]`)?.textContent;
	expect(text("hlo")).toContain("XLA ran out of memory");
	expect(text("stablehlo")).toContain("There is no StableHLO");
	expect(root.querySelectorAll('[data-pane="jaxpr"] .jxp-line').length).toBeGreaterThan(0);
});

test("nothing is left behind", async () => {
	const model = new Model(sampleWire());
	const root = await shown(model);
	expect(model.listeners).toBe(2);
	stop();
	expect([model.listeners, root.childNodes.length]).toEqual([0, 0]);
});
