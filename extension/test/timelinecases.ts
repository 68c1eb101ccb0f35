/** The timelines that pytest and vitest share. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TimelineWire } from "../src/wire/timeline";

export interface Case {
	readonly name: string;
	readonly wire: TimelineWire;
	readonly width: number;
	readonly most_boxes: number;
	readonly bars: readonly number[][];
	readonly stretches: readonly (number | boolean | null)[][];
	readonly starts: readonly number[];
	readonly boxes: readonly (number | number[])[][];
	readonly ticks: readonly (readonly [number, string])[];
}

export function timelineCases(): Case[] {
	const file = join(import.meta.dirname, "../../tests/records/timeline/cases.json");
	return JSON.parse(readFileSync(file, "utf8"));
}
