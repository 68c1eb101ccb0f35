/** Rows of a gradient open and close; edges follow; colours and places are as Python has them. */

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { Mirror } from "../src/model/mirror";
import { MirrorSource } from "../src/model/mirrorsource";
import { BROKEN, bars, normColour, normText } from "../src/model/norms";
import { readGradient } from "../src/wire/gradient";
import { gradientWire, payload } from "./gradientcase";

function seen(mirror: Mirror): string[] {
	return mirror.shown.map(({ row, depth, turn }) => {
		const name = mirror.text("name", row);
		return `${"  ".repeat(depth)}${turn ? `${turn}: ` : ""}${name}`;
	});
}

function edges(mirror: Mirror): string[] {
	return mirror.kept().map((kept) => `${kept.source}->${kept.target} ${kept.bytes}`);
}

test("rows are shown as far as their groups are open, turns with their numbers", () => {
	const mirror = new Mirror(gradientWire());
	expect(seen(mirror)).toEqual([
		"2 inputs",
		"layer",
		"  1: layer",
		"    x @ w",
		"  2: layer",
		"jnp.round(x)",
		"x.sum()",
		"result of f",
	]);
	mirror.toggle(3);
	expect(seen(mirror)).toEqual(["2 inputs", "layer", "jnp.round(x)", "x.sum()", "result of f"]);
	mirror.toggle(3);
	mirror.openAll(true);
	expect(mirror.shown).toHaveLength(11);
	mirror.openAll(false);
	expect(mirror.shown).toHaveLength(8);
});

test("a closed group stands for what it holds, and its edges are one", () => {
	const mirror = new Mirror(gradientWire());
	expect(edges(mirror)).toEqual(["3->3 1024", "3->4 1024", "4->6 1024", "0->3 64"]);
	mirror.toggle(3);
	expect(edges(mirror)).toEqual(["1->1 2048", "1->3 1024", "0->1 64"]);
	expect(mirror.place(5)).toBe(1);
	mirror.reveal(7);
	expect(mirror.place(7)).toBeGreaterThan(1);
	expect(seen(mirror)).toContain("    x @ w");
});

test("a group keeps what its rows make, each value once", () => {
	const mirror = new Mirror(gradientWire());
	expect([...mirror.bytes()].slice(3, 8)).toEqual([3072, 2048, 2048, 1024, 1024]);
	expect([0, 2, 3].map((residual) => mirror.maker(residual))).toEqual([5, 7, 1]);
});

test("an expression is found at its columns, the innermost first", () => {
	const source = new MirrorSource(gradientWire());
	const line = source.lines.findIndex(({ line }) => line === 3);
	expect(source.part(0, line)).toEqual({ from: 8, to: 13 });
	expect([7, 8, 12, 13].map((column) => source.spanAt(line, column))).toEqual([-1, 0, 0, -1]);
	expect(source.rows(0)).toEqual([5, 7]);
	expect(source.placeText(1)).toBe("a.py line 4");
	expect(source.placeText(-1)).toBe("");
});

test("norms have the colours that Python gives them", () => {
	expect([1e-9, 1, 1e9].map(normColour)).toEqual([
		"rgb(94, 60, 153)",
		"rgb(160, 166, 174)",
		"rgb(166, 60, 0)",
	]);
	expect([Number.NaN, Number.POSITIVE_INFINITY].map(normColour)).toEqual([BROKEN, BROKEN]);
	expect([0, null].map(normColour)).toEqual(["none", "none"]);
	expect([1e-5, 0.012345, 1, 12345, Number.NaN, null].map(normText)).toEqual([
		"1.00e-5",
		"0.0123",
		"1",
		"1.23e+4",
		"NaN",
		"",
	]);
	const share = bars([1, 0.1]);
	expect([share(1), share(0), share(Number.NaN)]).toEqual([1, 0, 1]);
	expect(share(0.1)).toBeCloseTo(0.767, 2);
});

test("a packed gradient is unpacked; what is none is refused in words", async () => {
	const wire = gradientWire();
	const packed = gzipSync(JSON.stringify(wire)).toString("base64");
	const head = { format: "jaxplore.view/1", view: "gradient" };
	expect(await readGradient({ ...head, packed })).toEqual(wire);
	const bad = { ...wire, rows: { ...wire.rows, end: [] } };
	const deep = { ...wire, rows: { ...wire.rows, parent: wire.rows.parent.map(() => 5) } };
	for (const data of [
		null,
		{ ...head, view: "explorer" },
		{ ...head, packed: "AAAA" },
		{ ...head, gradient: { format: "x" } },
		payload(bad),
		payload(deep),
		payload({ ...wire, spans: undefined as never }),
	]) {
		await expect(readGradient(data)).rejects.toThrow(/Cannot show this gradient/);
	}
});
