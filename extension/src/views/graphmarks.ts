/** What devices send, as marks on boxes and on the lines out of them -> pixels. */

import { CHIP_GAP } from "../layout/chips";
import { MARK_HEIGHT, MARK_SIGN, marksWidth, markWidth } from "../layout/marks";
import type { Item } from "../layout/scene";
import type { Look } from "./graphboxes";
import type { GraphPalette } from "./graphdraw";
import { marksTop } from "./graphhits";

type Context = CanvasRenderingContext2D;

/** Round and filled between devices, square and hollow to the host: told without colour. */
export function marks(
	context: Context,
	item: Item,
	palette: GraphPalette,
	look: Look,
	isReadable: boolean,
): void {
	const { left, width, box } = item;
	if (box.marks.length === 0) return;
	const top = marksTop(item);
	const middle = left + width / 2;
	if (box.tail > 0) {
		context.strokeStyle = palette.move;
		context.lineWidth = 2;
		context.beginPath();
		context.moveTo(middle, item.top + item.height - box.tail);
		context.lineTo(middle, top);
		context.stroke();
	}
	let at = middle - marksWidth(box.marks) / 2;
	context.font = `600 10px ${palette.font}`;
	for (const mark of box.marks) {
		const wide = markWidth(mark);
		const isLit = mark.moves.some(({ index }) => look.moves.has(index));
		const fill = isLit ? palette.kept : mark.isHost ? palette.background : palette.move;
		const ink = mark.isHost && !isLit ? palette.text : palette.background;
		context.beginPath();
		context.roundRect(at, top, wide, MARK_HEIGHT, mark.isHost ? 1 : MARK_HEIGHT / 2);
		context.fillStyle = fill;
		context.fill();
		context.lineWidth = 1.2;
		context.strokeStyle = mark.isHost ? palette.text : fill;
		context.stroke();
		if (isReadable) {
			context.strokeStyle = ink;
			(mark.isHost ? hostSign : sign)(context, at + 6, top + MARK_HEIGHT / 2);
			context.fillStyle = ink;
			const words = wide - MARK_SIGN - 7;
			context.fillText(mark.text, at + MARK_SIGN + words / 2, top + MARK_HEIGHT / 2 + 0.5);
		}
		at += wide + CHIP_GAP;
	}
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
