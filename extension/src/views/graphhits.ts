/** What of an item is under a point: its sign to open it, a chip, a mark. Pure. */

import { CHIP_HEIGHT, type Chip, chipAt } from "../layout/chips";
import { MARK_HEIGHT, type Mark, markAt, marksTop, roomOf } from "../layout/marks";
import type { Item } from "../layout/scene";
import { SIDES } from "../model/moves";

/** A point on the plane of a scene. */
export interface Point {
	readonly x: number;
	readonly y: number;
}

/** An item without the marks above and below its box. */
export function boxIn(item: Item): Item {
	const { above, below } = roomOf(item.box.marks);
	if (above === 0 && below === 0) return item;
	return { ...item, top: item.top + above, height: item.height - above - below };
}

export function chipUnder(item: Item | undefined, { x, y }: Point): Chip | null {
	if (!item || item.open || item.box.chips.length === 0) return null;
	const down = y - boxIn(item).top;
	if (down < 3 || down > 4 + CHIP_HEIGHT) return null;
	return chipAt(item.box.chips, x - item.left - item.width / 2);
}

export function markUnder(item: Item | undefined, { x, y }: Point): Mark | null {
	if (!item || item.open) return null;
	const { marks } = item.box;
	for (const side of SIDES) {
		const down = y - item.top - marksTop(marks, side, item.height);
		if (marks[side].length === 0 || down < -1 || down > MARK_HEIGHT + 1) continue;
		return markAt(marks[side], x - item.left - item.width / 2);
	}
	return null;
}

export function isOnGlyph({ left, top, box, open }: Item, { x, y }: Point): boolean {
	if (!box.canOpen) return false;
	const [right, down] = [x - left, y - top];
	const chips = box.chips.length > 0 && !open ? 18 : 0;
	return right >= 2 && right <= 22 && down >= 2 + chips && down <= 24 + chips;
}
