/** A timeline in pixels. Pure; the rules are those of jaxplore/views/compiles/timelinelayout.py. */

import type { Stretch, Timeline } from "./timeline";

const GRAIN = 2;
const BREAK = 10;
const BREAKS = 0.25;
const TICK = 64;

/** One scale for all stretches, and where each begins. */
export interface Scale {
	readonly perUs: number;
	readonly starts: readonly number[];
	/** Width of the mark where time is cut out. */
	readonly breakWidth: number;
}

/** A bar, or several that are too narrow to be drawn apart. */
export interface Box {
	readonly lane: number;
	readonly stage: number;
	readonly x: number;
	readonly width: number;
	/** Indices into the bars. */
	readonly bars: readonly number[];
}

export interface Tick {
	readonly x: number;
	readonly label: string;
}

/** What is in sight. */
export interface Sight {
	readonly left: number;
	readonly right: number;
}
export const ALL: Sight = { left: -Infinity, right: Infinity };

/** The scale at which all stretches and breaks fill `width`. */
export function scaleOf({ stretches }: Timeline, width: number): Scale {
	const breaks = stretches.filter((stretch) => stretch.cut > 0).length;
	const breakWidth = breaks > 0 ? Math.min(BREAK, (width * BREAKS) / breaks) : 0;
	const shown = stretches.reduce((sum, { at, end }) => sum + end - at, 0);
	const perUs = (width - breaks * breakWidth) / Math.max(1, shown);
	let x = 0;
	const starts = stretches.map(({ at, end, cut }) => {
		const start = cut > 0 ? x + breakWidth : x;
		x = start + (end - at) * perUs;
		return start;
	});
	return { perUs, starts, breakWidth };
}

/** Where a time is drawn. */
export function xOf({ stretches }: Timeline, scale: Scale, at: number): number {
	let [low, high] = [0, stretches.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((stretches[middle] as Stretch).at <= at) low = middle + 1;
		else high = middle;
	}
	const index = Math.max(0, low - 1);
	const stretch = stretches[index];
	if (!stretch) return 0;
	const inside = Math.min(at, stretch.end) - stretch.at;
	return (scale.starts[index] as number) + inside * scale.perUs;
}

/** What is drawn for the bars in sight: at most about `most` boxes, merged as needed. */
export function boxesOf(timeline: Timeline, scale: Scale, most: number, sight = ALL): Box[] {
	const places: (readonly [number, number])[] = timeline.bars.map(({ at, end }) => [
		xOf(timeline, scale, at),
		// A bar ends within its stretch, not at the begin of the next one.
		xOf(timeline, scale, end - 1) + scale.perUs,
	]);
	for (let grain = GRAIN; ; grain *= 2) {
		const groups = new Map<string, number[]>();
		timeline.bars.forEach(({ lane, stage }, index) => {
			const [x, right] = places[index] as readonly [number, number];
			if (right < sight.left || x > sight.right) return;
			const isNarrow = right - x < grain;
			const key = isNarrow ? `${lane} ${stage} ${Math.floor(x / grain)}` : `${index}`;
			const group = groups.get(key);
			if (group) group.push(index);
			else groups.set(key, [index]);
		});
		if (groups.size <= most || grain > 1e6) {
			return [...groups.values()].map((bars) => boxOf(timeline, places, bars));
		}
	}
}

function boxOf(
	timeline: Timeline,
	places: readonly (readonly [number, number])[],
	bars: readonly number[],
): Box {
	const first = bars[0] as number;
	let [x, right] = places[first] as readonly [number, number];
	for (const index of bars) {
		const [from, to] = places[index] as readonly [number, number];
		x = Math.min(x, from);
		right = Math.max(right, to);
	}
	const { lane = 0, stage = 0 } = timeline.bars[first] ?? {};
	return { lane, stage, x: rounded(x), width: rounded(Math.max(1, right - x)), bars };
}

/** The round time between two ticks: 1, 2 or 5 times a power of ten microseconds. */
export function tickStep(scale: Scale): number {
	for (let step = 1; ; step *= 10) {
		for (const factor of [1, 2, 5]) {
			if (step * factor * scale.perUs >= TICK || step >= 1e15) return step * factor;
		}
	}
}

/** The marks on the axis that are in sight, in order. */
export function ticksOf({ stretches }: Timeline, scale: Scale, sight = ALL): Tick[] {
	const step = tickStep(scale);
	const ticks: Tick[] = [];
	stretches.forEach(({ at, end, since }, index) => {
		const start = scale.starts[index] as number;
		const last = Math.min(since + end - at, since + (sight.right - start) / scale.perUs);
		const first = Math.max(since, since + (sight.left - start) / scale.perUs);
		for (let time = Math.ceil(first / step) * step; time <= last; time += step) {
			ticks.push({ x: rounded(start + (time - since) * scale.perUs), label: tickText(time) });
		}
	});
	return ticks;
}

/** A time on the axis: `1.5 ms`. */
export function tickText(us: number): string {
	if (us >= 1e6) return `${us / 1e6} s`;
	if (us >= 1e3) return `${us / 1e3} ms`;
	return us > 0 ? `${us} µs` : "0";
}

/** To a hundredth; halves go up, as in Python. */
export function rounded(pixels: number): number {
	return Math.floor(pixels * 100 + 0.5) / 100;
}
