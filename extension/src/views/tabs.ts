/** A row of tabs over panels, as the ARIA pattern has it: arrows move, Home and End jump. */

import { h } from "./dom";

export interface Tabs {
	readonly element: HTMLElement;
	select(index: number): void;
	focus(): void;
}

let serial = 0;

/** `panels[i]` is shown when tab `i` is chosen; `changed` is told which. */
export function tabs(
	labels: readonly string[],
	panels: readonly HTMLElement[],
	changed: (index: number) => void,
): Tabs {
	const id = `jxp-tab-${serial++}`;
	let current = -1;
	const buttons = labels.map((label, i) => {
		const button = h("button", { type: "button", role: "tab", id: `${id}-${i}` }, label);
		button.addEventListener("click", () => select(i));
		panels[i]?.setAttribute("role", "tabpanel");
		panels[i]?.setAttribute("aria-labelledby", button.id);
		return button;
	});
	const element = h(
		"div",
		{ class: "jxp-tabs", role: "tablist", "aria-label": "stages" },
		...buttons,
	);
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
		select(next);
		buttons[next]?.focus();
	});

	function select(index: number): void {
		if (index === current) return;
		current = index;
		buttons.forEach((button, i) => {
			button.setAttribute("aria-selected", String(i === index));
			button.tabIndex = i === index ? 0 : -1;
		});
		panels.forEach((panel, i) => {
			panel.hidden = i !== index;
		});
		changed(index);
	}

	return { element, select, focus: () => buttons[current]?.focus() };
}
