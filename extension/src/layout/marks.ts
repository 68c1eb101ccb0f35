/** What a box says about what devices send there: one mark, or one per kind of a few. Pure. */

import type { Sending } from "../model/movemarks";
import type { Move } from "../model/moves";
import { countsOf, shortName } from "../model/movewords";
import { bytesText } from "../model/words";
import { CHIP_GAP } from "./chips";

export interface Mark {
	readonly text: string;
	readonly isHost: boolean;
	readonly moves: readonly Move[];
}

export const MARK_HEIGHT = 16;
/** Left of the words, for the sign. */
export const MARK_SIGN = 17;
const CHARACTER = 5.9;
const KINDS = 2;

/** Marks of a box, those between devices first. */
export function marksOf({ moves, bytes }: Sending): Mark[] {
	const between = moves.filter(({ isHost }) => !isHost);
	const host = moves.filter(({ isHost }) => isHost);
	return [...counted(between, false, bytes), ...counted(host, true, 0)];
}

/** The kinds by name where they are few; the last says how much is sent. */
function counted(moves: readonly Move[], isHost: boolean, bytes: number): Mark[] {
	if (moves.length === 0) return [];
	const amount = bytes > 0 ? ` · ${bytesText(bytes)}` : "";
	const counts = countsOf(moves);
	if (counts.length > KINDS) {
		const what = isHost ? "host transfers" : "collectives";
		return [{ text: `${moves.length} ${what}${amount}`, isHost, moves }];
	}
	return counts.map(([name, count], i) => {
		const own = moves.filter((move) => shortName(move) === name);
		const times = count > 1 ? ` ×${count.toLocaleString("en")}` : "";
		const last = i === counts.length - 1 ? amount : "";
		return { text: `${name}${times}${last}`, isHost, moves: own };
	});
}

export function markWidth({ text }: Mark): number {
	return text.length * CHARACTER + MARK_SIGN + 7;
}

export function marksWidth(marks: readonly Mark[]): number {
	return marks.reduce((sum, mark) => sum + markWidth(mark) + CHIP_GAP, -CHIP_GAP);
}

/** The mark at a distance from the middle of a row of marks; null between and beside them. */
export function markAt(marks: readonly Mark[], x: number): Mark | null {
	let left = -marksWidth(marks) / 2;
	for (const mark of marks) {
		const width = markWidth(mark);
		if (x >= left && x <= left + width) return mark;
		left += width + CHIP_GAP;
	}
	return null;
}
