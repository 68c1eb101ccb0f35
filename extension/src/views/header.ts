/** The line on top: what the program is called and takes, search, heat, sizes, help. */

import type { Heat, MeasuredTime } from "../model/heat";
import type { Moves } from "../model/moves";
import { overviewText } from "../model/movewords";
import type { Program } from "../model/program";
import { bytesText, countText, signatureText } from "../model/words";
import { h } from "./dom";
import { heatBox } from "./heatbox";
import { helpBox } from "./keys";
import { moveSign } from "./movedetails";
import type { Found } from "./pane";
import { type SearchBox, searchBox } from "./searchbox";

export interface HeaderEvents {
	find(text: string, by: number): Found | null;
	heat(heat: Heat | null): void;
	split(): void;
	large(): void;
	full(): void;
	/** Shows the list of what devices send. */
	moves(): void;
}

export interface Header {
	readonly element: HTMLElement;
	readonly search: SearchBox;
	toggleHelp(): void;
	/** Closes what is open; false when nothing was. */
	close(): boolean;
	/** Marks the buttons of what is on. */
	press(pressed: {
		readonly split: boolean;
		readonly large: boolean;
		readonly full: boolean;
	}): void;
}

export function header(
	program: Program,
	measured: MeasuredTime | null,
	events: HeaderEvents,
): Header {
	const help = helpBox();
	const search = searchBox(events.find);
	const heat = heatBox(program, measured, events.heat);
	const buttons = {
		split: toggle("split", "two panes beside the source (s)", events.split),
		large: toggle("larger", "as high as the window (l)", events.large),
		full: toggle("full screen", "the whole screen (f)", events.full),
	};
	// A frame of another page may not be allowed to fill the screen.
	buttons.full.hidden = !document.fullscreenEnabled;
	const helpButton = h(
		"button",
		{ type: "button", "aria-label": "keys", title: "keys (?)", "aria-expanded": "false" },
		"?",
	);
	helpButton.addEventListener("click", toggleHelp);
	const moves = program.moves && movesButton(program.moves, events.moves);
	const signature = signatureText(program);
	const element = h(
		"div",
		{ class: "jxp-header" },
		h("strong", { class: "jxp-title", title: program.wire.name }, program.wire.name),
		h("span", { class: "jxp-count" }, countText(program.equationCount, "equation")),
		...(moves ? [moves] : []),
		h("code", { class: "jxp-signature", title: signature }, signature),
		search.element,
		heat.element,
		h("span", { class: "jxp-sizes" }, ...Object.values(buttons), helpButton),
		help,
		heat.totals,
	);

	function toggleHelp(): void {
		help.hidden = !help.hidden;
		helpButton.setAttribute("aria-expanded", String(!help.hidden));
	}

	return {
		element,
		search,
		toggleHelp,
		close() {
			if (help.hidden) return search.clear();
			toggleHelp();
			return true;
		},
		press(pressed) {
			for (const name of ["split", "large", "full"] as const) {
				buttons[name].setAttribute("aria-pressed", String(pressed[name]));
			}
		},
	};
}

/** How much devices send, and the way to the list of it. */
function movesButton(moves: Moves, show: () => void): HTMLButtonElement {
	const { rows, sentBytes, devices } = moves;
	const between = rows.filter(({ isHost }) => !isHost).length;
	const sign = moveSign({ isHost: between === 0 });
	const text =
		between > 0
			? `${devices} devices, ${bytesText(sentBytes)} sent each`
			: countText(rows.length, "host transfer");
	const title = `${overviewText(moves)}. Show them all`;
	const button = h("button", { type: "button", class: "jxp-moving", title }, sign, text);
	button.addEventListener("click", show);
	return button;
}

function toggle(text: string, title: string, act: () => void): HTMLButtonElement {
	const button = h(
		"button",
		{ type: "button", class: `jxp-${text.split(" ")[0]}`, title, "aria-pressed": "false" },
		text,
	);
	button.addEventListener("click", act);
	return button;
}
