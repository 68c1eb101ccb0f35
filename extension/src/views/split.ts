/** Two halves side by side with a bar to move between them; the height fits a cell. */

import type { Program } from "../model/program";
import { h } from "./dom";
import { ROW_HEIGHT } from "./virtual";

const TALLEST = 420;
const LOWEST = 150;
const CHROME = 44;
const NARROWEST = 15;

export function splitBody(
	program: Program,
	left: readonly HTMLElement[],
	right: readonly HTMLElement[],
): HTMLElement {
	const bar = h("div", {
		class: "jxp-bar",
		role: "separator",
		tabindex: 0,
		"aria-label": "width of the source",
		"aria-orientation": "vertical",
		"aria-valuemin": NARROWEST,
		"aria-valuemax": 100 - NARROWEST,
	});
	const body = h(
		"div",
		{ class: "jxp-body" },
		h("section", { class: "jxp-side", "aria-label": "source" }, ...left),
		bar,
		h("section", { class: "jxp-side", "aria-label": "stages" }, ...right),
	);
	const source = program.wire.sources.reduce((sum, { text }) => sum + 1 + lineCount(text), 0);
	const text = program.stage("jaxpr")?.lines().length ?? 0;
	body.style.setProperty("--jxp-height", `${within(Math.max(source, text))}px`);
	body.style.setProperty("--jxp-stacked", `${within(source) + within(text)}px`);

	let share = 42;
	function move(percent: number): void {
		share = Math.max(NARROWEST, Math.min(100 - NARROWEST, percent));
		body.style.setProperty("--jxp-split", `${share}%`);
		bar.setAttribute("aria-valuenow", String(Math.round(share)));
	}
	move(share);
	bar.addEventListener("pointerdown", (event) => {
		event.preventDefault();
		bar.setPointerCapture(event.pointerId);
	});
	bar.addEventListener("pointermove", (event) => {
		if (!bar.hasPointerCapture(event.pointerId)) return;
		const { left: start, width } = body.getBoundingClientRect();
		move(((event.clientX - start) / width) * 100);
	});
	bar.addEventListener("keydown", (event) => {
		const by = { ArrowLeft: -3, ArrowRight: 3 }[event.key];
		if (by === undefined) return;
		event.preventDefault();
		event.stopPropagation();
		move(share + by);
	});
	return body;
}

function within(lines: number): number {
	return Math.max(LOWEST, Math.min(TALLEST, lines * ROW_HEIGHT + CHROME));
}

function lineCount(text: string): number {
	return text.split("\n").length;
}
