/** A small gradient, by hand: two inputs, a repeat of two turns, a stop, a result. */

import type { GradientWire } from "../src/wire/gradient";
import { ROW_KINDS, type RowKind } from "../src/wire/gradient";

interface Row {
	readonly kind: RowKind;
	readonly name: string;
	readonly parent?: number;
	readonly end: number;
	readonly span?: number;
	readonly norm?: number | string;
	readonly said?: string;
	readonly stops?: readonly number[];
	readonly times?: number;
	readonly recomputed?: number;
	readonly grey?: true;
}

const ROWS: readonly Row[] = [
	{ kind: "inputs", name: "2 inputs", end: 3, norm: 3, said: "largest" },
	{ kind: "input", name: "w", parent: 0, end: 2, norm: 3, said: "gradient" },
	{ kind: "input", name: "x", parent: 0, end: 3, grey: true, said: "not asked for" },
	{ kind: "repeat", name: "layer", end: 8, times: 2, norm: 0.1 },
	{ kind: "function", name: "layer", parent: 3, end: 6, norm: 0.01 },
	{
		kind: "expression",
		name: "x @ w",
		parent: 4,
		end: 6,
		span: 0,
		norm: 0.01,
		said: "dot_general",
	},
	{ kind: "function", name: "layer", parent: 3, end: 8, norm: 0.1 },
	{ kind: "expression", name: "x @ w", parent: 6, end: 8, span: 0, norm: 0.1, recomputed: 1 },
	{
		kind: "expression",
		name: "jnp.round(x)",
		end: 9,
		span: 1,
		grey: true,
		stops: [0],
		said: "round is flat",
	},
	{ kind: "expression", name: "x.sum()", end: 10, span: 2, norm: "NaN", said: "broadcast_in_dim" },
	{ kind: "result", name: "result of f", end: 11, norm: 1, said: "starts with 1" },
];

export function gradientWire(name = "f"): GradientWire {
	const strings: string[] = [];
	const text = (one: string) => {
		if (!strings.includes(one)) strings.push(one);
		return strings.indexOf(one);
	};
	const column = (read: (row: Row) => number) => ROWS.map(read);
	const rows = {
		kind: column(({ kind }) => ROW_KINDS.indexOf(kind)),
		name: column((row) => text(row.name)),
		type: column((row) => text(row.kind === "result" ? "" : "f32[4,4]")),
		said: column(({ said }) => text(said ?? "")),
		forward: column(({ span }) =>
			text(span === undefined ? "" : "dot_general(f32[4,4]) → f32[4,4]"),
		),
		backward: column(({ span }) =>
			text(span === undefined ? "" : "transpose(f32[4,4]) → f32[4,4]"),
		),
		parent: column(({ parent }) => parent ?? -1),
		end: column(({ end }) => end),
		times: column(({ times }) => times ?? 1),
		span: column(({ span }) => span ?? -1),
		norm: ROWS.map(({ norm }) => norm ?? null),
		recomputed: column(({ recomputed }) => recomputed ?? 0),
		has_gradient: column(({ grey }) => (grey ? 0 : 1)),
		stops: ROWS.map(({ stops }) => stops ?? []),
	};
	const residual = (name: string, size_bytes: number, kind: "made" | "argument", span: number) => ({
		...{ name, size_bytes, kind, span, type: "f32[4,4]", times: 1, readers: 1 },
	});
	const file = text("/home/me/a.py");
	return {
		format: "jaxplore.gradient/1",
		name,
		summary: `gradient of ${name}: value 2`,
		value: "2",
		residual_bytes: 3072,
		rows,
		edges: { source: [5, 5, 7, 1], target: [5, 7, 9, 5], residual: [0, 1, 2, 3] },
		residuals: [
			residual("x @ w", 1024, "made", 0),
			residual("x @ w", 1024, "made", 0),
			residual("x @ w", 1024, "made", 0),
			residual("w", 64, "argument", -1),
		],
		more_residuals: 0,
		stops: [{ kind: "piecewise constant", reason: "round is flat", inputs: ["w"], span: 1 }],
		layers: [],
		inputs: [{ path: "w", norm: 3, value_norm: 4, is_reached: true }],
		spans: {
			file: [file, file, file],
			line: [3, 4, 5],
			column: [8, 12, 11],
			end_line: [3, 4, 5],
			end_column: [13, 24, 18],
		},
		sources: [
			{
				file: "/home/me/a.py",
				first_line: 1,
				text: "def f(w, x):\n    for _ in range(2):\n    x = x @ w\n    y = 1 + jnp.round(x)\n    return x.sum()\n",
			},
		],
		open: [3, 4],
		strings,
	};
}

export function payload(wire = gradientWire()): Record<string, unknown> {
	return { format: "jaxplore.view/1", view: "gradient", gradient: wire };
}
