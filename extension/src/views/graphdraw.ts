/** A placed graph -> pixels. Knows colours and lines, nothing of pointers or programs. */

import { CHIP_HEIGHT, chipWidth, type Graph, type GraphNode } from "../layout/graph";
import type { Layout, Route } from "../layout/layered";
import type { Camera } from "./camera";

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

/** Node indices that are lit. */
export interface Lights {
	readonly hover: ReadonlySet<number>;
	readonly kept: ReadonlySet<number>;
}

/** Below this scale labels are too small to read and cost the most. */
const READABLE = 0.42;

export function drawGraph(
	context: CanvasRenderingContext2D,
	size: { readonly width: number; readonly height: number; readonly ratio: number },
	graph: Graph,
	layout: Layout,
	camera: Camera,
	lights: Lights,
	palette: Palette,
): void {
	const { width, height, ratio } = size;
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.fillStyle = palette.background;
	context.fillRect(0, 0, width, height);
	context.translate(camera.x, camera.y);
	context.scale(camera.scale, camera.scale);
	const top = -camera.y / camera.scale;
	const bottom = (height - camera.y) / camera.scale;
	const left = -camera.x / camera.scale;
	const right = (width - camera.x) / camera.scale;
	const isLit = (node: number) => lights.hover.has(node) || lights.kept.has(node);
	const strong: Route[] = [];

	context.lineWidth = 1 / Math.min(1, camera.scale);
	context.strokeStyle = palette.line;
	for (const route of layout.routes) {
		if ((layout.y[route.to] as number) < top) continue;
		if ((layout.y[route.from] as number) > bottom) continue;
		if (isLit(route.from) || isLit(route.to)) strong.push(route);
		else if (route.long) stub(context, graph, layout, route);
		else trace(context, graph, layout, route);
	}
	context.lineWidth = 1.75 / Math.min(1, camera.scale);
	context.strokeStyle = palette.kept;
	for (const route of strong) trace(context, graph, layout, route);

	context.textAlign = "center";
	context.textBaseline = "middle";
	graph.nodes.forEach((node, i) => {
		const x = layout.x[i] as number;
		const y = layout.y[i] as number;
		if (y > bottom || y + node.height < top) return;
		if (x - node.width / 2 > right || x + node.width / 2 < left) return;
		box(context, node, x, y, palette, lights.hover.has(i), lights.kept.has(i));
		if (camera.scale >= READABLE) words(context, node, x, y, palette);
	});
}

function trace(
	context: CanvasRenderingContext2D,
	graph: Graph,
	layout: Layout,
	route: Route,
): void {
	let x = layout.x[route.from] as number;
	let y = (layout.y[route.from] as number) + (graph.nodes[route.from] as GraphNode).height;
	context.beginPath();
	context.moveTo(x, y);
	const step = (toX: number, toY: number) => {
		const bend = (toY - y) / 2;
		context.bezierCurveTo(x, y + bend, toX, toY - bend, toX, toY);
		x = toX;
		y = toY;
	};
	for (let i = 0; i < route.points.length; i += 2) {
		step(route.points[i] as number, route.points[i + 1] as number);
	}
	step(layout.x[route.to] as number, (layout.y[route.to] as number) - 1);
	context.stroke();
	const head = 4;
	context.beginPath();
	context.moveTo(x - head, y - head * 1.4);
	context.lineTo(x, y);
	context.lineTo(x + head, y - head * 1.4);
	context.stroke();
}

/** A long edge shows only its two ends; pointing at either box draws all of it. */
function stub(context: CanvasRenderingContext2D, graph: Graph, layout: Layout, route: Route): void {
	const from = graph.nodes[route.from] as GraphNode;
	const startX = (layout.x[route.from] as number) + from.width / 2 - 9;
	const startY = (layout.y[route.from] as number) + from.height;
	const to = graph.nodes[route.to] as GraphNode;
	const endX = (layout.x[route.to] as number) - to.width / 2 + 9;
	const endY = layout.y[route.to] as number;
	context.setLineDash([2, 2]);
	context.beginPath();
	context.moveTo(startX, startY);
	context.lineTo(startX, startY + 10);
	context.moveTo(endX, endY - 10);
	context.lineTo(endX, endY);
	context.stroke();
	context.setLineDash([]);
}

function box(
	context: CanvasRenderingContext2D,
	node: GraphNode,
	x: number,
	y: number,
	palette: Palette,
	isHovered: boolean,
	isKept: boolean,
): void {
	const left = x - node.width / 2;
	const round = node.kind === "equation" ? 5 : 15;
	const tint = node.backward ? palette.backward : palette.forward;
	context.beginPath();
	context.roundRect(left, y, node.width, node.height, round);
	context.fillStyle = palette.box;
	context.fill();
	if (node.kind === "equation") {
		context.fillStyle = tint;
		context.globalAlpha = 0.14;
		context.fill();
		context.globalAlpha = 1;
	}
	if (isHovered || isKept) {
		context.fillStyle = isKept ? palette.kept : palette.mark;
		context.globalAlpha = isKept ? 0.22 : 0.55;
		context.fill();
		context.globalAlpha = 1;
	}
	context.lineWidth = isKept ? 2.5 : isHovered ? 2 : 1;
	context.strokeStyle =
		isKept || isHovered ? palette.kept : node.kind === "equation" ? tint : palette.quiet;
	context.stroke();
	if (node.nested) {
		context.lineWidth = 1;
		context.beginPath();
		context.roundRect(left + 3, y + 3, node.width - 6, node.height - 6, round - 2);
		context.stroke();
	}
}

function words(
	context: CanvasRenderingContext2D,
	node: GraphNode,
	x: number,
	y: number,
	palette: Palette,
): void {
	let line = y + 12;
	if (node.chips.length > 0) {
		const total = node.chips.reduce((sum, chip) => sum + chipWidth(chip) + 4, -4);
		let at = x - total / 2;
		context.font = `10px ${palette.font}`;
		for (const chip of node.chips) {
			const width = chipWidth(chip);
			context.fillStyle = palette.chip;
			context.beginPath();
			context.roundRect(at, y + 4, width, CHIP_HEIGHT - 1, 7);
			context.fill();
			context.fillStyle = palette.quiet;
			context.fillText(chip, at + width / 2, y + 4 + CHIP_HEIGHT / 2);
			at += width + 4;
		}
		line += CHIP_HEIGHT + 3;
	}
	context.fillStyle = palette.text;
	context.font = `600 12px ${palette.font}`;
	context.fillText(node.label, x, line);
	context.fillStyle = palette.quiet;
	context.font = `11px ${palette.font}`;
	context.fillText(node.detail, x, line + 14);
}
