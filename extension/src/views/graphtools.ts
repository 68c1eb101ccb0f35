/** Buttons over a graph, the things around the current one, and what a screen reader says. */

import { thingName } from "../layout/boxes";
import type { Levels } from "../layout/visible";
import type { Groups, Thing } from "../model/groups";
import { movesText } from "../model/movewords";
import { countText } from "../model/words";
import { h } from "./dom";

export interface GraphActions {
	zoomIn(): void;
	zoomOut(): void;
	showAll(): void;
	openLevel(): void;
	closeAll(): void;
	inputs(): void;
	outputs(): void;
}

export interface GraphTools {
	readonly elements: readonly HTMLElement[];
	/** Says where the reader is. */
	at(thing: Thing | null, isOpen: boolean): void;
	/** Marks which way is lit. */
	press(path: "into" | "out" | null): void;
}

export function graphTools(
	levels: Levels,
	actions: GraphActions,
	go: (thing: Thing) => void,
): GraphTools {
	const { groups } = levels;
	const bar = h("div", { class: "jxp-tools", role: "toolbar", "aria-label": "graph" });
	const crumbs = h("nav", { class: "jxp-crumbs", "aria-label": "around it", hidden: true });
	const said = h("div", { class: "jxp-said", role: "status", "aria-live": "polite" });
	const tool = (label: string, title: string, action: () => void) => {
		const button = h("button", { type: "button", title, "aria-label": title }, label);
		button.addEventListener("click", action);
		bar.append(button);
		return button;
	};
	const into = tool("inputs", "light all that leads to the selection (u)", actions.inputs);
	const out = tool("outputs", "light all that the selection leads to (d)", actions.outputs);
	tool("open level", "open every closed group in sight", actions.openLevel);
	tool("close all", "close all groups", actions.closeAll);
	tool("fit", "show the whole graph (0)", actions.showAll);
	tool("−", "zoom out (−)", actions.zoomOut);
	tool("+", "zoom in (+)", actions.zoomIn);

	return {
		elements: [h("div", { class: "jxp-graphbar" }, crumbs, bar), said],
		at(thing, isOpen) {
			const around = thing === null ? [] : groups.around(thing).slice(1);
			crumbs.hidden = around.length === 0;
			crumbs.replaceChildren(
				...[...around.slice(-4), ...(thing === null ? [] : [thing])].map((at) => {
					const button = h("button", { type: "button" }, thingName(groups, at));
					button.addEventListener("click", () => go(at));
					if (at === thing) button.setAttribute("aria-current", "true");
					return button;
				}),
			);
			const sent = thing === null ? [] : [...levels.marks().of(thing).keys()];
			const words = thing === null ? "" : thingWords(groups, thing, isOpen);
			said.textContent = sent.length > 0 ? `${words}; ${movesText(sent)}` : words;
		},
		press(path) {
			into.setAttribute("aria-pressed", String(path === "into"));
			out.setAttribute("aria-pressed", String(path === "out"));
		},
	};
}

/** `Block × 12, 408 equations, forward; Enter opens`. */
export function thingWords(groups: Groups, thing: Thing, isOpen: boolean): string {
	const inside = groups.inside[thing] as number;
	const backward = groups.backward[thing] as number;
	const phase =
		backward === 0 ? "forward" : backward === inside ? "backward" : "forward and backward";
	const name = thingName(groups, thing);
	if (!groups.canOpen(thing)) {
		const [output] = groups.program.outputs.get(thing);
		const type = output === undefined ? "" : `, ${groups.program.valueType(output)}`;
		return `${name}${type}, ${phase}`;
	}
	return `${name}, ${countText(inside, "equation")}, ${phase}; Enter ${isOpen ? "closes" : "opens"}`;
}
