/** The list beside the texts: each pass with what it did to the number of instructions. */

import type { Passes, PassRow } from "../model/passes";
import { Cleanup, h } from "./dom";
import { keepInSight } from "./keepinsight";

export interface PassesList {
	readonly element: HTMLElement;
	/** Marks the entries that changed what is lit. */
	mark(touched: readonly boolean[]): void;
	choose(index: number): void;
	dispose(): void;
}

let serial = 0;

/** Passes first, then code; `chosen` is told the index of an entry. */
export function passesList(passes: Passes, chosen: (index: number) => void): PassesList {
	const cleanup = new Cleanup();
	const id = `jxp-pass-${serial++}`;
	const most = passes.rows.reduce((most, row) => Math.max(most, row.before, row.after), 1);
	const entries = [
		...passes.rows.map((row, i) => entry(`${id}-${i}`, ...passParts(row, i + 1, most))),
		...passes.code.map((code, i) =>
			entry(
				`${id}-${passes.rows.length + i}`,
				h("span", { class: "jxp-pass-number", "aria-hidden": "true" }, "→"),
				h("span", { class: "jxp-pass-words" }, code.name),
			),
		),
	];
	const element = h(
		"div",
		{ class: "jxp-pass-list", role: "listbox", tabindex: 0, "aria-label": "passes, then code" },
		h("div", { class: "jxp-pass-scroll", role: "group" }, ...entries.slice(0, passes.rows.length)),
		h("div", { class: "jxp-pass-code", role: "group" }, ...entries.slice(passes.rows.length)),
	);
	const scroll = element.firstElementChild as HTMLElement;
	let current = -1;

	function choose(index: number): void {
		const next = entries[index];
		if (!next || index === current) return;
		entries[current]?.setAttribute("aria-selected", "false");
		next.setAttribute("aria-selected", "true");
		element.setAttribute("aria-activedescendant", next.id);
		current = index;
		if (next.parentElement === scroll) keepInSight(scroll, next);
		chosen(index);
	}

	cleanup.on(element, "click", (event) => {
		const target = event.target instanceof Element ? event.target.closest("[role=option]") : null;
		if (target instanceof HTMLElement) choose(entries.indexOf(target));
	});
	cleanup.on(element, "keydown", (event) => {
		const moves: Record<string, number> = {
			ArrowUp: Math.max(0, current - 1),
			ArrowDown: Math.min(entries.length - 1, current + 1),
			Home: 0,
			End: entries.length - 1,
		};
		const next = moves[event.key];
		if (next === undefined) return;
		event.preventDefault();
		// Elsewhere the arrows go through the equations.
		event.stopPropagation();
		choose(next);
	});

	return {
		element,
		choose,
		mark(touched) {
			entries.forEach((row, i) => {
				row.classList.toggle("jxp-touched", touched[i] === true);
				const note = row.querySelector(".jxp-pass-note");
				if (note) note.textContent = touched[i] ? "● changes the selection" : "";
			});
		},
		dispose: cleanup.run,
	};
}

function entry(id: string, ...parts: Node[]): HTMLElement {
	return h("div", { class: "jxp-pass", role: "option", id, "aria-selected": "false" }, ...parts);
}

function passParts(row: PassRow, number: number, most: number): Node[] {
	const count = row.after.toLocaleString("en");
	const change = row.after - row.before;
	const sign = change > 0 ? "+" : "−";
	const changed = change === 0 ? "" : ` (${sign}${Math.abs(change).toLocaleString("en")})`;
	const bar = h("span", { class: "jxp-pass-bar", "aria-hidden": "true" });
	bar.style.width = `${(row.after / most) * 100}%`;
	const title = row.pipeline ? `${row.name}, in ${row.pipeline}` : row.name;
	return [
		h("span", { class: "jxp-pass-number", "aria-hidden": "true" }, String(number)),
		h("span", { class: "jxp-pass-words", title }, row.words),
		h(
			"span",
			{ class: "jxp-pass-count" },
			`${count} instructions${changed} · +${row.added} −${row.removed} lines`,
		),
		bar,
		h("span", { class: "jxp-pass-note" }),
	];
}
