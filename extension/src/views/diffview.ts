/** Two programs side by side, aligned row by row; below, the expressions that made a row. */

import { DiffRows, DiffSide, SIGNS, snippet } from "../model/diff";
import { Program } from "../model/program";
import { bytesText, countText } from "../model/words";
import type { ArgumentWire, CostWire, Difference, DiffWire } from "../wire/diffpayload";
import { Cleanup, h } from "./dom";
import { followTheme } from "./theme";
import { VirtualRows } from "./virtual";

const LONGEST = 400;
let numbered = 0;

export interface DiffView {
	readonly element: HTMLElement;
	dispose(): void;
}

export function diffView({ diff, before, after }: Difference): DiffView {
	const cleanup = new Cleanup();
	const sides = [
		new DiffSide(new Program(before), diff.stage),
		new DiffSide(new Program(after), diff.stage),
	] as const;
	const rows = new DiffRows(diff);
	const prefix = `jxp-diff-${++numbered}-`;
	let here = -1;
	let hovered = -1;

	const below = h("div", { class: "jxp-diff-below", "aria-live": "polite" });
	const holder = h("div", { class: "jxp-diff-rows" });
	let list = newList();

	function newList(): VirtualRows {
		const made = new VirtualRows({
			label: "equations of both programs",
			count: rows.items.length,
			columns: 0,
			build,
			paint: (row, index) => row.classList.toggle("jxp-here", index === here),
		});
		made.element.setAttribute("role", "listbox");
		holder.replaceChildren(made.element);
		return made;
	}

	function build(index: number): HTMLElement {
		const item = rows.items[index];
		const row = h("div", {
			class: "jxp-diff-row",
			role: "option",
			id: `${prefix}${index}`,
			"data-index": index,
		});
		if (!item) return row;
		const count = item.end - item.row;
		if (count > 1) {
			const noun = diff.stage === "jaxpr" ? "equal equation" : "equal line";
			const text = `⋯ ${countText(count, noun)}: open`;
			row.append(h("span"), h("span", { class: "jxp-diff-fold" }, text), h("span"), h("span"));
			return row;
		}
		const kind = rows.kind(item.row);
		row.dataset.kind = kind;
		const [one, other] = texts(item.row);
		const [old, now] = kind === "changed" ? marked(one, other) : [[one], [other]];
		const said = rows.changes(item.row).join("; ");
		row.append(
			h("span", { title: kind }, SIGNS[kind]),
			h("span", {}, ...old),
			h("span", {}, ...now),
			h("span", { title: said }, said),
		);
		row.setAttribute("aria-label", `${kind}: ${other || one}${said ? `; ${said}` : ""}`);
		return row;
	}

	function texts(row: number): [string, string] {
		const read = (side: DiffSide, number: number) => side.line(number).slice(0, LONGEST);
		return [read(sides[0], rows.before[row] ?? -1), read(sides[1], rows.after[row] ?? -1)];
	}

	function tell(index: number): void {
		const item = rows.items[index];
		if (!item || item.end - item.row > 1) return;
		const numbers = [rows.before[item.row], rows.after[item.row]];
		const told = sides.map((side, i) => h("div", {}, ...made(side, numbers[i] ?? -1)));
		const said = rows.changes(item.row).join("; ");
		if (said) told[1]?.prepend(h("div", {}, h("b", {}, said)));
		below.replaceChildren(...told);
	}

	function move(index: number): void {
		if (index < 0 || index >= rows.items.length) return;
		here = index;
		list.reveal([index]);
		list.refresh();
		list.element.setAttribute("aria-activedescendant", `${prefix}${index}`);
		tell(index);
	}

	function open(index: number): void {
		const item = rows.items[index];
		if (!item || item.end - item.row === 1) return;
		const scroll = list.element.scrollTop;
		rows.open(index);
		list.dispose();
		list = newList();
		list.element.scrollTop = scroll;
		list.refresh();
		list.element.focus({ preventScroll: true });
		if (here > index) here += item.end - item.row - 1;
		tell(here);
	}

	cleanup.on(holder, "pointermove", (event) => {
		const index = list.indexAt(event);
		if (index < 0 || index === hovered || event.buttons !== 0) return;
		hovered = index;
		tell(index);
	});
	cleanup.on(holder, "pointerleave", () => {
		hovered = -1;
		tell(here);
	});
	cleanup.on(holder, "click", (event) => {
		const index = list.indexAt(event);
		if (index < 0) return;
		move(index);
		open(index);
	});
	cleanup.on(holder, "keydown", (event) => {
		const action = KEYS[event.key];
		if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		event.stopPropagation();
		if (action === "open") open(here);
		else if (action === "next") move(rows.next(here, 1));
		else if (action === "last") move(rows.next(here, -1));
		else move(here + action);
	});

	const next = h(
		"button",
		{ type: "button", title: "next difference (n); back: p" },
		"next difference",
	);
	cleanup.on(next, "click", () => {
		const found = rows.next(here, 1);
		move(found < 0 ? rows.next(-1, 1) : found);
	});
	const element = h(
		"div",
		{ class: "jxp-root jxp-diff" },
		head(diff, next),
		h("div", { class: "jxp-diff-titles" }, h("span"), ...titles(diff), h("span", {}, "difference")),
		holder,
		below,
	);
	cleanup.add(followTheme(element, () => {}));
	const sized = new ResizeObserver(() => list.refresh());
	sized.observe(holder);
	cleanup.add(() => sized.disconnect());
	requestAnimationFrame(() => {
		list.refresh();
		move(rows.differs(0) ? 0 : rows.next(0, 1));
	});
	return {
		element,
		dispose() {
			cleanup.run();
			list.dispose();
		},
	};
}

const KEYS: Readonly<Record<string, number | "open" | "next" | "last">> = {
	ArrowDown: 1,
	ArrowUp: -1,
	PageDown: 20,
	PageUp: -20,
	Enter: "open",
	n: "next",
	p: "last",
};

/** Both lines with their types marked where these differ. */
function marked(one: string, other: string): [(Node | string)[], (Node | string)[]] {
	const type = (text: string) => text.match(/[\w<>]+\[[^\]]*\]/)?.[0] ?? "";
	const [old, now] = [type(one), type(other)];
	if (!old || !now || old === now) return [[one], [other]];
	return [around(one, old), around(other, now)];
}

function around(text: string, part: string): (Node | string)[] {
	const at = text.indexOf(part);
	return [text.slice(0, at), h("mark", {}, part), text.slice(at + part.length)];
}

/** A row's side in full, and the source that made it. */
function made(side: DiffSide, number: number): (Node | string)[] {
	if (number < 0) return ["—"];
	const found = snippet(side.program, side.span(number));
	const whole = h("div", { class: "jxp-diff-whole" }, side.line(number).trim());
	if (!found) return [whole];
	const code = h("pre");
	for (const { number: line, text, from, to } of found.lines) {
		code.append(`${String(line).padStart(4)}  ${text.slice(0, from)}`);
		if (to > from) code.append(h("mark", {}, text.slice(from, to)));
		code.append(`${text.slice(Math.max(from, to))}\n`);
	}
	return [whole, h("div", {}, found.place), code];
}

function titles({ names: [one, other] }: DiffWire): HTMLElement[] {
	const said = one === other ? ["before", "after"] : [`before: ${one}`, `after: ${other}`];
	return said.map((text) => h("span", {}, text));
}

function head(diff: DiffWire, ...tools: Node[]): HTMLElement {
	const differing = [...diff.inputs, ...diff.outputs].filter((one) => one.kind !== "same");
	const said = [...diff.highlights, ...differing.slice(0, 6).map(argumentText)];
	if (differing.length > 6) said.push(`${differing.length - 6} more inputs and results`);
	const summary = h(
		"div",
		{},
		h("b", {}, diff.summary),
		h("ul", {}, ...said.map((s) => h("li", {}, s))),
	);
	const table = h("table", {}, ...diff.costs.map(costRow));
	return h(
		"div",
		{ class: "jxp-diff-head" },
		summary,
		table,
		h("div", { class: "jxp-diff-tools" }, ...tools),
	);
}

function argumentText({ kind, name, before, after }: ArgumentWire): string {
	if (kind === "changed") return `${name}: ${before} → ${after}`;
	return `${SIGNS[kind]} ${name}: ${before || after} ${kind}`;
}

function costRow({ name, in_bytes, before, after }: CostWire): HTMLElement {
	const amount = (value: number | null) => {
		if (value === null) return "not known";
		return in_bytes ? bytesText(value) : value.toLocaleString("en");
	};
	const cells = [amount(before), "→", amount(after), ratioText(before, after)];
	return h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((cell) => h("td", {}, cell)));
}

/** How much more or less: `+50 %`, `x 4`; empty where that is not known or the same. */
export function ratioText(before: number | null, after: number | null): string {
	if (!before || after === null || before === after) return "";
	const ratio = after / before;
	if (ratio >= 2) return `x ${Number(ratio.toPrecision(3))}`;
	const percent = 100 * (ratio - 1);
	return `${percent > 0 ? "+" : ""}${Number(percent.toPrecision(2))} %`;
}
