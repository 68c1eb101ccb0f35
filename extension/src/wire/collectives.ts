// Written by `make wire` from jaxplore/model/wire/collectives.py; do not edit.

/** One row per collective, in the order of the program. */
export interface CollectiveColumns {
	/** Index into `strings`, as are all texts. */
	readonly kind: readonly number[];
	readonly name: readonly number[];
	/** Line in the text of the stage `hlo`, from 1. */
	readonly line: readonly number[];
	readonly type: readonly number[];
	readonly group_size: readonly number[];
	/** The names joined by a comma; empty where its groups follow no axis. */
	readonly axes: readonly number[];
	/** -1 where only a run can tell. */
	readonly repeats: readonly number[];
	/** By each device in one run of it. */
	readonly sent_bytes: readonly number[];
	readonly cause: readonly number[];
	/** Where it lies: 0 at its places, 1 on what they make, 2 on what they read. */
	readonly side: readonly number[];
	readonly place_count: readonly number[];
	/** Those of its equations at which it is drawn. */
	readonly places: readonly number[];
	readonly explanation: readonly number[];
	readonly advice: readonly number[];
	/** Index into the program's spans; -1 for none. */
	readonly span: readonly number[];
	/** How many entries of `equations` belong to each row, in order. */
	readonly equation_count: readonly number[];
	readonly equations: readonly number[];
}

/** One row per transfer between a device and the host. */
export interface TransferColumns {
	readonly kind: readonly number[];
	readonly name: readonly number[];
	readonly line: readonly number[];
	readonly size_bytes: readonly number[];
	readonly repeats: readonly number[];
	readonly explanation: readonly number[];
	readonly advice: readonly number[];
	readonly span: readonly number[];
	readonly equation_count: readonly number[];
	readonly equations: readonly number[];
}

/** All that moves while a program runs. */
export interface CollectivesWire {
	readonly format: string;
	readonly strings: readonly string[];
	readonly devices: number;
	readonly rows: CollectiveColumns;
	readonly transfers: TransferColumns;
}
