/** What the explorer asks of each pane, and what a pane tells the explorer. */

import type { Focus, Origin } from "../model/focus";
import type { Heat } from "../model/heat";

export interface Pane {
	readonly name: PaneName;
	readonly element: HTMLElement;
	/** Lights what is hovered and what is selected. */
	show(hover: Focus | null, selected: Focus | null): void;
	/** Brings the nearest lit place into view, inside the pane only. */
	reveal(focus: Focus): void;
	/**
	 * Marks every place that holds `text`; none for an empty text. Goes to the next one (1) or
	 * the one before (-1) and selects it; with 0 it only brings the first into view.
	 * Null where nothing holds it; `index` is -1 while no match has been gone to.
	 */
	find?(text: string, by: number): Found | null;
	/** Shows what each equation costs (`heat.values`, raw amounts that add up), or stops. */
	setHeat?(heat: Heat | null): void;
	/** Called when the pane has become visible or changed its size. */
	resize(): void;
	dispose(): void;
}

export interface Found {
	readonly count: number;
	/** From 0. */
	readonly index: number;
	/** There are more than were counted. */
	readonly more?: boolean;
}

export type PaneName = "source" | "jaxpr" | "stablehlo" | "hlo" | "graph" | "passes" | "moves";

export interface PaneEvents {
	hover(origin: Origin | null): void;
	select(origin: Origin | null): void;
}

export const PANE_LABELS: Readonly<Record<PaneName, string>> = {
	source: "source",
	jaxpr: "jaxpr",
	stablehlo: "StableHLO",
	hlo: "optimised HLO",
	graph: "graph",
	passes: "passes",
	moves: "collectives",
};
