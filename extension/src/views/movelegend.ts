/** What the marks of a graph mean. */

import type { Program } from "../model/program";
import { h } from "./dom";
import { moveSign } from "./movedetails";

/** Nothing where a program has no such marks. */
export function legend({ moves }: Program): HTMLElement[] {
	if (!moves) return [];
	const entries = [
		{ isHost: false, words: "between devices: bytes that each sends" },
		{ isHost: true, words: "to or from the host" },
	].filter(({ isHost }) => moves.rows.some((move) => move.isHost === isHost));
	const rows = entries.map(({ isHost, words }) => h("span", {}, moveSign({ isHost }), words));
	return [h("div", { class: "jxp-legend" }, ...rows)];
}
