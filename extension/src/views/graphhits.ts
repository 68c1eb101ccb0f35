/** What of an item is under a point: its sign to open it, a chip, a mark. Pure. */

import { CHIP_HEIGHT, type Chip, chipAt } from "../layout/chips";
import { MARK_HEIGHT, type Mark, markAt } from "../layout/marks";
import type { Item } from "../layout/scene";

/** A point on the plane of a scene. */
export interface Point {
	readonly x: number;
	readonly y: number;
}

export function chipUnder(item: Item | undefined, { x, y }: Point): Chip | null {
	if (!item || item.open || item.box.chips.length === 0) return null;
	const down = y - item.top;
	if (down < 3 || down > 4 + CHIP_HEIGHT) return null;
	return chipAt(item.box.chips, x - item.left - item.width / 2);
}

export function markUnder(item: Item | undefined, { x, y }: Point): Mark | null {
	if (!item || item.open || item.box.marks.length === 0) return null;
	const down = y - marksTop(item);
	if (down < -1 || down > MARK_HEIGHT + 1) return null;
	return markAt(item.box.marks, x - item.left - item.width / 2);
}

/** Where the marks of an item begin. */
export function marksTop({ top, height, box }: Item): number {
	return top + height - MARK_HEIGHT - (box.tail > 0 ? 0 : 4);
}

export function isOnGlyph({ left, top, box, open }: Item, { x, y }: Point): boolean {
	if (!box.canOpen) return false;
	const [right, down] = [x - left, y - top];
	const chips = box.chips.length > 0 && !open ? 18 : 0;
	return right >= 2 && right <= 22 && down >= 2 + chips && down <= 24 + chips;
}
