/** What the keys do. The help box and the key handler both read this table. */

import { h } from "./dom";

export type Action =
	| "previous"
	| "next"
	| "clear"
	| "counterpart"
	| "search"
	| "split"
	| "large"
	| "full"
	| "more"
	| "help";

interface Help {
	readonly shown: string;
	readonly does: string;
}

interface Key extends Help {
	readonly key: string;
	readonly action: Action | null;
}

export const KEYS: readonly Key[] = [
	{ key: "", shown: "point", action: null, does: "light the same thing in every pane" },
	{ key: "", shown: "click", action: null, does: "keep it lit" },
	{ key: "ArrowUp", shown: "↑", action: "previous", does: "select the equation before" },
	{ key: "ArrowDown", shown: "↓", action: "next", does: "select the equation after" },
	{
		key: "Enter",
		shown: "Enter",
		action: "counterpart",
		does: "go to the same thing in the next tab",
	},
	{ key: "Escape", shown: "Esc", action: "clear", does: "clear the selection" },
	{ key: "/", shown: "/", action: "search", does: "find text in the pane in use" },
	{ key: "", shown: "Enter, Shift + Enter", action: null, does: "in the search: next, previous" },
	{ key: "s", shown: "s", action: "split", does: "two panes beside the source" },
	{ key: "l", shown: "l", action: "large", does: "as high as the window" },
	{ key: "f", shown: "f", action: "full", does: "the whole screen" },
	{ key: "i", shown: "i", action: "more", does: "everything about the equation" },
	{ key: "?", shown: "?", action: "help", does: "show or hide this help" },
	{ key: "", shown: "graph: drag", action: null, does: "move the graph" },
	{ key: "", shown: "graph: Ctrl + wheel, + − 0", action: null, does: "zoom; 0 shows all of it" },
	{ key: "", shown: "graph: arrows", action: null, does: "select what lies next" },
	{ key: "", shown: "graph: Enter, double-click", action: null, does: "open or close a group" },
	{ key: "", shown: "graph: Backspace", action: null, does: "close the group around" },
	{ key: "", shown: "graph: u, d", action: null, does: "light the way to inputs, to outputs" },
];

export function actionOf(key: string): Action | null {
	return KEYS.find((row) => row.key === key)?.action ?? null;
}

export function helpBox(keys: readonly Help[] = KEYS): HTMLElement {
	const rows = keys.flatMap(({ shown, does }) => [h("dt", {}, shown), h("dd", {}, does)]);
	const label = "keys";
	return h(
		"div",
		{ class: "jxp-help", role: "dialog", "aria-label": label, hidden: true },
		h("dl", {}, ...rows),
	);
}
