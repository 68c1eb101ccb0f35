/** Equations and values as things to point at and to choose, wherever they are named. */

import type { Origin } from "../model/focus";
import { KIND, type Program } from "../model/program";
import { h } from "./dom";

export interface ChipEvents {
	hover(origin: Origin | null): void;
	select(origin: Origin): void;
}

/** A button that stands for something: pointing lights it, a click keeps it. */
export function chip(
	text: string | readonly (Node | string)[],
	origin: Origin,
	events: ChipEvents,
	title = "",
): HTMLButtonElement {
	const button = h("button", { type: "button", class: "jxp-chip", title }, ...text);
	button.addEventListener("click", () => events.select(origin));
	button.addEventListener("pointerenter", (event) => {
		if (event.pointerType !== "touch") events.hover(origin);
	});
	button.addEventListener("pointerleave", () => events.hover(null));
	return button;
}

/** `tanh → o`. */
export function equationChip(program: Program, equation: number, events: ChipEvents): HTMLElement {
	const [first] = program.outputs.get(equation);
	const name = first === undefined ? "" : program.valueName(first);
	const text = [program.primitive(equation), h("span", { class: "jxp-name" }, name)];
	const button = chip(text, { kind: "equation", equation }, events);
	button.classList.add(program.isBackward(equation) ? "jxp-backward" : "jxp-forward");
	return button;
}

/** As many chips as can be read at once, and how many there are besides. */
export function equationChips(
	program: Program,
	equations: readonly number[],
	events: ChipEvents,
	most: number,
): HTMLElement[] {
	const shown = equations.slice(0, most).map((equation) => equationChip(program, equation, events));
	const left = equations.length - shown.length;
	if (left > 0) shown.push(h("span", {}, `+${left.toLocaleString("en")} more`));
	return shown;
}

/** `x:f32[3,4]`; a literal is only its number. */
export function valueChip(program: Program, value: number, events: ChipEvents): HTMLElement {
	const type = h("span", { class: "jxp-t" }, `:${program.valueType(value)}`);
	if (program.valueKind(value) === KIND.literal) {
		return h("span", { class: "jxp-value" }, program.valueName(value), type);
	}
	const button = chip([program.valueName(value), type], { kind: "value", value }, events);
	button.classList.add("jxp-value");
	return button;
}
