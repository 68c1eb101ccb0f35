/** Everything about one row: where it stands, its equations, what it keeps and reads. */

import type { Kept, Mirror } from "../model/mirror";
import type { MirrorSource } from "../model/mirrorsource";
import { normText } from "../model/norms";
import { bytesText } from "../model/words";
import { h } from "./dom";

const MOST = 6;

export function rowDetails(
	mirror: Mirror,
	source: MirrorSource,
	row: number,
	edges: readonly Kept[],
): HTMLElement[] {
	const span = mirror.wire.rows.span[row] ?? -1;
	const place = mirror.place(row);
	const norm = mirror.norm(row);
	const head = h(
		"div",
		{ class: "jxp-grad-about" },
		h("code", {}, mirror.text("name", row)),
		h("span", {}, [mirror.text("type", row), source.placeText(span)].filter(Boolean).join(" · ")),
		h("span", {}, norm === null ? "" : `norm of its cotangent: ${normText(norm)}`),
	);
	const stops = (mirror.wire.rows.stops[row] ?? []).map((stop) => {
		const reason = mirror.wire.stops[stop]?.reason ?? "";
		const part = mirror.hasGradient(row) ? "in part: " : "";
		return h("div", { class: "jxp-grad-why" }, `✕ ${part}${reason}`);
	});
	const kept = list(
		"kept for the backward pass",
		edges.filter((edge) => edge.source === place && edge.isMade).map((edge) => said(mirror, edge)),
	);
	const reads = list(
		"its backward part reads",
		edges.filter((edge) => edge.target === place).map((edge) => said(mirror, edge)),
	);
	const parts = [
		list("forward", lines(mirror.text("forward", row))),
		list(backwardTitle(mirror, row), lines(mirror.text("backward", row))),
		kept,
		reads,
	];
	return [head, ...stops, h("div", { class: "jxp-grad-parts" }, ...parts.flat())];
}

function backwardTitle(mirror: Mirror, row: number): string {
	const again = mirror.wire.rows.recomputed[row] ?? 0;
	return again > 0 ? `backward (${again} of them computed again)` : "backward";
}

function lines(text: string): string[] {
	return text === "" ? [] : text.split("\n");
}

function said(mirror: Mirror, edge: Kept): string {
	const names = edge.residuals.map((one) => mirror.wire.residuals[one]?.name ?? "");
	const more = names.length > 2 ? `, … ${names.length - 2} more` : "";
	const alive = edge.isMade ? "" : " (alive anyway)";
	return `${bytesText(edge.bytes)}: ${names.slice(0, 2).join(", ")}${more}${alive}`;
}

function list(title: string, items: readonly string[]): HTMLElement[] {
	if (items.length === 0) return [];
	const shown = items.slice(0, MOST).map((item) => h("li", {}, item));
	if (items.length > MOST) shown.push(h("li", {}, `… ${items.length - MOST} more`));
	return [h("div", {}, h("b", {}, title), h("ul", {}, ...shown))];
}
