/** What stands left of a line of text: its number and, when asked for, what it costs. */

import { type Heat, strength } from "../model/heat";
import { percentText } from "../model/words";
import { h } from "./dom";

/** What a line costs. */
export interface LineCost {
	/** Cost of the line itself. */
	readonly own: number;
	/** Cost together with what it holds or calls, where that is more. */
	readonly inside: number;
	/** Cost of the dearest line of the text. */
	readonly greatest: number;
}

/** Smaller shares are not written out. */
const LEAST = 0.001;

export function gutter(line: number, heat: Heat | null, cost: LineCost | null): HTMLElement {
	const number = h("span", { class: "jxp-number", "aria-hidden": "true" }, String(line));
	if (!heat) return h("span", { class: "jxp-gutter" }, number);
	return h("span", { class: "jxp-gutter" }, cost ? costCell(heat, cost) : emptyCell(), number);
}

function emptyCell(): HTMLElement {
	return h("span", { class: "jxp-cost" });
}

function costCell(heat: Heat, { own, inside, greatest }: LineCost): HTMLElement {
	const amount = own > 0 ? own : inside;
	if (amount <= 0) return emptyCell();
	const words = [];
	if (own > 0) words.push(`${heat.words(own)}, ${percentText(heat.share(own))} of all`);
	if (inside > own) {
		words.push(`${heat.words(inside)}, ${percentText(heat.share(inside))}, with what is inside`);
	}
	const title = words.join("; ");
	const style = own > 0 ? "jxp-cost" : "jxp-cost jxp-sum";
	// Hundreds of lines that cost next to nothing need a title, but not a number each.
	const text = heat.share(amount) < LEAST ? "" : percentText(heat.share(amount));
	const cell = h("span", { class: style, title, "aria-label": title }, text);
	if (own > 0) {
		cell.style.setProperty("--jxp-bar", `${Math.round((own / greatest) * 100)}%`);
		cell.style.setProperty("--jxp-tint", `${Math.round(strength(own, greatest) * 45)}%`);
	}
	return cell;
}
