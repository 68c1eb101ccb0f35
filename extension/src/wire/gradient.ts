/** Reads a gradient as jaxplore/views/gradient/wire.py writes it. */

import { brief, isRecord, PayloadError, VIEW_FORMAT } from "./payload";
import { decompressed } from "./unpack";

export const GRADIENT_FORMAT = "jaxplore.gradient/1";

/** In the order of `ROW_KINDS` in jaxplore/model/mirror/mirror.py. */
export const ROW_KINDS = [
	"inputs",
	"input",
	"constant",
	"scope",
	"function",
	"line",
	"repeat",
	"part",
	"loop",
	"branches",
	"branch",
	"call",
	"expression",
	"backward only",
	"result",
] as const;
export type RowKind = (typeof ROW_KINDS)[number];

type Column = readonly number[];

/** `"NaN"` and `"Infinity"` where JSON has no such number. */
export type Norm = number | string | null;

export interface GradientWire {
	readonly format: string;
	readonly name: string;
	readonly summary: string;
	readonly value: string;
	readonly residual_bytes: number;
	readonly strings: readonly string[];
	/** Those that are texts are indices into `strings`; parents come before what they hold. */
	readonly rows: {
		readonly kind: Column;
		readonly name: Column;
		readonly type: Column;
		/** What the backward pass does for it. */
		readonly said: Column;
		/** Its equations, one per line. */
		readonly forward: Column;
		readonly backward: Column;
		/** -1 for the outermost. */
		readonly parent: Column;
		/** The row after the last one that it holds. */
		readonly end: Column;
		/** -1 where only a run can tell. */
		readonly times: Column;
		readonly span: Column;
		readonly norm: readonly Norm[];
		readonly recomputed: Column;
		readonly has_gradient: Column;
		readonly stops: readonly (readonly number[])[];
	};
	readonly edges: {
		readonly source: Column;
		readonly target: Column;
		readonly residual: Column;
	};
	readonly residuals: readonly ResidualWire[];
	readonly more_residuals: number;
	readonly stops: readonly StopWire[];
	readonly layers: readonly LayerWire[];
	readonly inputs: readonly InputWire[];
	readonly spans: {
		readonly file: Column;
		readonly line: Column;
		readonly column: Column;
		readonly end_line: Column;
		readonly end_column: Column;
	};
	readonly sources: readonly {
		readonly file: string;
		readonly first_line: number;
		readonly text: string;
	}[];
	/** The rows that are open at first. */
	readonly open: readonly number[];
}

export interface ResidualWire {
	readonly name: string;
	readonly type: string;
	readonly size_bytes: number;
	readonly kind: "made" | "argument" | "constant";
	readonly times: number | null;
	readonly readers: number;
	readonly span: number;
}

export interface StopWire {
	readonly kind: string;
	readonly reason: string;
	readonly inputs: readonly string[];
	readonly span: number;
}

export interface LayerWire {
	readonly name: string;
	readonly parameter_norm: Norm;
	readonly gradient_norm: Norm;
	readonly cotangent_norm: Norm;
	readonly saturated: Norm;
}

export interface InputWire {
	readonly path: string;
	readonly norm: Norm;
	readonly value_norm: Norm;
	readonly is_reached: boolean;
}

/** The gradient in a payload, unpacked, once everything a view relies on has been checked. */
export async function readGradient(payload: unknown): Promise<GradientWire> {
	if (!isRecord(payload) || payload.format !== VIEW_FORMAT || payload.view !== "gradient") {
		const got = isRecord(payload) ? `${brief(payload.format)}, ${brief(payload.view)}` : "nothing";
		throw broken(got);
	}
	const { packed } = payload;
	const data = typeof packed === "string" ? await unpacked(packed) : payload.gradient;
	return checkGradient(data);
}

async function unpacked(packed: string): Promise<unknown> {
	try {
		return JSON.parse(new TextDecoder().decode(await decompressed(packed)));
	} catch {
		throw broken(`${packed.length.toLocaleString("en")} characters, cut short or changed`);
	}
}

function checkGradient(data: unknown): GradientWire {
	if (!isRecord(data) || data.format !== GRADIENT_FORMAT) {
		throw broken(isRecord(data) ? `format ${brief(data.format)}` : brief(data));
	}
	const wire = data as unknown as GradientWire;
	const { rows, edges, spans } = wire;
	const count = Array.isArray(rows?.kind) ? rows.kind.length : -1;
	const columns: readonly unknown[] = count < 0 ? [] : Object.values(rows);
	if (count < 0 || columns.some((one) => !Array.isArray(one) || one.length !== count)) {
		throw broken("rows of different lengths");
	}
	for (let row = 0; row < count; row++) {
		const [parent, end] = [rows.parent[row] as number, rows.end[row] as number];
		if (!(parent < row && end > row && end <= count)) throw broken("rows that do not nest");
	}
	if (!isRecord(edges) || edges.source.length !== edges.target.length) throw broken("half edges");
	if (!isRecord(spans) || !Array.isArray(wire.strings)) throw broken("no texts");
	for (const name of ["residuals", "stops", "layers", "inputs", "sources", "open"] as const) {
		if (!Array.isArray(wire[name])) throw broken(`no ${name}`);
	}
	return wire;
}

function broken(got: string): PayloadError {
	return new PayloadError(
		"Cannot show this gradient: its data is not as this view reads it.",
		got,
		"run the cell again with the installed jaxplore.",
	);
}
