/** A row of tabs, as the ARIA pattern has it: arrows move, Home and End jump. */

import { h } from "./dom";

export interface Tabs {
	readonly element: HTMLElement;
	/** Marks a tab as the chosen one. */
	mark(index: number): void;
	/** The tab, which its panel is labelled by. */
	tab(index: number): HTMLElement;
}

let serial = 0;

/** `choose` is called with the tab that the reader picks. */
export function tabs(
	labels: readonly string[],
	name: string,
	choose: (index: number) => void,
): Tabs {
	const id = `jxp-tab-${serial++}`;
	let current = -1;
	const buttons = labels.map((label, i) => {
		const button = h("button", { type: "button", role: "tab", id: `${id}-${i}` }, label);
		button.addEventListener("click", () => choose(i));
		return button;
	});
	const element = h("div", { class: "jxp-tabs", role: "tablist", "aria-label": name }, ...buttons);
	element.addEventListener("keydown", (event) => {
		const last = buttons.length - 1;
		const moves: Record<string, number> = {
			ArrowLeft: current === 0 ? last : current - 1,
			ArrowRight: current === last ? 0 : current + 1,
			Home: 0,
			End: last,
		};
		const next = moves[event.key];
		if (next === undefined) return;
		event.preventDefault();
		event.stopPropagation();
		choose(next);
		buttons[next]?.focus();
	});

	function mark(index: number): void {
		current = index;
		buttons.forEach((button, i) => {
			button.setAttribute("aria-selected", String(i === index));
			button.tabIndex = i === index ? 0 : -1;
		});
	}

	return { element, mark, tab: (index) => buttons[index] as HTMLElement };
}
