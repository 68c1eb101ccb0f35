/** A payload is read whole, or refused in three parts. */

import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { checkProgram, PayloadError, readPayload } from "../src/wire/payload";
import { sampleWire } from "./records";

const wire = sampleWire();
const good = { format: "jaxplore.view/1", view: "explorer" };

function packed(text: string): string {
	return gzipSync(text).toString("base64");
}

test("a plain and a packed program are the same program", async () => {
	const program_gzip = packed(JSON.stringify(wire));
	expect(await readPayload({ ...good, program: wire })).toEqual(wire);
	expect(await readPayload({ ...good, program_gzip })).toEqual(wire);
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
	["not base64", { ...good, program_gzip: "***" }, /Cannot unpack/],
	["not gzip", { ...good, program_gzip: btoa("hello") }, /Cannot unpack/],
	["not JSON", { ...good, program_gzip: packed("{") }, /Cannot unpack/],
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
