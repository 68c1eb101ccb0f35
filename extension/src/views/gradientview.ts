/** A gradient: forward and backward as a mirror, the source and the tables beside it. */

import { MirrorSource } from "../model/mirrorsource";
import type { GradientWire } from "../wire/gradient";
import { Cleanup, h } from "./dom";
import { rowDetails } from "./gradientdetails";
import { gradientHead } from "./gradienthead";
import { actionOf, type KEYS } from "./gradientkeys";
import { GradientRows, ROW_HEIGHT } from "./gradientrows";
import { gradientSource } from "./gradientsource";
import { keptTable, normsTable, stopsTable } from "./gradienttables";
import { tabs } from "./tabs";
import { followTheme } from "./theme";

export interface GradientView {
	readonly element: HTMLElement;
	dispose(): void;
}

/** Shows the whole program in an element; returns how to stop. */
export type Explore = (element: HTMLElement) => () => void;

const TALLEST = 620;
const SHORTEST = 260;

export function gradientView(wire: GradientWire, explore: Explore | null): GradientView {
	const cleanup = new Cleanup();
	const source = new MirrorSource(wire);
	let hovered = -1;
	let selected = -1;
	/** A row that the reader left comes back when the pointer does. */
	const events = { hover: point, select: (row: number) => choose(row, "rows") };
	const rows = new GradientRows(wire, events);
	const { mirror } = rows;
	const text = gradientSource(wire, source, {
		hover: point,
		select: (row) => choose(row, "source"),
	});
	const goTo = (row: number) => choose(row, "table");
	const panels: [string, () => HTMLElement][] = [
		["source", () => text.element],
		["kept", () => keptTable(mirror, source, goTo)],
		["stops", () => stopsTable(mirror, source, goTo)],
		["norms", () => normsTable(mirror)],
	];
	if (explore) panels.push(["program", () => explored(explore)]);
	const panel = h("div", { class: "jxp-grad-panel", role: "tabpanel" });
	const names = panels.map(([name]) =>
		name === "stops" && wire.stops.length > 0 ? `stops (${wire.stops.length})` : name,
	);
	const bar = tabs(names, "beside the mirror", show);
	const details = h("div", { class: "jxp-grad-details", "aria-live": "polite" });
	const head = gradientHead(wire, {
		colour: (colouring) => rows.colour(colouring),
		openAll(isAll) {
			rows.openAll(isAll);
			tell();
		},
	});
	const titles = h(
		"div",
		{ class: "jxp-grad-titles", "aria-hidden": "true" },
		h("span", {}, "forward ↓"),
		h("span", {}, "kept →"),
		h("span", {}, "↑ backward"),
	);
	const body = h(
		"div",
		{ class: "jxp-grad-body" },
		h("div", { class: "jxp-grad-mirror" }, titles, rows.element),
		h("div", { class: "jxp-grad-beside" }, bar.element, panel),
	);
	const element = h(
		"div",
		{ class: "jxp-root jxp-grad", role: "group", "aria-label": wire.summary },
		head.element,
		body,
		details,
	);
	// As high as what it shows at first.
	const height = Math.min(TALLEST, Math.max(SHORTEST, mirror.shown.length * ROW_HEIGHT + 60));
	body.style.setProperty("--jxp-grad-height", `${height}px`);

	const made = new Map<string, HTMLElement>();
	function show(index: number): void {
		const [name, make] = panels[index] as (typeof panels)[number];
		const shown = made.get(name) ?? make();
		made.set(name, shown);
		bar.mark(index);
		panel.setAttribute("aria-labelledby", bar.tab(index).id);
		element.classList.toggle("jxp-grad-wide", name === "program");
		panel.replaceChildren(shown);
		text.refresh();
		rows.refresh();
	}

	function explored(open: Explore): HTMLElement {
		const holder = h("div", { class: "jxp-grad-explorer" });
		cleanup.add(open(holder));
		return holder;
	}

	function point(row: number): void {
		if (row === hovered) return;
		hovered = row;
		light();
	}

	/** `from`: where the reader chose it, which stays as it is. */
	function choose(row: number, from: "rows" | "source" | "table" | "keys"): void {
		selected = row;
		if (row >= 0) {
			if (from !== "rows") rows.reveal(row);
			if (from !== "source") text.reveal(spanOf(row));
		}
		light();
		tell();
	}

	function light(): void {
		rows.light(hovered, selected);
		text.mark(spanOf(hovered), spanOf(selected));
	}

	function spanOf(row: number): number {
		return row < 0 ? -1 : (wire.rows.span[row] ?? -1);
	}

	function tell(): void {
		if (selected >= 0) {
			details.replaceChildren(...rowDetails(mirror, source, selected, rows.edgesOf(selected)));
			return;
		}
		const hint =
			"Point at a row to see what it keeps and who reads it; click to hold it; ? for keys.";
		details.replaceChildren(h("span", { class: "jxp-grad-hint" }, hint));
	}

	function step(by: number): void {
		const place = selected < 0 ? (by > 0 ? -1 : mirror.shown.length) : mirror.place(selected);
		const next = mirror.shown[Math.max(0, Math.min(mirror.shown.length - 1, place + by))];
		if (next) choose(next.row, "keys");
	}

	function open(isOpen: boolean): void {
		if (selected < 0) return;
		if (mirror.holds(selected) && mirror.isOpen(selected) !== isOpen) rows.toggle(selected);
		else if (isOpen) step(1);
		else if (mirror.parent(selected) >= 0) choose(mirror.parent(selected), "keys");
		light();
		tell();
	}

	/** Of two rows that belong together, to the other one. */
	function partner(): void {
		const edge = rows.edgesOf(selected).find(({ source, target }) => source !== target);
		if (selected < 0 || !edge) return;
		const place = mirror.place(selected);
		const other = mirror.shown[edge.source === place ? edge.target : edge.source];
		if (other) choose(other.row, "keys");
	}

	const actions: Record<(typeof KEYS)[number]["action"], () => void> = {
		next: () => step(1),
		previous: () => step(-1),
		page: () => step(12),
		back: () => step(-12),
		first: () => step(-mirror.count),
		last: () => step(mirror.count),
		open: () => open(true),
		close: () => open(false),
		toggle() {
			rows.toggle(selected);
			light();
			tell();
		},
		partner,
		colour: () => head.switchColour(),
		help: () => head.toggleHelp(),
		clear: () => head.close() || choose(-1, "keys"),
	};
	cleanup.on(element, "keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const inTree = event.composedPath().includes(rows.element);
		const action = actionOf(event.key, inTree);
		if (!action) return;
		event.preventDefault();
		// The notebook must not move to another cell on keys meant for this view.
		event.stopPropagation();
		actions[action]();
	});
	cleanup.add(followTheme(element, () => {}));
	const sizes = new ResizeObserver(() => {
		rows.refresh();
		text.refresh();
	});
	sizes.observe(body);
	cleanup.add(() => sizes.disconnect());
	show(0);
	tell();
	requestAnimationFrame(() => {
		// A file's imports are not what the reader came for.
		text.reveal(wire.rows.span.find((span) => span >= 0) ?? -1);
		rows.refresh();
	});
	return {
		element,
		dispose() {
			cleanup.run();
			rows.dispose();
			text.dispose();
		},
	};
}
