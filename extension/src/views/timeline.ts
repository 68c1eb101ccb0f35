/** The timeline that grows as cells run: zoom, pan, details of a bar, a selected compile. */

import { type Bar, STAGES, type Timeline, timelineOf } from "../layout/timeline";
import {
	type Box,
	boxesOf,
	type Scale,
	scaleOf,
	tickStep,
	tickText,
	xOf,
} from "../layout/timelinescale";
import { STAGE_NAMES, TimelineWords } from "../model/timelinewords";
import { countText } from "../model/words";
import type { TimelineWire } from "../wire/timeline";
import { Cleanup, h } from "./dom";
import { helpBox } from "./keys";
import { followTheme } from "./theme";
import { drawTimeline, heightOf, LEFT, type Picture, RIGHT } from "./timelinedraw";

/** More would be slow to draw; narrow bars are drawn together instead. */
const MOST_BOXES = 800;
/** So near that a microsecond is this wide. */
const NEAREST = 4;

export const TIMELINE_KEYS = [
	{ shown: "point, ← →", does: "details of a bar" },
	{ shown: "↑ ↓", does: "the stage before or after, of the same compile" },
	{ shown: "click, Enter", does: "select the compile" },
	{ shown: "Esc", does: "clear the selection" },
	{ shown: "Ctrl + wheel, + − 0", does: "zoom; 0 shows all of it" },
	{ shown: "drag, Shift + ← →", does: "move to the side" },
	{ shown: "Home, End", does: "the first or the last bar" },
	{ shown: "?", does: "show or hide this help" },
] as const;

export interface TimelineView {
	readonly element: HTMLElement;
	/** Draws what is there now. */
	update(wire: TimelineWire): void;
	select(row: number | null): void;
	dispose(): void;
}

/** `picked` is told which row the reader selected. */
export function timelineView(
	first: TimelineWire,
	picked: (row: number | null) => void,
): TimelineView {
	const cleanup = new Cleanup();
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	svg.setAttribute("tabindex", "0");
	svg.setAttribute("role", "group");
	svg.setAttribute("aria-label", "timeline of compiles; arrow keys go from bar to bar");
	const count = h("span", { class: "jxp-count" });
	const legend = h("div", { class: "jxp-legend", role: "group", "aria-label": "stages shown" });
	const details = h("div", { class: "jxp-details", role: "status" });
	const rule = h("span", { class: "jxp-rule" });
	const length = h("span");
	const ruler = h("div", { class: "jxp-ruler" }, length, " ", rule);
	const help = helpBox(TIMELINE_KEYS);
	const tools = h("div", { class: "jxp-zoom" });
	const element = h(
		"div",
		{ class: "jxp-root jxp-timeline" },
		h("div", { class: "jxp-header" }, count, legend, ruler, tools, help),
		svg,
		details,
	);

	let wire = first;
	let timeline: Timeline = timelineOf(wire.rows, wire.cells);
	let words = new TimelineWords(wire, timeline);
	const hidden = new Set<number>();
	let width = 0;
	let zoom = 1;
	let left = 0;
	let scale: Scale = scaleOf(timeline, 1);
	let boxes: readonly Box[] = [];
	let cursor = -1;
	let hover: Box | null = null;
	let selected: number | null = null;
	let frame = 0;

	const toggles = STAGE_NAMES.map((_, stage) => {
		const toggle = h("button", { type: "button", class: `jxp-stage-${STAGES[stage]}` });
		toggle.addEventListener("click", () => {
			if (!hidden.delete(stage)) hidden.add(stage);
			draw();
		});
		return toggle;
	});
	legend.append(...toggles);

	/** Changes the zoom and keeps what is drawn at `x` (from the left of the plot) there. */
	function zoomTo(next: number, x: number): void {
		const whole = scaleOf(timeline, width).perUs;
		const old = scale;
		const time = timeAt(left + x);
		zoom = Math.max(1, Math.min(next, Math.max(1, NEAREST / whole)));
		scale = scaleOf(timeline, width * zoom);
		left += xOf(timeline, scale, time) - xOf(timeline, old, time);
		draw();
	}

	/** The time that is drawn at `x` pixels of the whole; at a break the time after it. */
	function timeAt(x: number): number {
		const next = scale.starts.findIndex((start) => start > x);
		const index = (next < 0 ? scale.starts.length : next) - 1;
		const stretch = timeline.stretches[Math.max(0, index)];
		const start = scale.starts[Math.max(0, index)] ?? 0;
		return stretch ? Math.min(stretch.end - 1, stretch.at + (x - start) / scale.perUs) : 0;
	}

	function pan(by: number): void {
		left += by;
		draw();
	}

	function draw(): void {
		cancelAnimationFrame(frame);
		frame = requestAnimationFrame(drawNow);
	}

	function drawNow(): void {
		if (width <= 0) return;
		scale = scaleOf(timeline, width * zoom);
		left = Math.max(0, Math.min(left, width * (zoom - 1)));
		const sight = { left, right: left + width };
		boxes = boxesOf(timeline, scale, MOST_BOXES, sight);
		const picture: Picture = { timeline, words, scale, sight, boxes, hidden, cursor, selected };
		svg.setAttribute("height", String(heightOf(timeline)));
		svg.replaceChildren(...drawTimeline(picture));
		count.textContent = countText(wire.rows.function.length, "compile");
		ruler.hidden = timeline.bars.length === 0;
		length.textContent = tickText(tickStep(scale));
		rule.style.width = `${tickStep(scale) * scale.perUs}px`;
		toggles.forEach((toggle, stage) => {
			toggle.textContent = `${STAGE_NAMES[stage]} ${words.total(stage)}`;
			toggle.setAttribute("aria-pressed", String(!hidden.has(stage)));
		});
		tell();
	}

	/** The details of what is pointed at, else of where the keys are, else of the selection. */
	function tell(): void {
		const isFocused = (svg.getRootNode() as ShadowRoot).activeElement === svg;
		const at = isFocused && cursor >= 0 ? boxes.find(({ bars }) => bars.includes(cursor)) : null;
		const box = hover ?? at ?? null;
		const lines = box ? linesOf(box) : selected === null ? [] : words.details(selected);
		const empty = timeline.bars.length > 0 ? "Point at a bar." : "Nothing was compiled yet.";
		const shown = lines.length > 0 ? lines : [empty];
		details.replaceChildren(...shown.map((line) => h("div", {}, line)));
	}

	function linesOf({ bars }: Box): string[] {
		const bar = timeline.bars[bars[0] ?? -1];
		if (bars.length > 1) return [words.brief(bars), "Drawn together: zoom in to tell them apart."];
		return bar ? words.details(bar.row) : [];
	}

	function longestOf({ bars }: Box): number {
		const length = (index: number) => {
			const { at, end } = timeline.bars[index] as Bar;
			return end - at;
		};
		return bars.reduce((best, index) => (length(index) > length(best) ? index : best));
	}

	function pick(row: number | null): void {
		selected = row;
		picked(row);
		draw();
	}

	/** Puts the keys at a bar, and the bar into sight. */
	function goTo(bar: number): void {
		const found = timeline.bars[bar];
		if (!found) return;
		cursor = bar;
		hover = null;
		reveal(found);
		draw();
	}

	function reveal({ at, end }: Bar): void {
		const [x, right] = [xOf(timeline, scale, at), xOf(timeline, scale, end)];
		if (x >= left && Math.min(right, x + 20) <= left + width) return;
		left = x - width / 3;
	}

	/** The bar drawn before or after, bars drawn together being one. */
	function neighbour(by: 1 | -1): number {
		const all = boxesOf(timeline, scale, Number.POSITIVE_INFINITY);
		const shown = all.filter(({ stage }) => !hidden.has(stage));
		const here = shown.findIndex(({ bars }) => bars.includes(cursor));
		const next = shown[here < 0 ? (by > 0 ? 0 : shown.length - 1) : here + by];
		return next ? longestOf(next) : cursor;
	}

	/** The stage before or after of the same compile. */
	function otherStage(by: 1 | -1): number {
		const here = timeline.bars[cursor];
		if (!here) return neighbour(by);
		const stages = timeline.bars.flatMap((bar, index) =>
			bar.row === here.row && !hidden.has(bar.stage) ? [{ ...bar, index }] : [],
		);
		stages.sort((a, b) => a.stage - b.stage);
		const at = stages.findIndex(({ stage }) => stage === here.stage);
		return stages[at + by]?.index ?? cursor;
	}

	function edge(isFirst: boolean): number {
		const isShown = (bar: Bar) => !hidden.has(bar.stage);
		const find = isFirst ? timeline.bars.findIndex(isShown) : timeline.bars.findLastIndex(isShown);
		return find;
	}

	function toggleHelp(): void {
		help.hidden = !help.hidden;
		ask.setAttribute("aria-expanded", String(!help.hidden));
	}

	/** Where to zoom about by key: the bar the keys are at, or the middle. */
	function anchor(): number {
		const bar = timeline.bars[cursor];
		const x = bar ? xOf(timeline, scale, bar.at) - left : -1;
		return x >= 0 && x <= width ? x : width / 2;
	}

	function button(label: string, title: string, action: () => void): HTMLButtonElement {
		const made = h("button", { type: "button", title, "aria-label": title }, label);
		made.addEventListener("click", action);
		tools.append(made, " ");
		return made;
	}
	button("+", "zoom in", () => zoomTo(zoom * 1.5, anchor()));
	button("−", "zoom out", () => zoomTo(zoom / 1.5, anchor()));
	button("fit", "show all of it", () => zoomTo(1, 0));
	const ask = button("?", "keys", toggleHelp);
	ask.setAttribute("aria-expanded", "false");

	const boxOf = (event: Event): Box | null => {
		const index = (event.target as Element).getAttribute?.("data-box");
		return index === null || index === undefined ? null : (boxes[Number(index)] ?? null);
	};
	let drag: { x: number; moved: boolean } | null = null;
	cleanup.on(svg, "pointerdown", (event) => {
		if (event.button === 0) drag = { x: event.clientX, moved: false };
	});
	cleanup.on(svg, "pointermove", (event) => {
		const by = drag ? drag.x - event.clientX : 0;
		if (drag && (drag.moved || Math.abs(by) >= 4)) {
			if (!drag.moved) svg.setPointerCapture(event.pointerId);
			drag = { x: event.clientX, moved: true };
			pan(by);
			return;
		}
		hover = boxOf(event);
		tell();
	});
	cleanup.on(svg, "pointerup", (event) => {
		const box = boxOf(event);
		if (drag && !drag.moved) {
			if (box) cursor = longestOf(box);
			pick(box ? (timeline.bars[longestOf(box)]?.row ?? null) : null);
		}
		drag = null;
	});
	cleanup.on(svg, "pointercancel", () => {
		drag = null;
	});
	cleanup.on(svg, "pointerleave", () => {
		hover = null;
		tell();
	});
	cleanup.on(svg, "focus", tell);
	cleanup.on(svg, "blur", tell);
	cleanup.on(
		svg,
		"wheel",
		(event) => {
			const unit = event.deltaMode === 1 ? 18 : 1;
			const aside = event.shiftKey ? event.deltaY : event.deltaX;
			if (event.ctrlKey || event.metaKey) {
				const step = Math.max(-120, Math.min(120, event.deltaY * unit));
				const x = event.clientX - svg.getBoundingClientRect().left - LEFT;
				zoomTo(zoom * Math.exp(-step / 200), Math.max(0, Math.min(width, x)));
			} else if (zoom > 1 && aside !== 0) pan(aside * unit);
			// A notebook scrolls past the timeline unless the reader means the timeline.
			else return;
			event.preventDefault();
		},
		{ passive: false },
	);
	cleanup.on(element, "keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const isPlot = event.target === svg;
		const everywhere: Record<string, (() => void) | undefined> = {
			"+": () => zoomTo(zoom * 1.5, anchor()),
			"-": () => zoomTo(zoom / 1.5, anchor()),
			"0": () => zoomTo(1, 0),
			"?": toggleHelp,
			Escape: () => (help.hidden ? pick(null) : toggleHelp()),
		};
		const onPlot: Record<string, (() => void) | undefined> = {
			ArrowRight: () => (event.shiftKey ? pan(width / 4) : goTo(neighbour(1))),
			ArrowLeft: () => (event.shiftKey ? pan(-width / 4) : goTo(neighbour(-1))),
			ArrowDown: () => goTo(otherStage(1)),
			ArrowUp: () => goTo(otherStage(-1)),
			Home: () => goTo(edge(true)),
			End: () => goTo(edge(false)),
			Enter: () => pick(timeline.bars[cursor]?.row ?? null),
			" ": () => pick(timeline.bars[cursor]?.row ?? null),
		};
		const action = everywhere[event.key] ?? (isPlot ? onPlot[event.key] : undefined);
		if (!action) return;
		action();
		event.preventDefault();
		event.stopPropagation();
	});

	const sizes = new ResizeObserver(() => {
		const next = element.clientWidth - LEFT - RIGHT;
		if (next === width || next <= 0) return;
		width = next;
		draw();
	});
	sizes.observe(element);
	cleanup.add(() => sizes.disconnect());
	cleanup.add(() => cancelAnimationFrame(frame));
	cleanup.add(followTheme(element, () => {}));

	return {
		element,
		update(next) {
			// What the reader has zoomed in on stays where it is, at the same scale.
			const time = timeAt(left);
			const near = scale.perUs;
			wire = next;
			timeline = timelineOf(wire.rows, wire.cells);
			words = new TimelineWords(wire, timeline);
			cursor = timeline.bars[cursor] ? cursor : -1;
			hover = null;
			if (zoom > 1 && width > 0) {
				zoom = Math.max(1, (zoom * near) / scaleOf(timeline, width * zoom).perUs);
				left = xOf(timeline, scaleOf(timeline, width * zoom), time);
			}
			// What is selected before it is drawn is looked for at this scale.
			scale = scaleOf(timeline, width * zoom);
			draw();
		},
		select(row) {
			selected = row;
			const bar = timeline.bars.find((one) => one.row === row);
			if (bar && width > 0) reveal(bar);
			draw();
		},
		dispose: cleanup.run,
	};
}
