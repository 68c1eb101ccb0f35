/** What the explorer asks of each pane, and what a pane tells the explorer. */

import type { Focus, Origin } from "../model/focus";

export interface Pane {
	readonly name: PaneName;
	readonly element: HTMLElement;
	/** Lights what is hovered and what is selected. */
	show(hover: Focus | null, selected: Focus | null): void;
	/** Brings the nearest lit place into view, inside the pane only. */
	reveal(focus: Focus): void;
	/** Brings one line of text into view. */
	revealLine?(line: number): void;
	/** Called when the pane has become visible or changed its size. */
	resize(): void;
	dispose(): void;
}

export type PaneName = "source" | "jaxpr" | "stablehlo" | "hlo" | "graph";

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
};
