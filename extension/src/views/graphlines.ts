/** Lines of a graph and the types beside them -> pixels. */

import { LABEL_HEIGHT, type Label } from "../layout/labels";
import type { Item, Line, Scene } from "../layout/scene";
import type { GraphPalette } from "./graphdraw";

type Context = CanvasRenderingContext2D;

/** A line from its start to its end, with its head. */
export function trace(context: Context, { points, back }: Line): void {
	let x = points[0] as number;
	let y = points[1] as number;
	context.beginPath();
	context.moveTo(x, y);
	for (let i = 2; i < points.length; i += 2) {
		const [toX, toY] = [points[i] as number, points[i + 1] as number];
		if (toX === x || toY === y) context.lineTo(toX, toY);
		else {
			const bend = (toY - y) / 2;
			context.bezierCurveTo(x, y + bend, toX, toY - bend, toX, toY);
		}
		x = toX;
		y = toY;
	}
	const head = back ? -4 : 4;
	context.moveTo(x - 3.5, y - head * 1.4);
	context.lineTo(x, y);
	context.lineTo(x + 3.5, y - head * 1.4);
	context.stroke();
}

/** The two ends of a line that spans too much to be drawn. */
export function stub(context: Context, scene: Scene, line: Line): void {
	const a = scene.items[line.from] as Item;
	const b = scene.items[line.to] as Item;
	context.setLineDash([2, 2]);
	context.beginPath();
	context.moveTo(a.left + a.width - 9, a.top + a.height);
	context.lineTo(a.left + a.width - 9, a.top + a.height + 10);
	context.moveTo(b.left + 9, b.top - 10);
	context.lineTo(b.left + 9, b.top);
	context.stroke();
	context.setLineDash([]);
}

export function label(context: Context, { text, x, y, width }: Label, palette: GraphPalette): void {
	context.globalAlpha = 0.85;
	context.fillStyle = palette.background;
	context.fillRect(x - width / 2, y - LABEL_HEIGHT / 2, width, LABEL_HEIGHT);
	context.globalAlpha = 1;
	context.fillStyle = palette.quiet;
	context.font = `10px ${palette.code}`;
	context.fillText(text, x, y);
}

/** What a lit line carries, in its middle. */
export function litLabel(context: Context, line: Line, palette: GraphPalette): void {
	const { points, text } = line;
	const half = 2 * Math.floor((points.length / 2 - 1) / 2);
	const x = ((points[half] as number) + (points[half + 2] as number)) / 2;
	const y = ((points[half + 1] as number) + (points[half + 3] as number)) / 2;
	const width = text.length * 5.7 + 10;
	context.fillStyle = palette.kept;
	context.beginPath();
	context.roundRect(x - width / 2, y - 8, width, 16, 4);
	context.fill();
	context.fillStyle = palette.background;
	context.font = `10px ${palette.code}`;
	context.fillText(text, x, y);
}

/** Whether any of a line may be inside a view. */
export function isInView(line: Line, view: View): boolean {
	let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
	for (let i = 0; i < line.points.length; i += 2) {
		const [x, y] = [line.points[i] as number, line.points[i + 1] as number];
		left = Math.min(left, x);
		right = Math.max(right, x);
		top = Math.min(top, y);
		bottom = Math.max(bottom, y);
	}
	return left <= view.right && right >= view.left && top <= view.bottom && bottom >= view.top;
}

export interface View {
	readonly left: number;
	readonly top: number;
	readonly right: number;
	readonly bottom: number;
}
