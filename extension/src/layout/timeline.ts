/**
 * When things were compiled, and where that is drawn. Pure.
 *
 * The rules are those of jaxplore/model/timeline.py and jaxplore/views/compiles/timelinelayout.py;
 * tests/records/timeline/cases.json holds both to them. Times are microseconds.
 */

import type { TimelineCells, TimelineRows } from "../wire/timeline";

export const STAGES = ["trace", "lower", "compile"] as const;
export type CompileStage = (typeof STAGES)[number];

/** One stage of one compile. Bars of one lane do not overlap. */
export interface Bar {
	readonly row: number;
	/** Index into `STAGES`. */
	readonly stage: number;
	readonly at: number;
	readonly end: number;
	readonly lane: number;
}

/** Time that is drawn: a run of a cell or a part of one, or a time outside all cells. */
export interface Stretch {
	readonly cell: number | null;
	readonly at: number;
	readonly end: number;
	/** How long the cell had been running when the stretch begins. */
	readonly since: number;
	/** How much time is left out before it. */
	readonly cut: number;
	readonly running: boolean;
}

export interface Timeline {
	readonly bars: readonly Bar[];
	readonly stretches: readonly Stretch[];
	readonly lanes: number;
}

const MOST_LANES = 16;
const LONG = 10_000_000;
const KEPT = 1_000_000;
const SAME = 2;
const NEVER = 2 ** 53;

interface Run {
	readonly cell: number;
	readonly at: number;
	readonly end: number;
}
type Span = readonly [at: number, end: number];

export function timelineOf(rows: TimelineRows, cells: TimelineCells): Timeline {
	const placed: Omit<Bar, "lane">[] = [];
	for (let row = 0; row < rows.function.length; row++) {
		STAGES.forEach((name, stage) => {
			const at = rows[`${name}_at_us`][row] ?? null;
			const end = rows[`${name}_end_us`][row] ?? null;
			if (at !== null && end !== null) placed.push({ row, stage, at, end });
		});
	}
	// Of bars that begin together the outermost is the longest.
	placed.sort((a, b) => a.at - b.at || b.end - a.end || a.row - b.row || a.stage - b.stage);
	const [bars, lanes] = inLanes(placed);
	return { bars, lanes, stretches: stretchesOf(busyTimes(bars), runsOf(cells)) };
}

/** For each bar its row's lane when that is free, or the first free one. */
function inLanes(placed: readonly Omit<Bar, "lane">[]): [Bar[], number] {
	const freeAt: number[] = [];
	const laneOf = new Map<number, number>();
	const bars = placed.map((bar) => {
		const isFree = (at: number | undefined) => at !== undefined && at <= bar.at + SAME;
		let lane = laneOf.get(bar.row) ?? -1;
		if (!isFree(freeAt[lane])) lane = freeAt.findIndex(isFree);
		if (lane < 0) lane = Math.min(freeAt.length, MOST_LANES - 1);
		freeAt[lane] = Math.max(freeAt[lane] ?? bar.end, bar.end);
		laneOf.set(bar.row, lane);
		return { ...bar, lane };
	});
	return [bars, freeAt.length];
}

/** The times in which something was compiled, apart from each other, in order. */
function busyTimes(bars: readonly Bar[]): Span[] {
	const times: Span[] = [];
	for (const { at, end } of bars) {
		const last = times.at(-1);
		if (last && at <= last[1]) times[times.length - 1] = [last[0], Math.max(last[1], end)];
		else times.push([at, end]);
	}
	return times;
}

/** Runs in order; each ends at the latest where the next begins. */
function runsOf(cells: TimelineCells): Run[] {
	const found = cells.number.map((cell, i) => ({
		cell,
		at: cells.at_us[i] as number,
		end: cells.end_us[i] ?? NEVER,
	}));
	found.sort((a, b) => a.at - b.at);
	return found.map((run, i) => ({ ...run, end: Math.min(run.end, found[i + 1]?.at ?? NEVER) }));
}

interface Group {
	readonly run: Run | null;
	readonly times: Span[];
}

/** Busy times, cut where runs begin and end: those of one run together. */
function groupsOf(busy: readonly Span[], runs: readonly Run[]): Group[] {
	const groups: Group[] = [];
	let index = 0;
	for (const [begin, end] of busy) {
		for (let at = begin; at < end; ) {
			while ((runs[index]?.end ?? NEVER) <= at) index++;
			const next = runs[index];
			const run = next && at >= next.at ? next : null;
			const stop = next ? Math.min(end, run ? next.end : next.at) : end;
			const last = groups.at(-1);
			if (last && last.run === run) last.times.push([at, stop]);
			else groups.push({ run, times: [[at, stop]] });
			at = stop;
		}
	}
	return groups;
}

/** What is drawn: the runs that compiled something and the times outside, pauses cut. */
function stretchesOf(busy: readonly Span[], runs: readonly Run[]): Stretch[] {
	const stretches: Stretch[] = [];
	for (const { run, times } of groupsOf(busy, runs)) {
		const at = run?.at ?? (times[0]?.[0] as number);
		const running = run?.end === NEVER;
		const end = run && !running ? run.end : (times.at(-1)?.[1] as number);
		for (const [start, stop] of withoutPauses(at, end, times)) {
			stretches.push({
				cell: run?.cell ?? null,
				at: start,
				end: stop,
				since: start - at,
				cut: start - (stretches.at(-1)?.end ?? start),
				running: running && stop === end,
			});
		}
	}
	return stretches;
}

/** The time from `begin` to `end` without the middle of each long pause. */
function withoutPauses(begin: number, end: number, times: readonly Span[]): Span[] {
	const found: Span[] = [];
	let from = begin;
	let idleSince = begin;
	for (const [at, stop] of [...times, [end, end] as const]) {
		if (at - idleSince > LONG) {
			found.push([from, idleSince + KEPT]);
			from = at - KEPT;
		}
		idleSince = stop;
	}
	found.push([from, end]);
	return found;
}
