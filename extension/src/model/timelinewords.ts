/** What a reader is told about a bar of a timeline. Pure. */

import type { Bar, Timeline } from "../layout/timeline";
import type { TimelineWire } from "../wire/timeline";
import { countText } from "./words";

/** As people call the stages. */
export const STAGE_NAMES = ["trace", "lower", "XLA"] as const;

/** A duration: `143 ms`, `0.4 ms`, `12.3 s`. */
export function durationText(us: number): string {
	if (us >= 10e6) return `${(us / 1e6).toFixed(1)} s`;
	if (us >= 1e3) return `${Math.round(us / 1e3).toLocaleString("en")} ms`;
	return `${(us / 1e3).toFixed(1)} ms`;
}

/** How much time is left out: `12 min`. */
export function pauseText(us: number): string {
	const minutes = us / 60e6;
	if (minutes < 2) return durationText(us);
	return minutes < 120 ? `${minutes.toFixed(0)} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** What the columns of a timeline say, row by row. */
export class TimelineWords {
	constructor(
		private readonly wire: TimelineWire,
		private readonly timeline: Timeline,
	) {}

	function(row: number): string {
		return this.text("function", row);
	}

	/** `train_step · XLA 123 ms · R02 x: f32[2] -> f32[3]`, or what several bars have in common. */
	brief(indices: readonly number[]): string {
		const bars = indices.map((index) => this.timeline.bars[index] as Bar);
		const [first] = bars;
		if (!first) return "";
		const spent = bars.reduce((sum, bar) => sum + bar.end - bar.at, 0);
		const stage = `${STAGE_NAMES[first.stage]} ${durationText(spent)}`;
		if (bars.length === 1) {
			const parts = [this.function(first.row), stage, this.why(first.row)];
			return parts.filter(Boolean).join(" · ");
		}
		const names = [...new Set(bars.map((bar) => this.function(bar.row)))];
		const more = names.length > 3 ? ", ..." : "";
		const few = names.slice(0, 3).join(", ");
		return `${countText(bars.length, "compile")} · ${stage} · ${few}${more}`;
	}

	/** All that is known of a row: a line each. */
	details(row: number): string[] {
		const equations = this.wire.rows.equations[row] ?? null;
		const facts = [
			...this.stages(row),
			equations === null ? "" : countText(equations, "equation"),
			this.cell(row),
		];
		const site = this.text("call_site", row);
		const advice = this.text("advice", row);
		return [
			`${this.function(row)}: ${this.why(row)}`,
			facts.filter(Boolean).join(" · "),
			advice && `Do: ${advice}`,
			site && `At ${site}`,
		].filter(Boolean);
	}

	/** How long a stage took in all. */
	total(stage: number): string {
		const bars = this.timeline.bars.filter((bar) => bar.stage === stage);
		return durationText(bars.reduce((sum, bar) => sum + bar.end - bar.at, 0));
	}

	private stages(row: number): string[] {
		const mine = this.timeline.bars.filter((bar) => bar.row === row);
		return mine.map(({ stage, at, end }) => `${STAGE_NAMES[stage]} ${durationText(end - at)}`);
	}

	private cell(row: number): string {
		const first = this.timeline.bars.find((bar) => bar.row === row)?.at ?? Number.NaN;
		const stretch = this.timeline.stretches.findLast((one) => one.at <= first);
		return stretch && stretch.cell !== null ? `in cell ${stretch.cell}` : "";
	}

	private why(row: number): string {
		return `${this.text("cause", row)} ${this.text("explanation", row)}`.trim();
	}

	private text(
		column: "function" | "cause" | "explanation" | "advice" | "call_site",
		row: number,
	): string {
		return this.wire.strings[this.wire.rows[column][row] ?? -1] ?? "";
	}
}
