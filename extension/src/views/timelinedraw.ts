/** Draws the part of a timeline that is in sight, as SVG. Text only ever becomes text. */

import { STAGES, type Stretch, type Timeline } from "../layout/timeline";
import { type Box, type Scale, type Sight, ticksOf } from "../layout/timelinescale";
import { pauseText, STAGE_NAMES, type TimelineWords } from "../model/timelinewords";

export const LEFT = 46;
export const RIGHT = 10;
const TOP = 26;
const FOOT = 22;
const TRACK = 16;
const LANE_GAP = 8;
const LANE = 3 * TRACK + LANE_GAP;
/** Of the font at 10 px; a little more than the average. */
const LETTER = 5.8;

export interface Picture {
	readonly timeline: Timeline;
	readonly words: TimelineWords;
	readonly scale: Scale;
	/** What is in sight, in pixels of the whole. */
	readonly sight: Sight;
	readonly boxes: readonly Box[];
	/** Stages that are not drawn. */
	readonly hidden: ReadonlySet<number>;
	/** The bar that the keys are at; -1 for none. */
	readonly cursor: number;
	readonly selected: number | null;
}

type Attributes = Readonly<Record<string, string | number>>;

function s(tag: string, attributes: Attributes, ...children: (Node | string)[]): SVGElement {
	const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
	for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
	element.append(...children);
	return element;
}

export function heightOf(timeline: Timeline): number {
	return TOP + Math.max(1, timeline.lanes) * LANE + FOOT;
}

/** The picture's elements; a bar has `data-box`, its index into the boxes. */
export function drawTimeline(picture: Picture): SVGElement[] {
	const { timeline, sight } = picture;
	const height = heightOf(timeline);
	const inside = s(
		"g",
		{ transform: `translate(${1 - sight.left} 0)` },
		...ground(picture),
		...bars(picture),
		...axis(picture),
	);
	// A picture of its own cuts off what is out of sight. A clip path would be named by an
	// address, which means something else on pages with a base address, such as JupyterLab's.
	const width = sight.right - sight.left + 2;
	return [s("svg", { x: LEFT - 1, width, height }, inside), ...names(timeline)];
}

function ground(picture: Picture): SVGElement[] {
	const { timeline, scale, sight } = picture;
	const found: SVGElement[] = [];
	const bottom = TOP + Math.max(1, timeline.lanes) * LANE;
	const nameAt = namesOf(picture);
	timeline.stretches.forEach((stretch, index) => {
		const x = scale.starts[index] as number;
		const width = Math.max(1, (stretch.end - stretch.at) * scale.perUs);
		if (x + width < sight.left || x - scale.breakWidth > sight.right) return;
		const left = Math.max(x, sight.left - 20);
		const right = Math.min(x + width, sight.right + 20);
		found.push(
			s("rect", {
				class: "jxp-stretch",
				x: left,
				y: TOP - 4,
				width: right - left,
				height: bottom - TOP,
			}),
		);
		if (stretch.cut > 0 && scale.breakWidth >= 4) found.push(pause(stretch, scale, x, bottom));
		const at = nameAt.get(index);
		if (at !== undefined) found.push(s("text", { x: at, y: TOP - 10 }, cellName(stretch)));
	});
	return found;
}

/** Where the names of cells stand that have room for one; the longest in sight are asked first. */
function namesOf({ timeline, scale, sight }: Picture): Map<number, number> {
	const places = timeline.stretches.flatMap((stretch, index) => {
		const begin = scale.starts[index] as number;
		const end = begin + Math.max(1, (stretch.end - stretch.at) * scale.perUs);
		const before = timeline.stretches[index - 1];
		const isSameCell = stretch.since > 0 && before?.cell === stretch.cell;
		if (end < sight.left || begin > sight.right || (isSameCell && begin >= sight.left)) return [];
		// The cell whose begin is out of sight is named at the left edge.
		const left = Math.max(begin, sight.left);
		const right = left + LETTER * cellName(stretch).length + 8;
		return [{ index, left, right, length: Math.min(end, sight.right) - left }];
	});
	const named: typeof places = [];
	for (const place of places.sort((a, b) => b.length - a.length || a.index - b.index)) {
		if (named.every((other) => place.right <= other.left || place.left >= other.right))
			named.push(place);
	}
	return new Map(named.map(({ index, left }) => [index, left]));
}

function cellName({ cell, running }: Stretch): string {
	const name = cell === null ? "" : `cell ${cell}`; // a script has none
	return running ? `${name} …` : name;
}

function pause(stretch: Stretch, scale: Scale, x: number, bottom: number): SVGElement {
	const middle = x - scale.breakWidth / 2;
	const d = `M${middle - 3} ${bottom}l3 -8M${middle} ${bottom}l3 -8`;
	const said = `${pauseText(stretch.cut)} without a compile, not drawn`;
	return s("path", { class: "jxp-line", d }, s("title", {}, said));
}

function bars(picture: Picture): SVGElement[] {
	const { boxes, hidden, timeline, words, cursor, selected } = picture;
	const shapes: SVGElement[] = [];
	const labels: SVGElement[] = [];
	const marks: SVGElement[] = [];
	boxes.forEach((box, index) => {
		if (hidden.has(box.stage)) return;
		const y = TOP + box.lane * LANE + box.stage * TRACK;
		const place = { x: box.x, y, width: box.width, height: TRACK - 2 };
		const many = box.bars.length > 1 ? " jxp-many" : "";
		const kind = `jxp-stage-${STAGES[box.stage]}${many}`;
		shapes.push(s("rect", { class: kind, "data-box": index, ...place }));
		const label = labelOf(picture, box);
		if (label) labels.push(s("text", { class: "jxp-on", x: label.x, y: y + 10.5 }, label.text));
		const isSelected = box.bars.some((bar) => timeline.bars[bar]?.row === selected);
		const frame = { x: box.x - 1, y: y - 1, width: box.width + 2, height: TRACK };
		if (isSelected) marks.push(s("rect", { class: "jxp-picked", ...frame }));
		if (box.bars.includes(cursor)) marks.push(s("rect", { class: "jxp-cursor", ...frame }));
	});
	return [...shapes, ...labels, ...marks];

	function labelOf({ sight }: Picture, box: Box): { x: number; text: string } | null {
		const row = timeline.bars[box.bars[0] ?? -1]?.row ?? -1;
		// Of a bar that begins out of sight, the part in sight is named.
		const x = Math.max(box.x, sight.left) + 3;
		const room = Math.floor((Math.min(box.x + box.width, sight.right) - x - 3) / LETTER);
		if (box.bars.length > 1 || room < 3) return null;
		const name = words.function(row);
		return { x, text: name.length <= room ? name : `${name.slice(0, room - 1)}…` };
	}
}

function axis({ timeline, scale, sight }: Picture): SVGElement[] {
	const bottom = TOP + Math.max(1, timeline.lanes) * LANE - 4;
	const ticks = ticksOf(timeline, scale, sight);
	const d = ticks.map((tick) => `M${tick.x} ${bottom}v4`).join("");
	const labels: SVGElement[] = [];
	let free = Number.NEGATIVE_INFINITY;
	for (const { x, label } of ticks) {
		if (x < free) continue;
		labels.push(s("text", { x, y: bottom + 15 }, label));
		free = x + LETTER * label.length + 8;
	}
	return d ? [s("path", { class: "jxp-line", d }), ...labels] : [];
}

function names(timeline: Timeline): SVGElement[] {
	return Array.from({ length: Math.max(1, timeline.lanes) }, (_, lane) =>
		STAGE_NAMES.map((name, stage) => {
			const y = TOP + lane * LANE + stage * TRACK + 10.5;
			return s("text", { x: LEFT - 7, y, "text-anchor": "end" }, name);
		}),
	).flat();
}
