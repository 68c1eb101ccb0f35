/** What a scan's inputs are follows from their types, whatever JAX writes beside. */

import { expect, test } from "vitest";
import { scanParts } from "../src/model/scanparts";
import { records } from "./records";

test("consts, carry and rows add up to the inputs of every scan on record", () => {
	const found = records().flatMap(([name, program]) =>
		program.wire.regions.flatMap(({ equation }, region) => {
			if (equation < 0 || program.primitive(equation) !== "scan") return [];
			const { consts, carry } = scanParts(program, equation, region);
			const said = /num_consts=(\d+) num_carry=(\d+)/.exec(program.parameters(equation));
			return [[name, consts, carry, Number(said?.[1]), Number(said?.[2])]];
		}),
	);
	expect(found.length).toBeGreaterThan(1);
	for (const [, consts, carry, saidConsts, saidCarry] of found) {
		expect([consts, carry]).toEqual([saidConsts, saidCarry]);
	}
});
