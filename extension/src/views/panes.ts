/** The panes that can stand beside the source. A new one is one line here. */

import type { Program, StageName } from "../model/program";
import { h } from "./dom";
import { graphPane } from "./graphpane";
import type { Host } from "./host";
import { movesPane } from "./movespane";
import { PANE_LABELS, type Pane, type PaneEvents, type PaneName } from "./pane";
import { passesPane } from "./passespane";
import { sourcePane } from "./sourcepane";
import { textPane } from "./textpane";

interface Maker {
	readonly name: PaneName;
	/** A pane, or a message in its place. */
	make(program: Program, events: PaneEvents, host: Host): Pane | HTMLElement;
	/** For which programs it is there; for all where this is not said. */
	isFor?(program: Program): boolean;
}

export const SOURCE: Maker = { name: "source", make: source };

/** In the order of their tabs. */
const PANES: readonly Maker[] = [
	{ name: "jaxpr", make: (program, events) => text(program, "jaxpr", events) },
	{ name: "stablehlo", make: (program, events) => text(program, "stablehlo", events) },
	{ name: "hlo", make: (program, events) => text(program, "hlo", events) },
	{ name: "graph", make: graphPane },
	{ name: "passes", make: passesPane },
	{ name: "moves", make: moves, isFor: ({ moves }) => moves !== null },
];

/** The panes that a program has something to show in. */
export function panesOf(program: Program): readonly Maker[] {
	return PANES.filter(({ isFor }) => isFor?.(program) ?? true);
}

function source(program: Program, events: PaneEvents): Pane | HTMLElement {
	if (program.wire.sources.length > 0) return sourcePane(program, events);
	return message("No source.", "The text of this program's functions could not be read.");
}

function text(program: Program, name: StageName, events: PaneEvents): Pane | HTMLElement {
	const stage = program.stage(name);
	const title = `There is no ${PANE_LABELS[name]} for this program.`;
	if (stage?.error) return message(title, stage.error);
	if (stage && stage.lines().length > 0) return textPane(program, name, stage, events);
	return message(title, "It was not asked for.");
}

function moves(program: Program, events: PaneEvents): Pane | HTMLElement {
	if (program.moves) return movesPane(program, program.moves, events);
	return message("Nothing moves.", "The program runs on one device.");
}

export function message(title: string, words: string): HTMLElement {
	return h("div", { class: "jxp-message" }, h("strong", {}, title), h("pre", {}, words));
}
