/** The programs that the tests run on: the sample and every golden record of the repository. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Program } from "../src/model/program";
import type { CollectivesWire } from "../src/wire/collectives";
import { checkProgram } from "../src/wire/payload";
import type { ProgramWire } from "../src/wire/program";

const HERE = import.meta.dirname;
const RECORDS = join(HERE, "../../tests/records");

function read(path: string): unknown {
	return JSON.parse(readFileSync(path, "utf8"));
}

export function sampleWire(): ProgramWire {
	return checkProgram(read(join(HERE, "../demo/sample.json")));
}

export function sample(): Program {
	return new Program(sampleWire());
}

/** A payload with what the devices of its program send, as Python wrote it. */
export function joinedPayload(): { program: ProgramWire; collectives: CollectivesWire } {
	return read(join(RECORDS, "collectives/joined.json")) as ReturnType<typeof joinedPayload>;
}

export function joined(): Program {
	const { program, collectives } = joinedPayload();
	return new Program(checkProgram(program), collectives);
}

/** Name and program of each record; records of other formats are not ours to read. */
export function records(): [string, Program][] {
	const names = existsSync(RECORDS) ? readdirSync(RECORDS).filter((n) => n.endsWith(".json")) : [];
	const found = names.flatMap((name): [string, Program][] => {
		const data = read(join(RECORDS, name)) as { format?: unknown };
		const isProgram = String(data?.format).startsWith("jaxplore.program/");
		return isProgram ? [[name, new Program(checkProgram(data))]] : [];
	});
	return [["sample.json", sample()], ...found];
}
