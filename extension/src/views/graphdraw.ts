/** A scene -> pixels. Knows colours and what is lit, nothing of pointers or programs. */

import type { Label } from "../layout/labels";
import type { Item, Line, Scene } from "../layout/scene";
import type { Camera, Size } from "./camera";
import { box, ground, type Look, port, title } from "./graphboxes";
import { isInView, label, litLabel, stub, trace, type View } from "./graphlines";

export interface Palette {
	readonly background: string;
	readonly text: string;
	readonly quiet: string;
	readonly line: string;
	readonly box: string;
	readonly forward: string;
	readonly backward: string;
	readonly mark: string;
	readonly kept: string;
	readonly chip: string;
	readonly font: string;
}

export interface GraphPalette extends Palette {
	readonly surface: string;
	readonly warm: string;
	readonly move: string;
	readonly code: string;
}

/** Items and lines that stand out. */
export interface Lights {
	readonly hover: ReadonlySet<number>;
	readonly kept: ReadonlySet<number>;
	/** Values whose chips stand out. */
	readonly chips: ReadonlySet<number>;
	/** What devices send that stands out. */
	readonly moves: ReadonlySet<number>;
	readonly lines: ReadonlySet<number>;
	/** Where the keyboard is; -1 for nowhere. */
	readonly current: number;
	/** All that is asked for, if anything is: the rest is dimmed. */
	readonly only: ReadonlySet<number> | null;
	readonly onlyLines: ReadonlySet<number> | null;
}

/** Heat of the items that have any. */
export interface ItemHeat {
	share(item: number): number;
	strength(item: number): number;
}

export interface Drawing {
	readonly scene: Scene;
	readonly labels: readonly Label[];
	/** Of each open item. */
	readonly titles: ReadonlyMap<number, string>;
	readonly heat: ItemHeat | null;
}

/** Below these scales types and names are too small to read, and cost the most. */
const TYPES_READABLE = 0.62;
const READABLE = 0.4;

export function drawGraph(
	context: CanvasRenderingContext2D,
	size: Size & { readonly ratio: number },
	drawing: Drawing,
	camera: Camera,
	lights: Lights,
	palette: GraphPalette,
): void {
	const { width, height, ratio } = size;
	const { scene, labels, titles, heat } = drawing;
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.fillStyle = palette.background;
	context.fillRect(0, 0, width, height);
	context.translate(camera.x, camera.y);
	context.scale(camera.scale, camera.scale);
	const view: View = {
		left: -camera.x / camera.scale,
		top: -camera.y / camera.scale,
		right: (width - camera.x) / camera.scale,
		bottom: (height - camera.y) / camera.scale,
	};
	const isReadable = camera.scale >= READABLE;
	const isSeen = ({ left, top, width: w, height: h }: Item) =>
		top - 20 <= view.bottom &&
		top + h + 20 >= view.top &&
		left - 8 <= view.right &&
		left + w + 8 >= view.left;
	const look = (i: number): Look => ({
		isHovered: lights.hover.has(i),
		isKept: lights.kept.has(i),
		isCurrent: lights.current === i,
		isDimmed: lights.only !== null && !lights.only.has(i),
		lit: lights.chips,
		moves: lights.moves,
		share: heat ? heat.share(i) : -1,
		heat: heat ? heat.strength(i) : 0,
	});
	context.textAlign = "center";
	context.textBaseline = "middle";
	const seen: number[] = [];
	scene.items.forEach((item, i) => {
		if (isSeen(item)) seen.push(i);
	});
	for (const i of seen) {
		const item = scene.items[i] as Item;
		// A frame that holds what is asked for is not dimmed, only not marked.
		if (item.open) ground(context, item, palette, { ...look(i), isDimmed: false });
	}
	lines(context, scene, camera, lights, palette, view);
	for (const i of seen) {
		const item = scene.items[i] as Item;
		if (item.open) continue;
		const isPort = item.node.kind === "in" || item.node.kind === "out";
		(isPort ? port : box)(context, item, palette, look(i), isReadable);
	}
	for (const i of seen) {
		const words = titles.get(i);
		if (words !== undefined) title(context, scene.items[i] as Item, words, palette, isReadable);
	}
	if (camera.scale < TYPES_READABLE) return;
	context.globalAlpha = lights.only ? 0.4 : 1;
	for (const one of labels) {
		if (one.y < view.top || one.y > view.bottom || one.x < view.left || one.x > view.right)
			continue;
		label(context, one, palette);
	}
	context.globalAlpha = 1;
	if (lights.lines.size > 12) return;
	for (const i of lights.lines) {
		const line = scene.lines[i] as Line;
		if (isInView(line, view)) litLabel(context, line, palette);
	}
}

function lines(
	context: CanvasRenderingContext2D,
	scene: Scene,
	camera: Camera,
	lights: Lights,
	palette: GraphPalette,
	view: View,
): void {
	const thin = 1 / Math.min(1, camera.scale);
	context.lineWidth = thin;
	context.strokeStyle = palette.line;
	scene.lines.forEach((line, i) => {
		if (lights.lines.has(i) || lights.onlyLines?.has(i) || !isInView(line, view)) return;
		context.globalAlpha = lights.onlyLines ? 0.25 : 1;
		if (line.long) stub(context, scene, line);
		else trace(context, line);
	});
	context.globalAlpha = 1;
	context.lineWidth = 1.75 * thin;
	context.strokeStyle = palette.kept;
	for (const i of new Set([...(lights.onlyLines ?? []), ...lights.lines])) {
		const line = scene.lines[i] as Line;
		if (isInView(line, view)) trace(context, line);
	}
}
