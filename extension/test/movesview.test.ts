// @vitest-environment happy-dom
/** What devices send, in a page that is not a browser: the list, the lines, the inspector. */

import { afterEach, expect, test, vi } from "vitest";
import { mount } from "../src/views/mount";
import { joinedPayload, sampleWire } from "./records";

// This page has no layout: every text is as high as all of it.
Object.defineProperty(HTMLElement.prototype, "clientHeight", { get: () => 9000 });
let stop = () => {};
const VIEW = { format: "jaxplore.view/1", view: "explorer" };
const HOSTILE = `<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script>`;

async function shown(payload: object): Promise<ShadowRoot> {
	const el = document.createElement("div");
	document.body.append(el);
	const data = { ...VIEW, ...payload };
	stop = mount(el, { get: (key) => (key === "payload" ? data : null) });
	await vi.waitFor(() => expect(el.shadowRoot?.querySelector(".jxp-header")).toBeTruthy());
	return el.shadowRoot as ShadowRoot;
}

afterEach(() => {
	stop();
	document.body.replaceChildren();
});

function one<T extends HTMLElement = HTMLElement>(root: ParentNode, selector: string): T {
	const found = root.querySelector<T>(selector);
	if (!found) throw new Error(`There is no ${selector}.`);
	return found;
}

function tab(root: ParentNode, label: string): HTMLElement | undefined {
	const tabs = [...root.querySelectorAll<HTMLElement>("[role=tab]")];
	return tabs.find((button) => button.textContent === label);
}

function rows(root: ParentNode): HTMLElement[] {
	return [...root.querySelectorAll<HTMLElement>(".jxp-move-row")];
}

function chosen(root: ParentNode): string[] {
	return rows(root)
		.filter((row) => row.getAttribute("aria-selected") === "true")
		.map((row) => row.textContent ?? "");
}

function press(target: EventTarget, key: string): void {
	const init = { key, bubbles: true, cancelable: true, composed: true };
	target.dispatchEvent(new KeyboardEvent("keydown", init));
}

function lit(root: ParentNode, pane: string): string[] {
	const lines = root.querySelectorAll(`[data-pane=${pane}] .jxp-line.jxp-lit`);
	return [...lines].map((line) => line.getAttribute("data-line") ?? "");
}

function heats(root: ParentNode): string[] {
	return [...root.querySelectorAll("[aria-label='cost to show'] option")].map(
		(o) => `${o.textContent}`,
	);
}

test("a program on one device has no list, no heat and no button for it", async () => {
	const root = await shown({ program: sampleWire() });
	expect(tab(root, "collectives")).toBeUndefined();
	expect(heats(root)).toEqual(["off", "FLOPs", "bytes", "equations"]);
	expect(root.querySelector(".jxp-moving, .jxp-legend, .jxp-move")).toBeNull();
});

test("the header says how much is sent and leads to the list, the most first", async () => {
	const root = await shown(joinedPayload());
	const button = one(root, ".jxp-header .jxp-moving");
	expect(button.textContent).toBe("8 devices, 7.38 KiB sent each");
	button.click();
	expect(one(root, ".jxp-move-head").textContent).toBe(
		"8 devices: 5 collectives, at least 7.38 KiB sent by each; 1 host transfer",
	);
	expect(rows(root).map((row) => one(row, ".jxp-move-what").textContent)).toEqual([
		"all-reduceover data (4)6.64 KiB",
		"gatherover data (4)60 B, 12 times",
		"all-to-allin groups of 220 B per turn",
		"all-reduceover data, model (8)8 B",
		"permuteover data (4)4 B",
		"callback4 B",
	]);
	expect(heats(root)).toEqual(["off", "FLOPs", "bytes", "equations", "sent bytes"]);
});

test("keys go through the list; each stop lights its expression and is said at length", async () => {
	const root = await shown(joinedPayload());
	tab(root, "collectives")?.click();
	const list = one(root, ".jxp-move-list");
	press(list, "ArrowDown");
	press(list, "ArrowDown");
	expect(chosen(root).length).toBe(1);
	expect(chosen(root)[0]).toContain("gather");
	expect(list.getAttribute("aria-activedescendant")).toBe(rows(root)[1]?.id);
	const facts = one(root, ".jxp-facts").textContent;
	expect(facts).toContain("XLA put in:all-gather over data (4), 60 B sent per device, 12 times");
	expect(facts).toContain("x comes split over data, and the product wants all of it.");
	expect(facts).toContain("do: give x with P(None)");
	press(list, "End");
	expect(chosen(root)[0]).toContain("callback");
	expect(root.querySelectorAll(".jxp-source .jxp-selected").length).toBeGreaterThan(0);
});

test("after a key a pointer that rests in the list has nothing more to say", async () => {
	const root = await shown(joinedPayload());
	tab(root, "collectives")?.click();
	const list = one(root, ".jxp-move-list");
	const init = { bubbles: true, composed: true };
	one(root, ".jxp-move-row").dispatchEvent(new PointerEvent("pointermove", init));
	press(list, "End");
	expect(one(root, ".jxp-facts strong").textContent).toBe("call into Python on the host, 4 B");
});

test("a search in the list goes from one to the next", async () => {
	const root = await shown(joinedPayload());
	one(root, ".jxp-header .jxp-moving").click();
	one(root, "[data-pane=moves]").dispatchEvent(
		new Event("focusin", { bubbles: true, composed: true }),
	);
	const input = one<HTMLInputElement>(root, "input[type=search]");
	expect(input.placeholder).toBe("find in collectives");
	input.value = "all-reduce";
	input.dispatchEvent(new Event("input"));
	expect(one(root, ".jxp-matches").textContent).toBe("2 found");
	press(input, "Enter");
	press(input, "Enter");
	expect(chosen(root)[0]).toContain("data, model");
});

test("a line that sends is signed, and choosing it chooses what it sends", async () => {
	const root = await shown(joinedPayload());
	tab(root, "optimised HLO")?.click();
	const signed = [...root.querySelectorAll("[data-pane=hlo] .jxp-sends")];
	expect(signed.map((line) => line.getAttribute("data-line"))).toEqual([
		"5",
		"11",
		"18",
		"19",
		"24",
		"26",
	]);
	const signs = signed.map((line) => one(line, ".jxp-move").getAttribute("aria-label"));
	expect(signs[1]).toMatch(/^asked for: all-reduce over data, model/);
	expect(one(signed[5] as Element, ".jxp-move").classList.contains("jxp-host")).toBe(true);
	(signed[4] as HTMLElement).click();
	expect(lit(root, "hlo")).toEqual(["24"]);
	expect(one(root, ".jxp-facts strong").textContent).toBe(
		"all-reduce over data (4), 6.64 KiB sent per device",
	);
	// The inspector leads from what is sent to each of its equations, and back.
	one(root, ".jxp-others .jxp-chip").click();
	const back = one(root, ".jxp-facts .jxp-moving");
	expect(back.textContent).toBe("all-reduce ≈400 B of 6.64 KiB");
	back.click();
	expect(lit(root, "hlo")).toEqual(["24"]);
});

test("the heat of sent bytes stands beside the lines that send", async () => {
	const root = await shown(joinedPayload());
	tab(root, "optimised HLO")?.click();
	const select = one<HTMLSelectElement>(root, "[aria-label='cost to show']");
	select.value = "sent";
	select.dispatchEvent(new Event("change"));
	const cost = one(root, "[data-pane=hlo] [data-line='24'] .jxp-cost");
	expect(cost.title).toBe("6.64 KiB, 90% of all");
	expect(one(root, ".jxp-totals").textContent).toMatch(/^at least 7.38 KiB sent by each device/);
});

test("texts of a hostile record never become markup", async () => {
	const { program, collectives } = joinedPayload();
	const strings = collectives.strings.map((text) => HOSTILE + text);
	const root = await shown({ program, collectives: { ...collectives, strings } });
	for (const button of root.querySelectorAll<HTMLElement>("[role=tab]")) button.click();
	tab(root, "collectives")?.click();
	for (const row of rows(root)) row.click();
	expect(root.querySelectorAll("img, script").length).toBe(0);
	expect(one(root, ".jxp-facts").textContent).toContain(HOSTILE);
	expect((globalThis as { hit?: number }).hit).toBeUndefined();
});
