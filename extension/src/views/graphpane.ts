/** One region of the program as a graph: pan, zoom, open and close regions, link. */

import { type Graph, regionGraph } from "../layout/graph";
import { type Layout, layered } from "../layout/layered";
import type { Focus, Origin } from "../model/focus";
import type { Program } from "../model/program";
import { type Camera, firstView, turnedTo, wholeView, zoomed } from "./camera";
import { Cleanup, h } from "./dom";
import { drawGraph, type Lights } from "./graphdraw";
import type { Pane, PaneEvents } from "./pane";
import { readPalette } from "./theme";

const MOST = 4000;

export function graphPane(program: Program, events: PaneEvents): Pane {
	const canvas = h("canvas", {
		class: "jxp-canvas",
		tabindex: 0,
		role: "img",
		"aria-label": "graph of equations; arrow keys move the selection, Enter opens a nested program",
	});
	const crumbs = h("nav", { class: "jxp-crumbs", "aria-label": "open region" });
	const note = h("div", { class: "jxp-note" });
	const tools = h("div", { class: "jxp-tools" });
	const element = h("div", { class: "jxp-graph" }, canvas, crumbs, tools, note);
	// CPU raster: an emulated GPU is far slower at this than the CPU itself.
	const context = canvas.getContext("2d", { willReadFrequently: true });
	const cleanup = new Cleanup();

	let region = -1;
	let graph: Graph = { nodes: [], from: [], to: [], note: "" };
	let layout: Layout = layered([], [], []);
	let nodeOf = new Map<number, number>();
	let camera: Camera = { x: 0, y: 0, scale: 1 };
	let size = { width: 0, height: 0, ratio: 1 };
	let hover: Focus | null = null;
	let selected: Focus | null = null;
	let frame = 0;

	function open(next: number, around = -1): void {
		region = next;
		graph = regionGraph(program, region, { most: MOST, around });
		layout = layered(graph.nodes, graph.from, graph.to);
		nodeOf = new Map(graph.nodes.map((node, i) => [node.equation, i]));
		nodeOf.delete(-1);
		note.textContent = graph.note;
		note.hidden = graph.note === "";
		drawCrumbs();
		if (size.width > 0) lookAtTop();
	}

	function drawCrumbs(): void {
		const path: number[] = [];
		for (let at = region; at >= 0 && path.length < 64; at = parentOf(at)) path.unshift(at);
		crumbs.hidden = path.length < 2;
		const holder = program.wire.regions[region]?.equation ?? -1;
		// A cond has branches and a while two programs: each is one step away.
		const siblings = holder < 0 ? [region] : program.held().get(holder);
		crumbs.replaceChildren(
			...[...path.slice(0, -1), ...siblings].map((at) => {
				const number = siblings.length > 1 ? siblings.indexOf(at) + 1 : 0;
				const label = number > 0 ? `${regionName(at)} ${number}` : regionName(at);
				const button = h("button", { type: "button" }, label);
				if (number < 2) button.className = "jxp-step";
				if (at === region) button.setAttribute("aria-current", "true");
				button.addEventListener("click", () => open(at));
				return button;
			}),
		);
	}

	function parentOf(at: number): number {
		const holder = program.wire.regions[at]?.equation ?? -1;
		return holder < 0 ? -1 : (program.wire.equations.region[holder] ?? -1);
	}

	function regionName(at: number): string {
		const { name, kind, equation } = program.wire.regions[at] ?? {
			name: "",
			kind: "?",
			equation: -1,
		};
		if (equation < 0) return name || program.wire.name;
		const primitive = program.primitive(equation);
		return [primitive, name && name !== primitive ? name : kind].filter(Boolean).join(" ");
	}

	/** What the reader sees first: the selection, or the top. */
	function lookAtTop(): void {
		const node = lights().kept.values().next().value ?? Math.max(0, layout.layer.indexOf(0));
		camera = firstView(layout, size, layout.x[node] ?? 0);
		draw();
	}

	function lights(): Lights {
		return { hover: nodesOf(hover), kept: nodesOf(selected) };
	}

	/** A focus inside a closed region lights the box that holds it. */
	function nodesOf(focus: Focus | null): Set<number> {
		const nodes = new Set<number>();
		for (const equation of focus?.equations ?? []) {
			const node = nodeOf.get(program.seenFrom(region, equation));
			if (node !== undefined) nodes.add(node);
		}
		return nodes;
	}

	function draw(): void {
		cancelAnimationFrame(frame);
		frame = requestAnimationFrame(() => {
			if (!context || size.width === 0) return;
			drawGraph(context, size, graph, layout, camera, lights(), readPalette(element));
		});
	}

	function resize(): void {
		const { clientWidth: width, clientHeight: height } = element;
		if (width === 0 || height === 0) return;
		const ratio = globalThis.devicePixelRatio || 1;
		const isFirst = size.width === 0;
		if (width !== size.width || height !== size.height || ratio !== size.ratio) {
			size = { width, height, ratio };
			canvas.width = Math.round(width * ratio);
			canvas.height = Math.round(height * ratio);
		}
		if (region < 0) open(firstRegion(program), selected?.equations[0]);
		if (isFirst) lookAtTop();
		else draw();
	}

	function nodeAt(event: MouseEvent): number {
		const x = (event.offsetX - camera.x) / camera.scale;
		const y = (event.offsetY - camera.y) / camera.scale;
		return graph.nodes.findIndex(
			(node, i) =>
				y >= (layout.y[i] as number) &&
				y <= (layout.y[i] as number) + node.height &&
				Math.abs(x - (layout.x[i] as number)) <= node.width / 2,
		);
	}

	function originAt(event: MouseEvent): Origin | null {
		const equation = graph.nodes[nodeAt(event)]?.equation ?? -1;
		return equation < 0 ? null : { kind: "equation", equation };
	}

	function enter(equation: number): void {
		const held = program.held().get(equation)[0];
		if (held !== undefined) open(held);
	}

	function zoom(factor: number, x = size.width / 2, y = size.height / 2): void {
		camera = zoomed(camera, factor, x, y);
		draw();
	}

	function showAll(): void {
		camera = wholeView(layout, size);
		draw();
	}

	function leave(): void {
		const up = parentOf(region);
		if (up >= 0) open(up);
	}

	let drag: { x: number; y: number; moved: boolean } | null = null;
	cleanup.on(canvas, "pointerdown", (event) => {
		drag = { x: event.clientX, y: event.clientY, moved: false };
		canvas.setPointerCapture(event.pointerId);
	});
	cleanup.on(canvas, "pointermove", (event) => {
		if (!drag) {
			const origin = originAt(event);
			canvas.style.cursor = origin ? "pointer" : "grab";
			events.hover(origin);
			return;
		}
		const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
		if (!drag.moved && Math.hypot(dx, dy) < 4) return;
		drag = { x: event.clientX, y: event.clientY, moved: true };
		camera = { ...camera, x: camera.x + dx, y: camera.y + dy };
		draw();
	});
	cleanup.on(canvas, "pointerup", (event) => {
		if (drag && !drag.moved) events.select(originAt(event));
		drag = null;
	});
	cleanup.on(canvas, "pointercancel", () => {
		drag = null;
	});
	cleanup.on(canvas, "pointerleave", () => events.hover(null));
	cleanup.on(canvas, "dblclick", (event) => {
		const origin = originAt(event);
		if (origin?.kind === "equation") enter(origin.equation);
	});
	cleanup.on(
		canvas,
		"wheel",
		(event) => {
			// A notebook scrolls past the graph unless the reader means the graph.
			const root = canvas.getRootNode() as ShadowRoot;
			if (!event.ctrlKey && !event.metaKey && root.activeElement !== canvas) return;
			event.preventDefault();
			const step = event.deltaMode === 1 ? event.deltaY * 18 : event.deltaY;
			zoom(Math.exp(-Math.max(-120, Math.min(120, step)) / 300), event.offsetX, event.offsetY);
		},
		{ passive: false },
	);
	cleanup.on(canvas, "keydown", (event) => {
		const first = selected?.equations[0];
		const at = first === undefined ? -1 : program.seenFrom(region, first);
		// Enter on an equation that holds nothing goes on to the next tab.
		const canEnter = at >= 0 && program.held().count(at) > 0;
		const actions: Record<string, (() => void) | undefined> = {
			Enter: canEnter ? () => enter(at) : undefined,
			Backspace: leave,
			"+": () => zoom(1.25),
			"-": () => zoom(0.8),
			"0": showAll,
		};
		const action = actions[event.key];
		if (!action || event.ctrlKey || event.metaKey) return;
		action();
		event.preventDefault();
		event.stopPropagation();
	});
	const tool = (label: string, title: string, action: () => void) => {
		const button = h("button", { type: "button", title, "aria-label": title }, label);
		button.addEventListener("click", action);
		tools.append(button);
	};
	tool("+", "zoom in", () => zoom(1.25));
	tool("−", "zoom out", () => zoom(0.8));
	tool("fit", "show the whole graph", showAll);
	cleanup.add(() => cancelAnimationFrame(frame));

	return {
		name: "graph",
		element,
		show(nextHover, nextSelected) {
			hover = nextHover;
			selected = nextSelected;
			if (region >= 0) draw();
		},
		reveal(focus) {
			const first = focus.equations[0];
			if (region < 0 || first === undefined) return;
			if (![...nodesOf(focus)].length) {
				// A hover only looks; it takes a selection to leave the open region.
				if (focus !== selected) return;
				open(program.wire.equations.region[first] ?? 0, first);
			}
			const node = nodesOf(focus).values().next().value;
			if (node === undefined) return;
			camera = turnedTo(camera, size, layout.x[node] as number, layout.y[node] as number);
			draw();
		},
		resize,
		dispose: cleanup.run,
	};
}

/** A program that is nothing but one nested program opens at that one. */
function firstRegion(program: Program): number {
	let region = 0;
	for (let step = 0; step < program.wire.regions.length; step++) {
		const [only, ...others] = program.members().get(region);
		if (only === undefined || others.length > 0) return region;
		const [held, ...more] = program.held().get(only);
		if (held === undefined || more.length > 0) return region;
		region = held;
	}
	return region;
}
