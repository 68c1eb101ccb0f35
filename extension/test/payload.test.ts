/** A payload is read whole, or refused in three parts. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { jaxprStage } from "../src/wire/jaxprtext";
import { checkProgram, PayloadError, readPayload } from "../src/wire/payload";
import { sampleWire } from "./records";

const wire = sampleWire();
const good = { format: "jaxplore.view/1", view: "explorer" };
const RECORDS = join(import.meta.dirname, "../../tests/records");
const PACKED = readdirSync(join(RECORDS, "packed")).map((name) => name.replace(/\.txt$/, ""));

function packedRecord(name: string): string {
	return readFileSync(join(RECORDS, "packed", `${name}.txt`), "utf8").trim();
}

/** A packed record with its bytes changed before they were compressed. */
function damaged(change: (raw: Buffer) => Buffer): string {
	const raw = gunzipSync(Buffer.from(packedRecord("control_flow"), "base64"));
	return gzipSync(change(raw)).toString("base64");
}

/** As JSON has it: arrays of numbers are lists. */
function plain(value: unknown): unknown {
	const list = (_: string, part: unknown) =>
		ArrayBuffer.isView(part) ? Array.from(part as unknown as Iterable<number>) : part;
	return JSON.parse(JSON.stringify(value, list));
}

test("a plain program is read as it is", async () => {
	expect(await readPayload({ ...good, program: wire })).toEqual(wire);
});

test.each(PACKED)("%s as Python packed it is the record that Python wrote", async (name) => {
	const record = JSON.parse(readFileSync(join(RECORDS, `${name}.json`), "utf8"));
	const read = await readPayload({ ...good, packed: packedRecord(name) });
	expect(plain(read)).toEqual(record);
});

test("the text of a jaxpr is written as Python wrote it, empty branches too", () => {
	expect(
		wire.regions.some((_, region) => !Array.from(wire.equations.region).includes(region)),
	).toBe(true);
	expect(plain(jaxprStage(wire))).toEqual(wire.stages[0]);
});

test("there are packed records", () => {
	expect(PACKED).toEqual(["control_flow", "mlp_gradient", "square"]);
});

test.each([
	["nothing", undefined, /data is missing/],
	["a list", [], /data is missing/],
	[
		"another format",
		{ ...good, format: "jaxplore.view/2" },
		/another version.*\nGot: format "jaxplore.view\/2"/,
	],
	["another view", { ...good, view: "timeline" }, /view is unknown/],
	["no program", good, /there is none/],
	["not base64", { ...good, packed: "***" }, /Cannot unpack/],
	["not gzip", { ...good, packed: btoa("hello") }, /Cannot unpack/],
	["cut off", { ...good, packed: packedRecord("square").slice(0, 400) }, /Cannot unpack/],
	["no head", { ...good, packed: damaged(() => Buffer.from("abcd")) }, /Cannot unpack/],
	["nothing", { ...good, packed: damaged(() => Buffer.from("")) }, /Cannot unpack/],
	["too short", { ...good, packed: damaged((raw) => raw.subarray(0, -9)) }, /Cannot unpack/],
	["too long", { ...good, packed: damaged((raw) => Buffer.concat([raw, raw])) }, /Cannot unpack/],
	[
		"packed by another version",
		{
			...good,
			packed: damaged((raw) =>
				Buffer.from(raw.toString("latin1").replace("packed/1", "packed/9"), "latin1"),
			),
		},
		/Cannot unpack.*\nGot: .*jaxplore.packed\/9/,
	],
	["another program", { ...good, program: { format: "x" } }, /another format/],
])("%s is refused", async (_, payload, message) => {
	const error = await readPayload(payload).catch((reason: unknown) => reason);
	expect(error).toBeInstanceOf(PayloadError);
	expect(String((error as Error).message)).toMatch(message);
	expect((error as Error).message.split("\n").length).toBe(3);
});

test.each([
	["a short column", { equations: { ...wire.equations, phase: [] } }, "equations.phase"],
	["wrong counts", { equations: { ...wire.equations, inputs: [0] } }, "equations.inputs"],
	["no regions", { regions: [] }, "regions"],
	["no spans", { spans: null }, "spans"],
	["a stage without text", { stages: [{ name: "hlo" }] }, 'stages["hlo"].text'],
])("%s is named", (_, change, where) => {
	expect(() => checkProgram({ ...wire, ...change })).toThrow(`Got: a broken ${where}.`);
});
