/** Boxes, frames and ports of a graph -> pixels. */

import { CHIP_GAP, CHIP_HEIGHT, chipsWidth, chipWidth } from "../layout/chips";
import type { Item } from "../layout/scene";
import type { GraphPalette } from "./graphdraw";
import { boxIn } from "./graphhits";
import { marks } from "./graphmarks";

type Context = CanvasRenderingContext2D;

/** How an item stands out. */
export interface Look {
	readonly isHovered: boolean;
	readonly isKept: boolean;
	/** The keyboard is here. */
	readonly isCurrent: boolean;
	/** Others are what the reader asked for. */
	readonly isDimmed: boolean;
	/** Part of all the cost, or -1. */
	readonly share: number;
	/** Values whose chips are lit. */
	readonly lit: ReadonlySet<number>;
	/** What devices send that is lit. */
	readonly moves: ReadonlySet<number>;
	/** How strong its heat is, from 0 to 1. */
	readonly heat: number;
}

const FADED = 0.25;

/** The ground of an open thing. */
export function ground(context: Context, item: Item, palette: GraphPalette, look: Look): void {
	const { left, top, width, height } = item;
	context.globalAlpha = look.isDimmed ? FADED : 1;
	context.beginPath();
	context.roundRect(left, top, width, height, 8);
	context.fillStyle = item.depth % 2 === 0 ? palette.surface : palette.background;
	context.fill();
	tint(context, item, palette, 0.05);
	outline(context, item, palette, look);
	context.globalAlpha = 1;
}

/** Its title, over the lines. */
export function title(
	context: Context,
	item: Item,
	text: string,
	palette: GraphPalette,
	isReadable: boolean,
): void {
	const { left, top } = item;
	context.strokeStyle = palette.quiet;
	context.lineWidth = 1.3;
	glyph(context, left + 13, top + 14, true);
	if (!isReadable) return;
	context.textAlign = "left";
	context.font = `600 12px ${palette.font}`;
	context.globalAlpha = 0.85;
	context.fillStyle = palette.background;
	context.fillRect(left + 21, top + 6, context.measureText(text).width + 5, 15);
	context.globalAlpha = 1;
	context.fillStyle = palette.text;
	context.fillText(text, left + 23, top + 14);
	context.textAlign = "center";
}

/** − where it can be closed, + where it can be opened. */
function glyph(context: Context, x: number, y: number, isOpen: boolean): void {
	context.beginPath();
	context.roundRect(x - 5, y - 5, 10, 10, 2);
	context.moveTo(x - 2.5, y);
	context.lineTo(x + 2.5, y);
	if (!isOpen) {
		context.moveTo(x, y - 2.5);
		context.lineTo(x, y + 2.5);
	}
	context.stroke();
}

export function port(
	context: Context,
	item: Item,
	palette: GraphPalette,
	look: Look,
	isReadable: boolean,
): void {
	const { left, top, width, height, box } = item;
	context.globalAlpha = look.isDimmed ? FADED : 1;
	context.beginPath();
	context.roundRect(left, top, width, height, height / 2);
	context.fillStyle = box.label ? palette.chip : palette.line;
	if (look.isHovered || look.isKept) context.fillStyle = palette.kept;
	context.fill();
	if (box.label) {
		context.lineWidth = 1;
		context.strokeStyle = palette.quiet;
		context.stroke();
		if (isReadable) {
			context.fillStyle = look.isHovered || look.isKept ? palette.background : palette.text;
			context.font = `10px ${palette.font}`;
			context.fillText(box.label, left + width / 2, top + height / 2 + 0.5);
		}
	}
	context.globalAlpha = 1;
}

export function box(
	context: Context,
	whole: Item,
	palette: GraphPalette,
	look: Look,
	isReadable: boolean,
): void {
	const item = boxIn(whole);
	const { left, top, width, height, node, box: words } = item;
	const round = node.kind === "thing" ? 5 : height / 2;
	context.globalAlpha = look.isDimmed ? FADED : 1;
	if (words.isStack) {
		context.strokeStyle = palette.quiet;
		context.lineWidth = 1;
		for (const off of [6, 3]) {
			context.beginPath();
			context.roundRect(left + off, top + off, width, height, round);
			context.fillStyle = palette.background;
			context.fill();
			context.stroke();
		}
	}
	context.beginPath();
	context.roundRect(left, top, width, height, round);
	context.fillStyle = palette.background;
	context.fill();
	if (look.heat > 0) {
		context.fillStyle = palette.warm;
		context.globalAlpha *= 0.08 + 0.5 * look.heat;
		context.fill();
		context.globalAlpha = look.isDimmed ? FADED : 1;
	} else if (node.kind === "thing") tint(context, item, palette, words.canOpen ? 0.2 : 0.1);
	outline(context, item, palette, look);
	if (isReadable) write(context, item, palette, look);
	marks(context, whole, palette, look, isReadable);
	context.globalAlpha = 1;
}

/** Forward from the left, backward from the right, each as wide as its part. */
function tint(
	context: Context,
	{ left, top, width, height, box: words }: Item,
	palette: GraphPalette,
	strength: number,
): void {
	if (words.backward < 0) return;
	const before = context.globalAlpha;
	context.save();
	context.clip();
	context.globalAlpha = before * strength;
	const split = width * (1 - words.backward);
	context.fillStyle = palette.forward;
	context.fillRect(left, top, split, height);
	context.fillStyle = palette.backward;
	context.fillRect(left + split, top, width - split, height);
	context.restore();
}

function outline(context: Context, item: Item, palette: GraphPalette, look: Look): void {
	const { left, top, width, height, node, box: words } = item;
	const { isHovered, isKept, isCurrent } = look;
	if ((isHovered || isKept) && !item.open) {
		const before = context.globalAlpha;
		context.fillStyle = isKept ? palette.kept : palette.mark;
		context.globalAlpha = before * (isKept ? 0.22 : 0.6);
		context.fill();
		context.globalAlpha = before;
	}
	const own =
		words.backward > 0.5 ? palette.backward : words.backward >= 0 ? palette.forward : palette.quiet;
	context.lineWidth = isKept ? 2.5 : isHovered ? 2 : words.canOpen && !item.open ? 1.6 : 1;
	context.strokeStyle = isKept || isHovered ? palette.kept : own;
	// Backward is told by a dash as well: not everybody sees the colour.
	if (words.backward > 0.5 && !isKept && !isHovered) context.setLineDash([5, 2.5]);
	context.stroke();
	context.setLineDash([]);
	if (!isCurrent) return;
	context.beginPath();
	context.roundRect(
		left - 4,
		top - 4,
		width + 8,
		height + 8,
		node.kind === "thing" ? 8 : height / 2 + 4,
	);
	context.strokeStyle = palette.kept;
	context.lineWidth = 1.2;
	context.stroke();
}

function write(context: Context, item: Item, palette: GraphPalette, look: Look): void {
	const { left, top, width, box: words } = item;
	const x = left + width / 2;
	let y = top + 12.5;
	if (words.chips.length > 0) {
		let at = x - chipsWidth(words.chips) / 2;
		context.font = `10px ${palette.font}`;
		for (const { text, values } of words.chips) {
			const wide = chipWidth(text);
			const isLit = look.lit.size > 0 && values.some((value) => look.lit.has(value));
			context.fillStyle = isLit ? palette.kept : palette.chip;
			context.beginPath();
			context.roundRect(at, top + 4, wide, CHIP_HEIGHT - 1, 7);
			context.fill();
			context.fillStyle = isLit ? palette.background : palette.quiet;
			context.fillText(text, at + wide / 2, top + 4 + CHIP_HEIGHT / 2);
			at += wide + CHIP_GAP;
		}
		y += CHIP_HEIGHT + 3;
	}
	context.fillStyle = palette.text;
	context.font = `600 12px ${palette.font}`;
	context.fillText(words.label, words.canOpen ? x + 8 : x, y);
	if (words.canOpen) {
		context.strokeStyle = palette.quiet;
		context.lineWidth = 1.3;
		glyph(context, left + 11, y, false);
	}
	context.fillStyle = palette.quiet;
	context.font = `11px ${palette.font}`;
	if (words.detail) context.fillText(words.detail, x, y + 14);
	if (look.share < 0) return;
	context.textAlign = "right";
	context.font = `600 10px ${palette.font}`;
	context.fillStyle = palette.warm;
	context.fillText(percent(look.share), left + width, top - 6);
	context.textAlign = "center";
}

function percent(share: number): string {
	return share < 0.01 ? "<1%" : `${Math.round(share * 100)}%`;
}
