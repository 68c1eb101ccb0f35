/** One row of the mirror as elements: forward, what it keeps, backward. */

import type { Mirror, Shown } from "../model/mirror";
import { normColour, normText } from "../model/norms";
import { bytesText } from "../model/words";
import { h } from "./dom";

/** What the bars show. */
export type Colouring = "norm" | "bytes";

export interface RowLook {
	readonly colouring: Colouring;
	/** Between 0 and 1. */
	norm(row: number): number;
	/** Kept by a row and all that it holds. */
	bytes(row: number): number;
	readonly mostBytes: number;
	readonly hasNorms: boolean;
}

const ENDS = new Set(["input", "inputs", "constant", "result"]);

export function gradientRow(mirror: Mirror, shown: Shown, look: RowLook): HTMLElement {
	const { row, depth, isOpen } = shown;
	const kind = mirror.kind(row);
	const element = h("div", {
		class: "jxp-grad-row",
		role: "treeitem",
		"aria-level": depth + 1,
		"aria-label": spoken(mirror, shown, look),
		"data-kind": kind,
	});
	if (mirror.holds(row)) element.setAttribute("aria-expanded", String(isOpen));
	element.classList.toggle("jxp-grad-open", isOpen);
	element.classList.toggle("jxp-grad-grey", !mirror.hasGradient(row));
	const left = h("div", { class: "jxp-grad-side" }, ...forward(mirror, shown));
	left.style.paddingLeft = `${Math.min(depth, 20) * 14}px`;
	const bytes = look.bytes(row);
	const middle = h("div", { class: "jxp-grad-middle" });
	if (bytes > 0 && !isOpen) {
		middle.append(h("span", { class: "jxp-grad-size" }, bytesText(bytes)));
	}
	element.append(
		left,
		middle,
		h("div", { class: "jxp-grad-side" }, ...backward(mirror, shown, look)),
	);
	return element;
}

/** Its name as it is shown, with its turn. */
export function nameOf(mirror: Mirror, { row, turn }: Shown): string {
	const kind = mirror.kind(row);
	const name = mirror.text("name", row);
	if (kind === "result") {
		const { value } = mirror.wire;
		return value ? `${name} = ${value}` : name;
	}
	return `${turn ? `${turn}: ` : ""}${name}`;
}

/** How often it comes: `× 12`. */
function timesOf(mirror: Mirror, row: number): string {
	const kind = mirror.kind(row);
	const times = mirror.wire.rows.times[row] ?? 1;
	if (times < 0) return "× ?";
	const isLoop = kind === "repeat" || kind === "loop";
	return times > 1 || isLoop ? `× ${times.toLocaleString("en")}` : "";
}

function forward(mirror: Mirror, shown: Shown): HTMLElement[] {
	const { row, isOpen } = shown;
	const kind = mirror.kind(row);
	if (kind === "backward only") return [];
	const name = nameOf(mirror, shown);
	const caret = mirror.holds(row) ? (isOpen ? "▾" : "▸") : "";
	const parts = [
		h("span", { class: "jxp-grad-caret", "aria-hidden": "true" }, caret),
		h("span", { class: "jxp-grad-name", title: name }, name),
		h("span", { class: "jxp-grad-times" }, timesOf(mirror, row)),
		h("span", { class: "jxp-grad-type" }, mirror.text("type", row)),
	];
	const style = ENDS.has(kind) ? "jxp-grad-port" : "jxp-grad-forward";
	return [h("div", { class: `jxp-grad-box ${style}` }, ...parts)];
}

function backward(mirror: Mirror, { row, isOpen }: Shown, look: RowLook): HTMLElement[] {
	const kind = mirror.kind(row);
	if (isOpen || kind === "constant") return [];
	const said = mirror.text("said", row);
	if (!mirror.hasGradient(row)) {
		const isStop = (mirror.wire.rows.stops[row] ?? []).length > 0;
		const mark = h("span", { class: "jxp-grad-stop", "aria-hidden": "true" }, isStop ? "✕" : "");
		return [h("div", { class: "jxp-grad-none", title: said }, mark, said)];
	}
	const style = ENDS.has(kind) ? "jxp-grad-port" : "jxp-grad-backward";
	const words = h("span", { class: "jxp-grad-said", title: said }, said);
	const again = (mirror.wire.rows.recomputed[row] ?? 0) > 0;
	const mark = again ? [h("span", { title: "computed again (checkpoint)" }, "↻")] : [];
	return [
		h("div", { class: `jxp-grad-box ${style}` }, ...measure(mirror, row, look), ...mark, words),
	];
}

function measure(mirror: Mirror, row: number, look: RowLook): HTMLElement[] {
	if (look.colouring === "bytes") {
		const share = look.bytes(row) / look.mostBytes;
		const text = look.bytes(row) > 0 ? bytesText(look.bytes(row)) : "";
		return bar(share, "var(--jxp-grad-kept)", text);
	}
	if (!look.hasNorms) return [];
	const norm = mirror.norm(row);
	return bar(look.norm(row), normColour(norm), normText(norm));
}

function bar(share: number, colour: string, text: string): HTMLElement[] {
	const track = h("span", { class: "jxp-grad-track", "aria-hidden": "true" });
	if (text !== "") {
		const inner = h("span", { class: "jxp-grad-bar" });
		inner.style.width = `${(100 * share).toFixed(1)}%`;
		inner.style.background = colour;
		track.append(inner);
	}
	return [track, h("span", { class: "jxp-grad-number" }, text)];
}

function spoken(mirror: Mirror, shown: Shown, look: RowLook): string {
	const { row } = shown;
	const norm = mirror.norm(row);
	const bytes = look.bytes(row);
	return [
		`${nameOf(mirror, shown)} ${timesOf(mirror, row)}`.trim(),
		mirror.text("type", row),
		bytes > 0 ? `keeps ${bytesText(bytes)}` : "",
		norm === null ? "" : `norm ${normText(norm)}`,
		mirror.text("said", row),
	]
		.filter((part) => part !== "")
		.join("; ");
}
