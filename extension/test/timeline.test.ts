/** The browser lays a timeline out as Python does: tests/records/timeline/cases.json says how. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { timelineOf } from "../src/layout/timeline";
import { boxesOf, rounded, scaleOf, ticksOf, tickText, xOf } from "../src/layout/timelinescale";
import { durationText, pauseText, TimelineWords } from "../src/model/timelinewords";
import { checkTimeline, extend } from "../src/wire/timelinepayload";
import { type Case, timelineCases } from "./timelinecases";

describe.each(timelineCases().map((one): [string, Case] => [one.name, one]))("%s", (_, one) => {
	const wire = checkTimeline(one.wire);
	const timeline = timelineOf(wire.rows, wire.cells);
	const scale = scaleOf(timeline, one.width);

	test("has the bars, lanes and stretches of the record", () => {
		expect(timeline.bars.map((b) => [b.row, b.stage, b.at, b.end, b.lane])).toEqual(one.bars);
		const found = timeline.stretches.map((s) => [s.cell, s.at, s.end, s.since, s.cut, s.running]);
		expect(found).toEqual(one.stretches);
	});

	test("has the pixels of the record", () => {
		const boxes = boxesOf(timeline, scale, one.most_boxes);
		expect(boxes.map((b) => [b.lane, b.stage, b.x, b.width, b.bars])).toEqual(one.boxes);
		expect(ticksOf(timeline, scale).map(({ x, label }) => [x, label])).toEqual(one.ticks);
		expect(scale.starts.map(rounded)).toEqual(one.starts);
	});

	test("draws each bar once, and no two bars of a lane at one time", () => {
		const boxes = boxesOf(timeline, scale, Number.POSITIVE_INFINITY);
		const drawn = boxes.flatMap(({ bars }) => bars).sort((a, b) => a - b);
		expect(drawn).toEqual(timeline.bars.map((__, index) => index));
		const ends: number[] = [];
		for (const { lane, at, end } of timeline.bars) {
			expect(at).toBeGreaterThanOrEqual((ends[lane] ?? at) - 2);
			ends[lane] = end;
		}
	});

	test("draws in sight what it draws there in the whole", () => {
		const sight = { left: one.width / 3, right: one.width / 2 };
		const whole = boxesOf(timeline, scale, Number.POSITIVE_INFINITY);
		const part = boxesOf(timeline, scale, Number.POSITIVE_INFINITY, sight);
		const wide = whole.filter(
			(box) => box.bars.length === 1 && box.x > sight.left + 3 && box.x + box.width < sight.right,
		);
		for (const box of wide) expect(part).toContainEqual(box);
		const ticks = ticksOf(timeline, scale);
		const seen = ticks.filter(({ x }) => x >= sight.left && x <= sight.right);
		expect(ticksOf(timeline, scale, sight)).toEqual(seen);
	});
});

function session(): Case {
	return timelineCases().find(({ name }) => name === "session") as Case;
}

test("time only goes to the right", () => {
	const { wire, width } = session();
	const timeline = timelineOf(wire.rows, wire.cells);
	const scale = scaleOf(timeline, width);
	const edges = timeline.stretches.flatMap(({ at, end }) => [at, end - 1]);
	const places = edges.map((at) => xOf(timeline, scale, at));
	expect(places).toEqual([...places].sort((a, b) => a - b));
});

test("a timeline that came in parts is the one that came at once", () => {
	const { wire: all } = session();
	const whole = structuredClone(all);
	const cut = <T extends object>(table: T, first: number, last?: number) =>
		Object.fromEntries(
			Object.entries(table).map(([key, column]) => [key, column.slice(first, last)]),
		) as T;
	const grown = {
		...all,
		strings: all.strings.slice(0, 4),
		rows: cut(all.rows, 0, 2),
		cells: cut(all.cells, 0, 3),
	};
	const end = {
		...all,
		first_string: 4,
		first_row: 2,
		first_cell: 1,
		strings: all.strings.slice(4),
		rows: cut(all.rows, 2),
		cells: cut(all.cells, 1),
	};
	expect(extend(grown, { ...end, first_row: 3 })).toBe(false);
	expect(extend(grown, { ...end, start_s: 1 })).toBe(false);
	expect(grown.rows.function.length).toBe(2);
	expect([extend(grown, end), extend(grown, end)]).toEqual([true, true]);
	expect(grown).toEqual(whole);
});

test("a timeline that cannot be read says why", () => {
	const { wire } = session();
	const older = { ...wire, format: "jaxplore.timeline/0" };
	expect(() => checkTimeline(older)).toThrow(/another version of jaxplore.\nGot: format/);
	expect(() => checkTimeline(null)).toThrow(/^Cannot show this timeline/);
	const broken = { ...wire, rows: { ...wire.rows, cause: [] } };
	expect(() => checkTimeline(broken)).toThrow(/^Cannot read this timeline: it is incomplete/);
});

test("words", () => {
	const { wire } = session();
	const timeline = timelineOf(wire.rows, wire.cells);
	const words = new TimelineWords(wire, timeline);
	const step = timeline.bars.findIndex(({ row, stage }) => row === 2 && stage === 2);
	expect(words.brief([step])).toBe("train_step · XLA 600 ms · R01 first call");
	const ops = timeline.bars.flatMap(({ row, stage }, i) => (row > 5 && stage === 0 ? [i] : []));
	expect(words.brief(ops)).toBe("40 compiles · trace 12 ms · op0, op1, op2, ...");
	expect(words.details(2)).toEqual([
		"train_step: R01 first call",
		"trace 100 ms · lower 50 ms · XLA 600 ms · in cell 3",
		"Do: pad `x`",
	]);
	expect(words.details(1)[1]).toBe("trace 4 ms · lower 3 ms · XLA 20 ms · 3 equations · in cell 3");
	expect([0, 90, 1500, 250_000, 61_500_000].map(tickText)).toEqual([
		"0",
		"90 µs",
		"1.5 ms",
		"250 ms",
		"61.5 s",
	]);
	expect([400, 1_234_500, 12.34e6].map(durationText)).toEqual(["0.4 ms", "1,235 ms", "12.3 s"]);
	expect([1_400, 720e6, 9e9].map(pauseText)).toEqual(["1 ms", "12 min", "2.5 h"]);
});

test("the picture in Python and the one in the browser call the stages the same", () => {
	const source = join(import.meta.dirname, "../../jaxplore/views/compiles/timelinetext.py");
	expect(readFileSync(source, "utf8")).toContain(
		'"trace": "trace", "lower": "lower", "compile": "XLA"',
	);
});
