/** The choice of what costs are shown by, and what they add up to. */

import { HEAT_KINDS, Heat, type HeatKind, type MeasuredTime } from "../model/heat";
import type { Program } from "../model/program";
import { totalText } from "../model/totals";
import { h } from "./dom";

const LABELS: Readonly<Record<HeatKind, string>> = {
	flops: "FLOPs",
	bytes: "bytes",
	equations: "equations",
	seconds: "time",
	sent: "sent bytes",
};

export interface HeatBox {
	readonly element: HTMLElement;
	/** The line that says the totals; hidden while no cost is shown. */
	readonly totals: HTMLElement;
}

/** `choose` is called with the heat to show, null for none. */
export function heatBox(
	program: Program,
	measured: MeasuredTime | null,
	choose: (heat: Heat | null) => void,
): HeatBox {
	const isKnown: Partial<Record<HeatKind, boolean>> = {
		seconds: measured !== null,
		sent: (program.moves?.sentBytes ?? 0) > 0,
	};
	const kinds = HEAT_KINDS.filter((kind) => isKnown[kind] !== false);
	const select = h(
		"select",
		{ "aria-label": "cost to show" },
		h("option", { value: "" }, "off"),
		...kinds.map((kind) => h("option", { value: kind }, LABELS[kind])),
	);
	const totals = h("div", { class: "jxp-totals", role: "status", hidden: true });
	select.addEventListener("change", () => {
		const kind = kinds.find((one) => one === select.value);
		const heat = kind ? new Heat(program, kind, measured) : null;
		totals.hidden = heat === null;
		totals.textContent = heat ? totalText(program, heat) : "";
		choose(heat);
	});
	return { element: h("label", { class: "jxp-heat" }, "heat ", select), totals };
}
