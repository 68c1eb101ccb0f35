/** The search box: what is looked for, which match of how many, on to the next. */

import { h } from "./dom";
import type { Found } from "./pane";

export interface SearchBox {
	readonly element: HTMLElement;
	focus(): void;
	/** Empties the box; false when it was empty and not in use. */
	clear(): boolean;
	/** The pane that is searched is another one now. */
	aim(label: string): void;
}

/** `find` marks `text`, goes `by` matches on and says where it is. */
export function searchBox(find: (text: string, by: number) => Found | null): SearchBox {
	const input = h("input", { type: "search", "aria-label": "find", spellcheck: "false" });
	const count = h("span", { class: "jxp-matches", role: "status" });
	const before = step("previous match", "\u2191", -1);
	const after = step("next match", "\u2193", 1);
	const element = h("span", { class: "jxp-search", role: "search" }, input, count, before, after);
	let isSearched = false;

	function step(label: string, text: string, by: number): HTMLButtonElement {
		const button = h(
			"button",
			{ type: "button", "aria-label": label, title: label, hidden: true },
			text,
		);
		button.addEventListener("click", () => search(by));
		return button;
	}

	function search(by: number): void {
		isSearched = true;
		const found = find(input.value, by);
		const isMissing = found === null && input.value !== "";
		input.classList.toggle("jxp-missing", isMissing);
		count.textContent = found ? countOf(found) : isMissing ? "none" : "";
		before.hidden = after.hidden = !found || found.count < 2;
	}

	input.addEventListener("input", () => search(0));
	input.addEventListener("keydown", (event) => {
		if (event.key === "Escape") return;
		event.stopPropagation();
		if (event.key === "Enter") search(event.shiftKey ? -1 : 1);
	});
	return {
		element,
		focus() {
			input.focus();
			input.select();
		},
		clear() {
			const root = input.getRootNode() as ShadowRoot;
			const isInUse = root.activeElement === input;
			if (input.value === "" && !isInUse) return false;
			input.value = "";
			search(0);
			input.blur();
			return true;
		},
		aim(label) {
			input.placeholder = `find in ${label}`;
			input.setAttribute("aria-label", `find in ${label}`);
			// The marks of the pane before are no longer what is being looked for.
			if (isSearched && input.value !== "") search(0);
		},
	};
}

function countOf({ count, index, more }: Found): string {
	const all = `${more ? "more than " : ""}${count.toLocaleString("en")}`;
	return index < 0 ? `${all} found` : `${(index + 1).toLocaleString("en")} of ${all}`;
}
