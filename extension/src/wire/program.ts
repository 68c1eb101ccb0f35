// Written by `make wire` from jaxplore/model/wire/columns.py; do not edit.

/** One number per row: a list as JSON has it, or an array of numbers as it was packed. */
export type Column = ArrayLike<number> & Iterable<number>;

/** A type that values share. */
export interface TypeWire {
	/** As JAX writes it: `f32[2,3]`. */
	readonly text: string;
	readonly shape: readonly (number | string)[];
	readonly dtype: string;
	readonly weak_type: boolean;
	readonly size_bytes: number;
	readonly sharding: string | null;
}

/** One row per value. */
export interface ValueColumns {
	/** Index into `strings`. */
	readonly name: Column;
	/** Index into `types`. */
	readonly type: Column;
	/** 0 input, 1 constant, 2 literal, 3 result. */
	readonly kind: Column;
}

/** One row per equation. */
export interface EquationColumns {
	/** Index into `strings`. */
	readonly primitive: Column;
	/** Index into the span columns; -1 for none. */
	readonly span: Column;
	/** Index into `strings` of the names joined by `/`. */
	readonly scope: Column;
	/** 0 forward, 1 backward. */
	readonly phase: Column;
	readonly region: Column;
	readonly flops: Column;
	readonly bytes: Column;
	/** Index into `strings`. */
	readonly parameters: Column;
	/** Index into the frame columns; -1 for none. */
	readonly frame: Column;
	/** Index into `strings`; `{0}` in it stands for the first input. */
	readonly meaning: Column;
	/** How many entries of `inputs` belong to each equation, in order. */
	readonly input_count: Column;
	/** Value indices of all equations, one after another. */
	readonly inputs: Column;
	readonly output_count: Column;
	readonly outputs: Column;
}

/** A program or a nested program. */
export interface RegionWire {
	readonly name: string;
	readonly kind: string;
	/** The equation it is nested in; -1 for the whole program. */
	readonly equation: number;
	readonly inputs: readonly number[];
	readonly constants: readonly number[];
	readonly outputs: readonly number[];
	/** How often one run of the program runs it; -1 where only a run can tell. */
	readonly runs: number;
}

/** One row per expression. Lines from 1, columns from 0, end exclusive. */
export interface SpanColumns {
	/** Index into `strings`. */
	readonly file: readonly number[];
	readonly line: readonly number[];
	readonly column: readonly number[];
	readonly end_line: readonly number[];
	readonly end_column: readonly number[];
	/** Index into `strings`. */
	readonly function: readonly number[];
}

/** One row per call on the way to an equation; callers before what they called. */
export interface FrameColumns {
	/** Index into the span columns. */
	readonly span: Column;
	/** Index into these columns; -1 for the outermost. */
	readonly caller: Column;
	/** 1 for a library's code, 0 for the user's. */
	readonly library: Column;
}

/** What XLA says the program costs. */
export interface EstimateWire {
	readonly flops: number | null;
	readonly bytes: number | null;
}

/** One row per group, parents before children; and where each equation belongs. */
export interface GroupColumns {
	/** Index into these columns; -1 for the whole program. */
	readonly parent: Column;
	/** 0 region, 1 scope, 2 function, 3 line, 4 repeat, 5 part. */
	readonly kind: Column;
	/** Index into `strings`. */
	readonly name: Column;
	/** The region that its equations stand in. */
	readonly region: Column;
	/** Index into the span columns; -1 for none. */
	readonly span: Column;
	/** Per equation, the innermost group that it stands in. */
	readonly leaf: Column;
	/** Equations so that every group is one run; empty when they are so already. */
	readonly order: Column;
}

/** Text of a cell or a file, whole or in part. */
export interface SourceWire {
	readonly file: string;
	readonly first_line: number;
	readonly text: string;
}

/** A stage's text; one row per link. Lines count from 1, ends are inclusive. */
export interface StageWire {
	readonly name: string;
	readonly text: string;
	readonly error: string | null;
	readonly first_line: Column;
	readonly last_line: Column;
	/** How many entries of `equations` belong to each link, in order. */
	readonly equation_count: Column;
	readonly equations: Column;
	readonly span_count: Column;
	readonly spans: Column;
}

/** A whole program. */
export interface ProgramWire {
	readonly format: string;
	readonly name: string;
	readonly argument_names: readonly string[];
	readonly strings: readonly string[];
	readonly types: readonly TypeWire[];
	readonly values: ValueColumns;
	readonly equations: EquationColumns;
	readonly regions: readonly RegionWire[];
	readonly spans: SpanColumns;
	readonly frames: FrameColumns;
	readonly groups: GroupColumns;
	readonly sources: readonly SourceWire[];
	readonly stages: readonly StageWire[];
	readonly xla_estimate: EstimateWire | null;
}
