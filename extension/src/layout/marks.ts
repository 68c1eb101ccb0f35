/** What a box says of what devices send there, and where beside it that stands. Pure. */

import type { Sending } from "../model/movemarks";
import type { Move, Side } from "../model/moves";
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

/** Marks of a box: above it on what it reads, inside it, below it on what it makes. */
export type Marks = Readonly<Record<Side, readonly Mark[]>>;

export const NO_MARKS: Marks = { above: [], inside: [], below: [] };

/** Between a box and a mark beside it: the line shows. */
const GAP = 6;
/** Between a mark inside a box and its border. */
const PAD = 4;

/** What is sent in a closed group is all inside of it. */
export function marksOf(sending: Sending, isClosed = false): Marks {
	if (sending.size === 0) return NO_MARKS;
	const at = (side: Side) => marksAt([...sending].filter(([move]) => move.side === side));
	if (isClosed) return { ...NO_MARKS, inside: marksAt([...sending]) };
	return { above: at("above"), inside: at("inside"), below: at("below") };
}

/** Room that marks take. */
export function roomOf(marks: Marks): Readonly<Record<Side, number>> {
	const room = (side: Side, gap: number) => (marks[side].length > 0 ? MARK_HEIGHT + gap : 0);
	return { above: room("above", GAP), inside: room("inside", PAD), below: room("below", GAP) };
}

/** Where the marks of a side begin, from the top of what is as high as a box with its marks. */
export function marksTop(marks: Marks, side: Side, height: number): number {
	if (side === "above") return 0;
	const below = side === "below" ? 0 : roomOf(marks).below + PAD;
	return height - below - MARK_HEIGHT;
}

/** Those between devices first. */
function marksAt(sending: readonly (readonly [Move, number])[]): Mark[] {
	const bytes = sending.reduce((sum, [, part]) => sum + part, 0);
	// A part is by size of what the equations make, which is close to what is sent of it.
	const isPart = sending.some(([move, part]) => !move.isHost && Math.abs(part - move.total) > 0.5);
	const amount = bytes > 0 ? ` · ${isPart ? "≈" : ""}${bytesText(bytes)}` : "";
	const moves = sending.map(([move]) => move);
	const between = moves.filter(({ isHost }) => !isHost);
	const host = moves.filter(({ isHost }) => isHost);
	return [...counted(between, false, amount), ...counted(host, true, "")];
}

/** The kinds by name where they are few; the last says how much is sent. */
function counted(moves: readonly Move[], isHost: boolean, amount: string): Mark[] {
	if (moves.length === 0) return [];
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

export function markWidth({ text }: Pick<Mark, "text">): number {
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
