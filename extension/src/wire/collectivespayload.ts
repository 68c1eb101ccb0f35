/** Reads what moves between devices from a payload; a program is shown without it, too. */

import type { CollectivesWire } from "./collectives";
import { isRecord } from "./payload";
import { decompressed } from "./unpack";

export const COLLECTIVES_FORMAT = "jaxplore.collectives/1";

/** What a payload says about collectives; null where it says nothing, or not all. */
export async function readCollectives(payload: unknown): Promise<CollectivesWire | null> {
	const data = isRecord(payload) ? payload.collectives : null;
	if (!isRecord(data) || data.format !== COLLECTIVES_FORMAT) return null;
	try {
		const whole = typeof data.gzip === "string" ? await unzipped(data.gzip) : data;
		return isWhole(whole) ? whole : null;
	} catch {
		return null;
	}
}

async function unzipped(base64: string): Promise<unknown> {
	return JSON.parse(new TextDecoder().decode(await decompressed(base64)));
}

function isWhole(data: unknown): data is CollectivesWire {
	if (!isRecord(data) || !Array.isArray(data.strings)) return false;
	return [data.rows, data.transfers].every((table) => {
		if (!isRecord(table)) return false;
		const { equations, places = [], ...columns } = table;
		const lengths = Object.values(columns).map((one) => (Array.isArray(one) ? one.length : -1));
		return (
			lengths.every((length) => length >= 0 && length === lengths[0]) &&
			adds(equations, columns.equation_count) &&
			adds(places, columns.place_count ?? [])
		);
	});
}

/** Whether lists that follow one another are as long as is said. */
function adds(flat: unknown, counts: unknown): boolean {
	if (!Array.isArray(flat) || !Array.isArray(counts)) return false;
	return counts.reduce((sum, count) => sum + count, 0) === flat.length;
}
