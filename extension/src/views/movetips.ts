/** What is said of a mark when the pointer rests on it. Pure. */

import type { Mark } from "../layout/marks";
import type { Thing } from "../model/groups";
import { movesText, moveText, wholeText } from "../model/movewords";
import type { Program } from "../model/program";
import { bytesText } from "../model/words";

const SHOWN = 8;

/** `thing` is what the mark is drawn on. */
export function markTip(program: Program, thing: Thing, { moves }: Mark): string {
	const [move] = moves;
	if (!move || moves.length > 1) {
		const shown = moves.slice(0, SHOWN).map(moveText);
		const left = moves.length - shown.length;
		return [movesText(moves), ...shown, ...(left > 0 ? [`and ${left} more`] : [])].join("\n");
	}
	const bearers = program.moves?.bearers(move);
	const part = bearers?.get(thing) ?? 1;
	if (part === 1 || move.isHost) return wholeText(move);
	const own = bytesText(part * move.total);
	return `${wholeText(move)}\n${bearers?.size} equations share it; the part of this one is about ${own}`;
}
