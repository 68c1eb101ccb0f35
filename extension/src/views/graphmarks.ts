/** What devices send, as marks in boxes and on the lines to and from them -> pixels. */

import { CHIP_GAP } from "../layout/chips";
import {
	MARK_HEIGHT,
	MARK_SIGN,
	type Mark,
	marksTop,
	marksWidth,
	markWidth,
} from "../layout/marks";
import type { Item } from "../layout/scene";
import { SIDES, type Side } from "../model/moves";
import type { Look } from "./graphboxes";
import type { GraphPalette } from "./graphdraw";
import { boxIn } from "./graphhits";

type Context = CanvasRenderingContext2D;

/** Round and filled between devices, square and hollow to the host: told without colour. */
export function marks(
	context: Context,
	item: Item,
	palette: GraphPalette,
	look: Look,
	isReadable: boolean,
): void {
	for (const side of SIDES) if (item.box.marks[side].length > 0) row(side);

	function row(side: Side): void {
		const list = item.box.marks[side];
		const middle = item.left + item.width / 2;
		const top = item.top + marksTop(item.box.marks, side, item.height);
		if (side !== "inside") {
			// What is sent is on the line between the mark and the box.
			const { top: first, height } = boxIn(item);
			context.strokeStyle = palette.move;
			context.lineWidth = 2;
			context.beginPath();
			context.moveTo(middle, side === "below" ? first + height : top + MARK_HEIGHT);
			context.lineTo(middle, side === "below" ? top : first);
			context.stroke();
		}
		let at = middle - marksWidth(list) / 2;
		for (const one of list) {
			mark(context, one, at, top, palette, look, isReadable);
			at += markWidth(one) + CHIP_GAP;
		}
	}
}

function mark(
	context: Context,
	{ text, isHost, moves }: Mark,
	left: number,
	top: number,
	palette: GraphPalette,
	look: Look,
	isReadable: boolean,
): void {
	const wide = markWidth({ text });
	const isLit = moves.some(({ index }) => look.moves.has(index));
	const fill = isLit ? palette.kept : isHost ? palette.background : palette.move;
	const ink = isHost && !isLit ? palette.text : palette.background;
	context.beginPath();
	context.roundRect(left, top, wide, MARK_HEIGHT, isHost ? 1 : MARK_HEIGHT / 2);
	context.fillStyle = fill;
	context.fill();
	context.lineWidth = 1.2;
	context.strokeStyle = isHost ? palette.text : fill;
	context.stroke();
	if (!isReadable) return;
	const middle = top + MARK_HEIGHT / 2;
	context.strokeStyle = ink;
	(isHost ? hostSign : sign)(context, left + 6, middle);
	context.font = `600 10px ${palette.font}`;
	context.fillStyle = ink;
	context.fillText(text, left + MARK_SIGN + (wide - MARK_SIGN - 7) / 2, middle + 0.5);
}

/** Two arrows that pass each other. */
function sign(context: Context, x: number, y: number): void {
	context.beginPath();
	for (const [from, to, down] of [
		[x, x + 8, -2.3],
		[x + 8, x, 2.3],
	] as const) {
		const head = to > from ? -2.2 : 2.2;
		context.moveTo(from, y + down);
		context.lineTo(to, y + down);
		context.moveTo(to + head, y + down - 2);
		context.lineTo(to, y + down);
		context.lineTo(to + head, y + down + 2);
	}
	context.stroke();
}

/** An arrow out of a tray. */
function hostSign(context: Context, x: number, y: number): void {
	context.beginPath();
	context.moveTo(x, y);
	context.lineTo(x, y + 4);
	context.lineTo(x + 8, y + 4);
	context.lineTo(x + 8, y);
	context.moveTo(x + 4, y + 1.5);
	context.lineTo(x + 4, y - 4.5);
	context.moveTo(x + 1.8, y - 2.3);
	context.lineTo(x + 4, y - 4.5);
	context.lineTo(x + 6.2, y - 2.3);
	context.stroke();
}
