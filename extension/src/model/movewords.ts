/** What devices send, in words. Pure. */

import type { Move, Moves } from "./moves";
import { bytesText, countText } from "./words";

/** What a mark calls it, where it is not called so already. */
const SHORT: Readonly<Record<string, string>> = {
	"all-gather": "gather",
	"collective-permute": "permute",
	"collective-broadcast": "broadcast",
	"ragged-all-to-all": "ragged all-to-all",
	memory: "memory copy",
	send: "to host",
	recv: "from host",
};

const TRANSFERS: Readonly<Record<string, string>> = {
	callback: "call into Python on the host",
	infeed: "infeed from the host",
	outfeed: "outfeed to the host",
	send: "sent to the host",
	recv: "received from the host",
	memory: "copied between the memories of device and host",
};

export function shortName({ kind }: Move): string {
	return SHORT[kind] ?? kind;
}

/** `all-reduce over data (4), 1.5 MiB sent per device`. */
export function moveText(move: Move): string {
	const name = move.isHost ? (TRANSFERS[move.kind] ?? move.kind) : move.kind;
	const among = amongText(move);
	return `${name}${among ? ` ${among}` : ""}${amountText(move)}`;
}

/** `over data (4)`: which devices take part together; empty for a transfer. */
export function amongText({ isHost, axes, groupSize }: Move): string {
	if (isHost) return "";
	return axes ? `over ${axes} (${groupSize})` : `in groups of ${groupSize}`;
}

/** How much, and how often; begins with a comma where there is anything to say. */
function amountText({ isHost, bytes, repeats }: Move): string {
	const by = isHost ? "" : " sent per device";
	const size = isHost && bytes === 0 ? "" : `, ${bytesText(bytes)}${by}`;
	if (repeats < 0) return `${size} each time its loop goes round`;
	return repeats > 1 ? `${size}, ${repeats.toLocaleString("en")} times` : size;
}

/** Who put it there. */
export function whoText(move: Move): string {
	return move.isHost || move.isAsked ? "asked for" : "XLA put in";
}

/** All there is to say: what, why, and what to do. */
export function wholeText(move: Move): string {
	const advice = move.advice ? `\ndo: ${move.advice}` : "";
	const why = move.explanation ? `\n${move.explanation}` : "";
	return `${whoText(move)}: ${moveText(move)}${why}${advice}`;
}

/** Several in a few words: `12 × all-reduce, 2 × gather, 4.6 MiB sent per device`. */
export function movesText(moves: readonly Move[]): string {
	const [only] = moves;
	if (only && moves.length === 1) return moveText(only);
	const sent = moves.reduce((sum, { isHost, total }) => sum + (isHost ? 0 : total), 0);
	const amount = sent > 0 ? [`${bytesText(sent)} sent per device`] : [];
	return [...countsOf(moves).map(([name, count]) => `${count} × ${name}`), ...amount].join(", ");
}

/** Short names with how many there are of each, the most first. */
export function countsOf(moves: readonly Move[]): [string, number][] {
	const counts = new Map<string, number>();
	for (const move of moves) counts.set(shortName(move), (counts.get(shortName(move)) ?? 0) + 1);
	return [...counts].sort((a, b) => b[1] - a[1]);
}

/** `8 devices: 14 collectives, 4.6 MiB sent by each; 1 host transfer`. */
export function overviewText({ rows, devices, sentBytes, isLeast }: Moves): string {
	const host = rows.filter(({ isHost }) => isHost).length;
	const least = isLeast ? "at least " : "";
	const between = `${countText(rows.length - host, "collective")}, ${least}${bytesText(sentBytes)} sent by each`;
	const transfers = host > 0 ? `; ${countText(host, "host transfer")}` : "";
	return `${countText(devices, "device")}: ${between}${transfers}`;
}
