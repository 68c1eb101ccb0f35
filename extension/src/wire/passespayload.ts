/** Reads what XLA did, from a payload or from a widget, and says clearly what is wrong. */

import type { PassesWire } from "./passes";
import { brief, isRecord, PayloadError } from "./payload";

export const PASSES_FORMAT = "jaxplore.passes/1";

const AGAIN = "run the cell again with the installed jaxplore.";

/** The passes inside `data`, unpacked and checked. */
export async function readPasses(data: unknown): Promise<PassesWire> {
	if (!isRecord(data) || data.format !== PASSES_FORMAT) {
		const got = isRecord(data) ? `format ${brief(data.format)}` : brief(data);
		throw new PayloadError("Cannot read these passes: they are of another format.", got, AGAIN);
	}
	return checkPasses(typeof data.gzip === "string" ? await unpack(data.gzip) : data);
}

async function unpack(base64: string): Promise<unknown> {
	try {
		const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
		const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
		return await new Response(stream).json();
	} catch (error) {
		throw new PayloadError("Cannot unpack these passes.", String(error), AGAIN);
	}
}

function checkPasses(data: unknown): PassesWire {
	const wire = data as PassesWire;
	const rows = isRecord(data) && isRecord(data.passes) ? wire.passes : null;
	const count = rows?.name?.length ?? -1;
	const columns = rows && [rows.words, rows.pipeline, rows.before, rows.after];
	const isWhole =
		columns?.every((column) => column?.length === count) &&
		Array.isArray(wire.strings) &&
		Array.isArray(wire.code) &&
		wire.diffs?.length === count &&
		[...wire.diffs, ...wire.code].every((text) => typeof text?.text === "string");
	if (isWhole) return wire;
	throw new PayloadError("Cannot read these passes: they are incomplete.", brief(data), AGAIN);
}
