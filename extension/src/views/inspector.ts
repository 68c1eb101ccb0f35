/** What is pointed at, in words: a strip of three lines, or all there is to know. */

import { Fates } from "../model/fate";
import type { Focus } from "../model/focus";
import type { Program } from "../model/program";
import { bytesText, countText, flopsText, meaningText, placeText, runsText } from "../model/words";
import { CallStack } from "./callstack";
import { type ChipEvents, equationChips, valueChip } from "./chips";
import { contained, details, fates, type Parts, valueDetails } from "./details";
import { h } from "./dom";
import { moveChips, movesStrip } from "./movedetails";

const SHOWN = 6;

export interface Inspector {
	readonly element: HTMLElement;
	show(focus: Focus | null): void;
	toggleMore(): void;
}

/** `open` goes to a line of the optimised HLO. */
export function inspector(
	program: Program,
	events: ChipEvents,
	open: (line: number) => void,
): Inspector {
	const parts: Parts = {
		program,
		fates: new Fates(program),
		stack: new CallStack(program, events),
		events,
		open,
	};
	const content = h("div", { class: "jxp-facts", role: "status", "aria-label": "equation" });
	const more = h("button", {
		type: "button",
		class: "jxp-more",
		"aria-expanded": "false",
		title: "everything about the equation (i)",
	});
	const element = h("div", { class: "jxp-inspector" }, content, more);
	let shown: Focus | null | undefined;
	let isOpen = false;
	more.addEventListener("click", toggleMore);
	globalThis.requestIdleCallback?.(() => parts.fates.prepare());
	label();

	function label(): void {
		more.textContent = isOpen ? "less" : "more";
		more.setAttribute("aria-expanded", String(isOpen));
		element.classList.toggle("jxp-open", isOpen);
	}

	function draw(focus: Focus | null): void {
		const root = element.getRootNode() as ShadowRoot;
		const focused = content.contains(root.activeElement ?? null) ? root.activeElement : null;
		fill(focus);
		// A chip that was chosen is drawn anew, and keys must still come here.
		if (focused) again(focused.textContent ?? "").focus({ preventScroll: true });
	}

	/** The button that stands where one with this text stood. */
	function again(text: string): HTMLElement {
		const same = [...content.querySelectorAll("button")].find((one) => one.textContent === text);
		return same ?? more;
	}

	function fill(focus: Focus | null): void {
		const equation = focus?.equations[0];
		if (focus === null) content.replaceChildren(hint());
		else if (focus.origin.kind === "value") {
			content.replaceChildren(...valueDetails(parts, focus.origin.value));
		} else if (focus.origin.kind === "moves") {
			content.replaceChildren(...contained(() => movesStrip(parts, focus, isOpen)));
		} else if (equation === undefined) content.replaceChildren(unlinked(program, focus));
		else {
			content.replaceChildren(...strip(parts, focus, equation, isOpen));
			if (isOpen) content.append(details(parts, equation));
			// The innermost calls are nearest to the equation.
			for (const stack of content.querySelectorAll(".jxp-stack"))
				stack.scrollLeft = stack.scrollWidth;
		}
	}

	function toggleMore(): void {
		isOpen = !isOpen;
		label();
		draw(shown ?? null);
	}

	return {
		element,
		show(focus) {
			if (focus === shown) return;
			shown = focus;
			draw(focus);
		},
		toggleMore,
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

function strip(parts: Parts, focus: Focus, equation: number, isOpen: boolean): HTMLElement[] {
	const { program, events } = parts;
	const phase = program.isBackward(equation) ? "backward" : "forward";
	const head = h(
		"div",
		{ class: "jxp-row" },
		h("span", { class: `jxp-dot jxp-${phase}`, title: phase, role: "img", "aria-label": phase }),
		h("strong", {}, program.primitive(equation)),
		...contained(() => [values(parts, program.inputs.get(equation))]),
		h("span", { class: "jxp-arrow" }, "→"),
		...contained(() => [values(parts, program.outputs.get(equation))]),
	);
	const all = focus.equations;
	if (all.length > 1) {
		const where = focus.origin.kind === "frame" ? "below this call" : "here";
		const label = `${countText(all.length, "equation")} ${where}:`;
		head.append(
			h("span", { class: "jxp-others" }, label, ...equationChips(program, all, events, SHOWN)),
		);
	}
	if (isOpen) return [head];
	return [
		head,
		h("div", { class: "jxp-row jxp-middle" }, ...contained(() => does(parts, equation))),
		h("div", { class: "jxp-row" }, ...contained(() => stands(parts, focus, equation))),
	];
}

/** What it does, what that costs, and what it became. */
function does(parts: Parts, equation: number): HTMLElement[] {
	const { program } = parts;
	const { flops, bytes } = program.wire.equations;
	const parameters = program.parameters(equation);
	const meaning = meaningText(program, equation) || parameters;
	const became = fates(parts, equation, 1);
	const facts: HTMLElement[] = [];
	if (meaning) facts.push(h("span", { class: "jxp-meaning", title: parameters }, meaning));
	if (flops[equation]) facts.push(fact("work", flopsText(flops[equation] as number)));
	facts.push(fact("data", bytesText(bytes[equation] ?? 0)));
	const runs = runsText(program, equation);
	if (runs !== "once") facts.push(fact("runs", runs));
	const sent = moveChips(parts, equation);
	if (sent.length > 0) facts.push(fact("sends", ...sent));
	if (became.length > 0) facts.push(fact("became", ...became));
	return facts;
}

/** Where it stands: in the code, and in the names of the program. */
function stands({ program, stack }: Parts, focus: Focus, equation: number): HTMLElement[] {
	const { origin } = focus;
	const chosen = origin.kind === "frame" ? origin.frame : -1;
	const span = program.spanOf(equation);
	const place = span < 0 ? "source unknown" : placeText(program, span);
	const scope = program.scope(equation);
	return [
		stack.of(equation, chosen) ?? h("span", { class: "jxp-fact" }, place),
		...(scope ? [fact("scope", scope)] : []),
	];
}

function values({ program, events }: Parts, list: readonly number[]): HTMLElement {
	const shown: HTMLElement[] = list
		.slice(0, SHOWN)
		.map((value) => valueChip(program, value, events));
	const left = list.length - SHOWN;
	if (left > 0) shown.push(h("span", {}, `+${left.toLocaleString("en")} more`));
	return h("span", { class: "jxp-values" }, ...shown);
}

function fact(name: string, ...content: readonly (Node | string)[]): HTMLElement {
	return h("span", { class: "jxp-fact" }, h("span", { class: "jxp-name" }, name), ...content);
}
