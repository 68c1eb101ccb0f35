/** The line on top: what the gradient is of, what the bars show, the scale, help. */

import { normColour } from "../model/norms";
import type { GradientWire } from "../wire/gradient";
import { h } from "./dom";
import { KEYS } from "./gradientkeys";
import type { Colouring } from "./gradientrow";
import { helpBox } from "./keys";

export interface GradientHead {
	readonly element: HTMLElement;
	switchColour(): void;
	toggleHelp(): void;
	/** Closes the help; false when it was not open. */
	close(): boolean;
}

export function gradientHead(
	wire: GradientWire,
	events: { colour(colouring: Colouring): void; openAll(isAll: boolean): void },
): GradientHead {
	const hasNorms = wire.rows.norm.some((norm) => norm !== null);
	const help = helpBox(KEYS);
	const select = h(
		"select",
		{ "aria-label": "what the bars show" },
		h("option", { value: "norm" }, "cotangent norms"),
		h("option", { value: "bytes" }, "bytes kept"),
	);
	const scale = legend();
	scale.hidden = !hasNorms;
	if (!hasNorms) select.options[0]?.replaceChildren("no norms (types only)");
	select.addEventListener("change", () => {
		const colouring: Colouring = select.value === "bytes" ? "bytes" : "norm";
		scale.hidden = colouring === "bytes" || !hasNorms;
		events.colour(colouring);
	});
	let isAll = false;
	const all = h("button", { type: "button", title: "open every group" }, "open all");
	all.addEventListener("click", () => {
		isAll = !isAll;
		all.textContent = isAll ? "close" : "open all";
		events.openAll(isAll);
	});
	const helpButton = h(
		"button",
		{ type: "button", "aria-label": "keys", title: "keys (?)", "aria-expanded": "false" },
		"?",
	);
	helpButton.addEventListener("click", toggleHelp);

	function toggleHelp(): void {
		help.hidden = !help.hidden;
		helpButton.setAttribute("aria-expanded", String(!help.hidden));
	}

	return {
		element: h(
			"div",
			{ class: "jxp-header jxp-grad-head" },
			h("strong", { class: "jxp-grad-summary" }, wire.summary),
			scale,
			h("div", { class: "jxp-sizes" }, select, all, helpButton),
			help,
		),
		toggleHelp,
		switchColour() {
			select.value = select.value === "bytes" ? "norm" : "bytes";
			select.dispatchEvent(new Event("change"));
		},
		close() {
			if (help.hidden) return false;
			toggleHelp();
			return true;
		},
	};
}

/** What the colours mean: on a log scale, 1 in the middle. */
function legend(): HTMLElement {
	const steps = [-8, -6, -4, -2, 0, 2, 4, 6, 8].map((decade) => {
		const step = h("span", { title: `1e${decade}` });
		step.style.background = normColour(10 ** decade);
		return step;
	});
	return h(
		"span",
		{ class: "jxp-grad-scale", role: "img", "aria-label": "colours: 1e-8 purple to 1e+8 orange" },
		"vanishing 1e-8 ",
		...steps,
		" 1e+8 exploding",
	);
}
