// @vitest-environment happy-dom
/** The view of a gradient in a page that is not a browser: links, keys, tables, hostile names. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mountGradient } from "../src/views/gradientmount";
import { gradientWire, payload } from "./gradientcase";

const HOSTILE = `<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script>`;
let stop = () => {};
let host: HTMLElement;

beforeEach(() => {
	vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
	vi.stubGlobal(
		"ResizeObserver",
		class {
			observe(): void {}
			disconnect(): void {}
		},
	);
	vi.stubGlobal("matchMedia", () => ({
		matches: false,
		addEventListener() {},
		removeEventListener() {},
	}));
	host = document.createElement("div");
	document.body.append(host);
});
afterEach(() => {
	stop();
	host.remove();
	vi.unstubAllGlobals();
	vi.restoreAllMocks();
});

async function shown(data: unknown = payload()): Promise<ShadowRoot> {
	stop = mountGradient(host, data, null);
	const root = host.shadowRoot as ShadowRoot;
	await vi.waitFor(() => expect(root.querySelector(".jxp-root")).not.toBeNull());
	return root;
}

function texts(root: ShadowRoot, selector: string): string[] {
	return [...root.querySelectorAll(selector)].map((element) => element.textContent ?? "");
}

function rows(root: ShadowRoot): HTMLElement[] {
	const all = [...root.querySelectorAll<HTMLElement>(".jxp-grad-row")];
	return all.sort((a, b) => Number(a.dataset.place) - Number(b.dataset.place));
}

function press(root: ShadowRoot, ...keys: string[]): void {
	const tree = root.querySelector(".jxp-grad-rows") as HTMLElement;
	for (const key of keys) {
		tree.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true }));
	}
}

function selected(root: ShadowRoot): string {
	const row = root.querySelector('.jxp-grad-row[aria-selected="true"]');
	return row?.querySelector(".jxp-grad-name")?.textContent ?? "";
}

test("rows are tree items that say all of it", async () => {
	const root = await shown();
	expect(texts(root, ".jxp-grad-name")).toEqual([
		"2 inputs",
		"layer",
		"1: layer",
		"x @ w",
		"2: layer",
		"jnp.round(x)",
		"x.sum()",
		"result of f = 2",
	]);
	const label = rows(root).map((row) => row.getAttribute("aria-label"));
	expect(label[1]).toBe("layer × 2; f32[4,4]; keeps 3 KiB; norm 0.1");
	expect(label[5]).toBe("jnp.round(x); f32[4,4]; round is flat");
	const levels = rows(root).map((row) => row.getAttribute("aria-level"));
	expect(levels).toEqual(["1", "1", "2", "3", "2", "1", "1", "1"]);
	expect(rows(root)[1]?.getAttribute("aria-expanded")).toBe("true");
	expect(rows(root)[4]?.getAttribute("aria-expanded")).toBe("false");
	expect(texts(root, ".jxp-grad-stop")).toContain("✕");
});

test("keys move, open, close and let go", async () => {
	const root = await shown();
	press(root, "ArrowDown", "ArrowDown");
	expect(selected(root)).toBe("layer");
	press(root, "ArrowLeft");
	expect(rows(root)).toHaveLength(5);
	press(root, "Enter");
	expect(rows(root)).toHaveLength(8);
	press(root, "ArrowDown", "ArrowDown");
	expect(selected(root)).toBe("x @ w");
	press(root, "ArrowLeft");
	expect(selected(root)).toBe("1: layer");
	press(root, "End");
	expect(selected(root)).toBe("result of f = 2");
	press(root, "Home");
	expect(selected(root)).toBe("2 inputs");
	press(root, "Escape");
	expect(selected(root)).toBe("");
	press(root, "?");
	expect((root.querySelector(".jxp-help") as HTMLElement).hidden).toBe(false);
	press(root, "Escape");
	expect((root.querySelector(".jxp-help") as HTMLElement).hidden).toBe(true);
});

test("a selected row lights its edges, the other end, its source, and says what it keeps", async () => {
	const root = await shown();
	press(root, "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown");
	expect(selected(root)).toBe("x @ w");
	expect(root.querySelectorAll(".jxp-grad-lit")).toHaveLength(3);
	expect(root.querySelectorAll(".jxp-grad-dim")).toHaveLength(1);
	const partners = [...root.querySelectorAll(".jxp-grad-partner .jxp-grad-name")];
	expect(partners.map((one) => one.textContent)).toEqual(["2 inputs", "2: layer"]);
	expect(texts(root, ".jxp-selected").join("")).toBe("x @ w");
	const details = root.querySelector(".jxp-grad-details")?.textContent ?? "";
	expect(details).toContain("norm of its cotangent: 0.01");
	expect(details).toContain("64 B: w (alive anyway)");
	press(root, "p");
	expect(selected(root)).toBe("2: layer");
});

test("an expression of the source selects its row", async () => {
	const root = await shown();
	const piece = [...root.querySelectorAll<HTMLElement>(".jxp-link")].find(
		(one) => one.textContent === "jnp.round(x)",
	);
	piece?.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true }));
	expect(selected(root)).toBe("jnp.round(x)");
});

test("the table of what is kept sorts, and leads to rows that were closed", async () => {
	const root = await shown();
	const tab = [...root.querySelectorAll<HTMLElement>('[role="tab"]')];
	expect(tab.map((one) => one.textContent)).toEqual(["source", "kept", "stops (1)", "norms"]);
	tab[1]?.click();
	const names = () => texts(root, ".jxp-grad-table tbody td:nth-child(2)");
	expect(names()).toEqual(["x @ w", "x @ w", "x @ w", "w"]);
	expect(root.querySelector(".jxp-grad-table p")?.textContent).toBe("3 KiB in 3 values");
	root.querySelectorAll<HTMLElement>(".jxp-grad-table thead button")[1]?.click();
	expect(names()).toEqual(["w", "x @ w", "x @ w", "x @ w"]);
	expect(root.querySelectorAll("[aria-sort=ascending]")).toHaveLength(1);
	root.querySelectorAll<HTMLElement>(".jxp-grad-choice")[3]?.click();
	expect(selected(root)).toBe("x @ w");
	expect(rows(root)).toHaveLength(9);
	tab[2]?.click();
	root.querySelector<HTMLElement>(".jxp-grad-choice")?.click();
	expect(selected(root)).toBe("jnp.round(x)");
});

test("bars show norms, or bytes", async () => {
	const root = await shown();
	const numbers = () => texts(root, ".jxp-grad-number").filter((text) => text !== "");
	expect(numbers()).toContain("NaN");
	press(root, "c");
	expect(numbers()).toEqual(["2 KiB", "1 KiB"]);
	expect((root.querySelector(".jxp-grad-scale") as HTMLElement).hidden).toBe(true);
	press(root, "c");
	expect(numbers()).toContain("0.01");
});

test("hostile names stay text", async () => {
	const wire = gradientWire(HOSTILE);
	const strings = wire.strings.map((text) => (text === "x @ w" ? HOSTILE : text));
	const residuals = wire.residuals.map((one) => ({ ...one, name: HOSTILE }));
	const stops = wire.stops.map((one) => ({ ...one, reason: HOSTILE }));
	const root = await shown(payload({ ...wire, strings, residuals, stops }));
	for (const tab of root.querySelectorAll<HTMLElement>('[role="tab"]')) tab.click();
	press(root, "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown");
	expect(selected(root)).toBe(HOSTILE);
	expect(root.querySelectorAll("img, script")).toHaveLength(0);
	expect("hit" in globalThis).toBe(false);
});

test("what cannot be read is said, above the picture that came with it", async () => {
	const root = await shown({ format: "jaxplore.view/1", view: "gradient" });
	expect(root.querySelector('[role="alert"]')?.textContent).toContain("Cannot show this gradient");
	expect(root.querySelector("slot")).not.toBeNull();
});

test("the explorer of the whole program has a tab where the page has it", async () => {
	const opened: unknown[] = [];
	const data = { ...payload(), program: { some: "program" } };
	stop = mountGradient(host, data, (_holder, program) => {
		opened.push(program);
		return () => opened.push("closed");
	});
	const root = host.shadowRoot as ShadowRoot;
	await vi.waitFor(() => expect(root.querySelector(".jxp-root")).not.toBeNull());
	expect(opened).toEqual([]);
	root.querySelectorAll<HTMLElement>('[role="tab"]')[4]?.click();
	expect(opened).toEqual([{ some: "program" }]);
	stop();
	expect(opened).toEqual([{ some: "program" }, "closed"]);
});
