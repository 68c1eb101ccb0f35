/** One equation in words: what it does, reads and writes, what it costs, where it stands. */

import type { Focus } from "../model/focus";
import type { Program } from "../model/program";
import { bytesText, flopsText, placeText } from "../model/words";
import { h } from "./dom";

const SHOWN = 6;

export interface Inspector {
	readonly element: HTMLElement;
	show(focus: Focus | null): void;
}

/** `choose` is called with the equation that the reader picks among several. */
export function inspector(program: Program, choose: (equation: number) => void): Inspector {
	const element = h("div", { class: "jxp-inspector", role: "status", "aria-label": "equation" });
	let shown: Focus | null | undefined;
	return {
		element,
		show(focus) {
			if (focus === shown) return;
			shown = focus;
			const equation = focus?.equations[0];
			if (focus === null) element.replaceChildren(hint());
			else if (equation === undefined) element.replaceChildren(unlinked(program, focus));
			else element.replaceChildren(...details(program, focus.equations, equation, choose));
		},
	};
}

function hint(): HTMLElement {
	return h(
		"div",
		{ class: "jxp-hint" },
		"Point at an expression, an equation or an instruction to see its counterparts; click to keep them.",
	);
}

function unlinked(program: Program, focus: Focus): HTMLElement {
	const span = focus.spans.values().next().value;
	const where = span === undefined ? "" : ` ${placeText(program, span)}.`;
	return h("div", { class: "jxp-hint" }, `No equation of its own.${where}`);
}

function details(
	program: Program,
	all: readonly number[],
	equation: number,
	choose: (equation: number) => void,
): HTMLElement[] {
	const phase = program.isBackward(equation) ? "backward" : "forward";
	const head = h(
		"div",
		{ class: "jxp-row" },
		h("span", { class: `jxp-dot jxp-${phase}`, "aria-hidden": "true" }),
		h("strong", {}, program.primitive(equation)),
		values(program, program.inputs.get(equation)),
		h("span", { class: "jxp-arrow" }, "→"),
		values(program, program.outputs.get(equation)),
	);
	if (all.length > 1) head.append(others(program, all, choose));
	const facts: HTMLElement[] = [fact("phase", phase)];
	const { flops, bytes } = program.wire.equations;
	if (flops[equation]) facts.push(fact("work", flopsText(flops[equation])));
	facts.push(fact("data", bytesText(bytes[equation] ?? 0)));
	const scope = program.scope(equation);
	if (scope) facts.push(fact("scope", scope));
	const span = program.spanOf(equation);
	facts.push(fact("source", span < 0 ? "unknown" : placeText(program, span)));
	const parameters = program.parameters(equation);
	const rows = [head, h("div", { class: "jxp-row" }, ...facts)];
	if (parameters) {
		rows.splice(1, 0, h("div", { class: "jxp-row jxp-parameters", title: parameters }, parameters));
	}
	return rows;
}

function values(program: Program, list: readonly number[]): HTMLElement {
	const parts = list
		.slice(0, SHOWN)
		.map((value) =>
			h(
				"span",
				{ class: "jxp-value" },
				program.valueName(value),
				h("span", { class: "jxp-t" }, `:${program.valueType(value)}`),
			),
		);
	if (list.length > SHOWN) parts.push(h("span", {}, `+${list.length - SHOWN} more`));
	return h("span", { class: "jxp-values" }, ...parts);
}

function fact(name: string, text: string): HTMLElement {
	return h("span", { class: "jxp-fact" }, h("span", { class: "jxp-name" }, name), text);
}

function others(
	program: Program,
	all: readonly number[],
	choose: (equation: number) => void,
): HTMLElement {
	const buttons = all.slice(0, SHOWN).map((equation) => {
		const button = h("button", { type: "button" }, program.primitive(equation));
		if (program.isBackward(equation)) button.className = "jxp-backward";
		button.addEventListener("click", () => choose(equation));
		return button;
	});
	const label = `${all.length} equations here:`;
	const rest = all.length > SHOWN ? [`+${all.length - SHOWN}`] : [];
	return h("span", { class: "jxp-others" }, label, ...buttons, ...rest);
}
