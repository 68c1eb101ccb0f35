// Written by `make wire` from jaxplore/model/wire/passes.py; do not edit.

/** One row per pass that changed something, in order. */
export interface PassColumns {
	/** Index into `strings`, as are all texts. */
	readonly name: readonly number[];
	readonly words: readonly number[];
	readonly pipeline: readonly number[];
	/** Instructions before. */
	readonly before: readonly number[];
	readonly after: readonly number[];
	/** Lines. */
	readonly added: readonly number[];
	readonly removed: readonly number[];
}

/** One row per expression that no equation stands for. */
export interface PlaceColumns {
	/** Index into `strings`. */
	readonly file: readonly number[];
	readonly line: readonly number[];
	readonly column: readonly number[];
	readonly end_line: readonly number[];
	readonly end_column: readonly number[];
}

/** A text; one row per link. Lines count from 1, ends are inclusive. */
export interface TextWire {
	readonly name: string;
	readonly text: string;
	readonly error: string | null;
	/** How many lines were cut off at the end. */
	readonly left_out: number;
	readonly first_line: readonly number[];
	readonly last_line: readonly number[];
	/** How many entries of `equations` belong to each link, in order. */
	readonly equation_count: readonly number[];
	readonly equations: readonly number[];
	readonly span_count: readonly number[];
	/** Index into `places`. */
	readonly spans: readonly number[];
}

/** Everything that XLA did. */
export interface PassesWire {
	readonly format: string;
	readonly strings: readonly string[];
	readonly places: PlaceColumns;
	readonly passes: PassColumns;
	/** One per pass. */
	readonly diffs: readonly TextWire[];
	/** LLVM IR, and assembly or PTX: what there is of them. */
	readonly code: readonly TextWire[];
	readonly error: string | null;
	readonly seconds: number;
}
