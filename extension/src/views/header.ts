/** The line on top: what the program is called and takes, a search box, help. */

import type { Program, StageName } from "../model/program";
import { countText, signatureText } from "../model/words";
import { h } from "./dom";
import { helpBox } from "./keys";

export interface Header {
	readonly element: HTMLElement;
	search(): void;
	toggleHelp(): void;
	/** Closes what is open; false when nothing was. */
	close(): boolean;
	/** Line index of the last match in a stage. */
	foundLine(stage: StageName): number | undefined;
	setFoundLine(stage: StageName, line: number): void;
}

/** `find` moves to the next (1) or previous (-1) match; false when there is none. */
export function header(program: Program, find: (text: string, by: number) => boolean): Header {
	const found = new Map<StageName, number>();
	const help = helpBox();
	const input = h("input", {
		type: "search",
		placeholder: "find",
		"aria-label": "find in the open tab",
		spellcheck: "false",
	});
	const button = h(
		"button",
		{ type: "button", "aria-label": "keys", "aria-expanded": "false" },
		"?",
	);
	button.addEventListener("click", toggleHelp);
	input.addEventListener("input", () => {
		found.clear();
		input.classList.remove("jxp-missing");
	});
	input.addEventListener("keydown", (event) => {
		if (event.key === "Escape") return;
		event.stopPropagation();
		if (event.key !== "Enter") return;
		const isFound = find(input.value, event.shiftKey ? -1 : 1);
		input.classList.toggle("jxp-missing", !isFound && input.value !== "");
	});
	const signature = signatureText(program);
	const element = h(
		"div",
		{ class: "jxp-header" },
		h("strong", { class: "jxp-title" }, program.wire.name),
		h("span", { class: "jxp-count" }, countText(program.equationCount, "equation")),
		h("code", { class: "jxp-signature", title: signature }, signature),
		input,
		button,
		help,
	);

	function toggleHelp(): void {
		help.hidden = !help.hidden;
		button.setAttribute("aria-expanded", String(!help.hidden));
	}

	return {
		element,
		search: () => input.focus(),
		toggleHelp,
		close() {
			const root = input.getRootNode() as ShadowRoot;
			if (!help.hidden) {
				toggleHelp();
				return true;
			}
			if (root.activeElement !== input) return false;
			input.value = "";
			input.classList.remove("jxp-missing");
			input.blur();
			return true;
		},
		foundLine: (stage) => found.get(stage),
		setFoundLine: (stage, line) => found.set(stage, line),
	};
}
