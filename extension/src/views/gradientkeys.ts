/** What the keys do. The help box and the key handler both read this table. */

export const KEYS = [
	{ key: "ArrowDown", shown: "↓", action: "next", does: "the row after" },
	{ key: "ArrowUp", shown: "↑", action: "previous", does: "the row before" },
	{ key: "PageDown", shown: "Page ↓", action: "page", does: "further down" },
	{ key: "PageUp", shown: "Page ↑", action: "back", does: "further up" },
	{ key: "Home", shown: "Home", action: "first", does: "the first row" },
	{ key: "End", shown: "End", action: "last", does: "the last row" },
	{ key: "ArrowRight", shown: "→", action: "open", does: "open a group" },
	{ key: "ArrowLeft", shown: "←", action: "close", does: "close it, or to the group about it" },
	{ key: "Enter", shown: "Enter", action: "toggle", does: "open or close" },
	{ key: "p", shown: "p", action: "partner", does: "to the row that reads what this one keeps" },
	{ key: "c", shown: "c", action: "colour", does: "bars by norm or by bytes" },
	{ key: "Escape", shown: "Esc", action: "clear", does: "let go of the row" },
	{ key: "?", shown: "?", action: "help", does: "show or hide this help" },
] as const;

/** Keys that mean the same wherever the focus is. */
const ANYWHERE = new Set<string>(["clear", "help"]);

export function actionOf(key: string, inTree: boolean): (typeof KEYS)[number]["action"] | null {
	const action = KEYS.find((row) => row.key === key)?.action ?? null;
	return action && (inTree || ANYWHERE.has(action)) ? action : null;
}
