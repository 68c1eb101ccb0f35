// Written by `make wire` from jaxplore/model/wire/timeline.py; do not edit.

/** One row per compile. Times are microseconds since `start_s`; null where unknown. */
export interface TimelineRows {
	/** Index into `strings`, as are all texts. */
	readonly function: readonly number[];
	readonly kind: readonly number[];
	readonly cause: readonly number[];
	readonly explanation: readonly number[];
	readonly advice: readonly number[];
	readonly call_site: readonly number[];
	readonly equations: readonly (number | null)[];
	readonly trace_at_us: readonly (number | null)[];
	readonly trace_end_us: readonly (number | null)[];
	readonly lower_at_us: readonly (number | null)[];
	readonly lower_end_us: readonly (number | null)[];
	readonly compile_at_us: readonly (number | null)[];
	readonly compile_end_us: readonly (number | null)[];
}

/** One row per run of a cell. */
export interface TimelineCells {
	readonly number: readonly number[];
	readonly at_us: readonly number[];
	/** Null while it runs. */
	readonly end_us: readonly (number | null)[];
}

/** A whole timeline, or the new end of one. */
export interface TimelineWire {
	readonly format: string;
	/** Seconds since 1970. */
	readonly start_s: number;
	/** How many earlier entries stay; those given here come after them. */
	readonly first_string: number;
	readonly first_row: number;
	readonly first_cell: number;
	readonly strings: readonly string[];
	readonly rows: TimelineRows;
	readonly cells: TimelineCells;
}
