/** The tables beside the mirror: what is kept, where the gradient stops, norms by layer. */

import { asNumber, type Mirror } from "../model/mirror";
import type { MirrorSource } from "../model/mirrorsource";
import { normColour, normText } from "../model/norms";
import { bytesText, countText } from "../model/words";
import type { Norm, ResidualWire } from "../wire/gradient";
import { h } from "./dom";

const MOST = 500;

/** What is alive anyway comes last. */
const alive = ({ kind }: ResidualWire) => Number(kind !== "made");

type Choose = (row: number) => void;

/** Residuals, sorted by the column that the reader picks. */
export function keptTable(mirror: Mirror, source: MirrorSource, choose: Choose): HTMLElement {
	const { residuals, more_residuals, residual_bytes } = mirror.wire;
	const columns: readonly [string, (a: ResidualWire, b: ResidualWire) => number][] = [
		["bytes", (a, b) => alive(a) - alive(b) || b.size_bytes - a.size_bytes],
		["expression", (a, b) => a.name.localeCompare(b.name) || b.size_bytes - a.size_bytes],
		["type", (a, b) => a.type.localeCompare(b.type)],
		["made at", (a, b) => a.span - b.span],
		["kind", (a, b) => a.kind.localeCompare(b.kind) || b.size_bytes - a.size_bytes],
	];
	const body = h("tbody");
	const heads = columns.map(([name], i) => {
		const button = h("button", { type: "button", title: `sort by ${name}` }, name);
		button.addEventListener("click", () => sort(i));
		return h("th", { scope: "col" }, button);
	});

	function sort(by: number): void {
		const compare = columns[by]?.[1];
		const order = residuals.map((_, i) => i);
		order.sort((a, b) => compare?.(at(a), at(b)) || a - b);
		body.replaceChildren(...order.slice(0, MOST).map(row));
		heads.forEach((head, i) => {
			head.setAttribute("aria-sort", i === by ? (by === 0 ? "descending" : "ascending") : "none");
		});
	}
	const at = (i: number) => residuals[i] as ResidualWire;

	function row(i: number): HTMLElement {
		const { name, type, size_bytes, kind, times, span } = at(i);
		const loop = times === 1 ? "" : times === null ? " × ?" : ` × ${times}`;
		const said = kind === "made" ? "" : `${kind}, alive anyway`;
		const cells = [bytesText(size_bytes), `${name}${loop}`, type, source.placeText(span), said];
		return choosing(cells, mirror.maker(i), choose);
	}

	sort(0);
	const made = residuals.filter(({ kind }) => kind === "made").length;
	const left = more_residuals + Math.max(0, residuals.length - MOST);
	const said = `${bytesText(residual_bytes)} in ${countText(made, "value")}`;
	const note = h(
		"p",
		{},
		h("b", {}, said),
		left > 0 ? `; ${countText(left, "row")} not shown` : "",
	);
	const head = h("thead", {}, h("tr", {}, ...heads));
	return h("div", { class: "jxp-grad-table" }, note, h("table", {}, head, body));
}

export function stopsTable(mirror: Mirror, source: MirrorSource, choose: Choose): HTMLElement {
	const rowOf = new Map<number, number>();
	mirror.wire.rows.stops.forEach((stops, row) => {
		for (const stop of stops) rowOf.set(stop, row);
	});
	const rows = mirror.wire.stops.slice(0, MOST).map(({ reason, span, inputs }, i) => {
		const row = rowOf.get(i) ?? -1;
		const what = row < 0 ? inputs.join(", ") : mirror.text("name", row);
		return choosing([what, reason, source.placeText(span)], row, choose);
	});
	if (rows.length === 0) return h("p", {}, "The gradient stops nowhere.");
	return table(["expression", "why the gradient stops there", "at"], rows);
}

/** By layer, or by input where there are no layers. */
export function normsTable(mirror: Mirror): HTMLElement {
	const { layers, inputs } = mirror.wire;
	const cells = (name: string, norms: readonly Norm[]) => {
		const shown = norms.map((norm) => {
			const value = asNumber(norm);
			const swatch = h("span", { class: "jxp-grad-swatch", "aria-hidden": "true" });
			swatch.style.background = normColour(value);
			return h("td", {}, ...(value === null ? [] : [swatch, normText(value)]));
		});
		return h("tr", {}, h("th", { scope: "row" }, name), ...shown);
	};
	if (layers.length === 0) {
		const rows = inputs
			.slice(0, MOST)
			.map(({ path, value_norm, norm }) => cells(path, [value_norm, norm]));
		return table(["input", "its norm", "its gradient's"], rows);
	}
	const rows = layers.slice(0, MOST).map((layer) => {
		const row = cells(layer.name, [
			layer.parameter_norm,
			layer.gradient_norm,
			layer.cotangent_norm,
		]);
		const share = asNumber(layer.saturated);
		row.append(h("td", {}, share === null ? "" : `${Math.round(100 * share)} %`));
		return row;
	});
	return table(["layer", "parameters", "gradient", "cotangent", "saturated"], rows);
}

function table(titles: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
	const head = h("tr", {}, ...titles.map((title) => h("th", { scope: "col" }, title)));
	const whole = h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows));
	return h("div", { class: "jxp-grad-table" }, whole);
}

/** A row that leads to a row of the mirror. */
function choosing(cells: readonly string[], row: number, choose: Choose): HTMLElement {
	const element = h("tr", {}, ...cells.map((cell) => h("td", { title: cell }, cell)));
	if (row < 0) return element;
	element.tabIndex = 0;
	element.className = "jxp-grad-choice";
	element.addEventListener("click", () => choose(row));
	element.addEventListener("keydown", (event) => {
		if (event.key === "Enter") choose(row);
	});
	return element;
}
