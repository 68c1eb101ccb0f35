/** Reads what differs between two programs, as a host hands it over. */

import { brief, isRecord, PayloadError, readPayload, VIEW_FORMAT } from "./payload";
import type { ProgramWire } from "./program";

/** As `ProgramDiff.to_json` writes it. */
export interface DiffWire {
	readonly names: readonly [string, string];
	readonly summary: string;
	readonly highlights: readonly string[];
	/** `jaxpr`: rows are equations; else lines of that stage's text, from 0. */
	readonly stage: "jaxpr" | "stablehlo" | "hlo";
	/** Per row a sign: `=` the same, `~` changed, `+` added, `-` removed; both in order. */
	readonly rows: string;
	/** By row, what differs in words. */
	readonly changes: Readonly<Record<string, readonly string[]>>;
	readonly inputs: readonly ArgumentWire[];
	readonly outputs: readonly ArgumentWire[];
	readonly costs: readonly CostWire[];
}

export interface ArgumentWire {
	readonly kind: "same" | "changed" | "added" | "removed";
	readonly name: string;
	readonly before: string;
	readonly after: string;
}

export interface CostWire {
	readonly name: string;
	readonly in_bytes: boolean;
	readonly before: number | null;
	readonly after: number | null;
}

export interface Difference {
	readonly diff: DiffWire;
	readonly before: ProgramWire;
	readonly after: ProgramWire;
}

/** Both programs and their difference, once everything a view relies on has been checked. */
export async function readDiff(payload: unknown): Promise<Difference> {
	if (!isRecord(payload) || payload.format !== VIEW_FORMAT || payload.view !== "diff") {
		throw broken(
			isRecord(payload) ? `${brief(payload.format)}, ${brief(payload.view)}` : "nothing",
		);
	}
	const [before, after] = await Promise.all([
		readPayload(payload.before),
		readPayload(payload.after),
	]);
	const diff = payload.diff as DiffWire;
	if (!isRecord(diff) || typeof diff.rows !== "string" || !isRecord(diff.changes)) {
		throw broken("a difference without its rows");
	}
	return { diff, before, after };
}

function broken(got: string): PayloadError {
	return new PayloadError(
		"Cannot show this difference: its data is not as this view reads it.",
		got,
		"Run the cell again with the installed jaxplore.",
	);
}
