/** The program as a graph that opens in place: pan, zoom, open and close, light, search. */

import type { Chip } from "../layout/chips";
import type { Mark } from "../layout/marks";
import { bare, nextLevel } from "../layout/opening";
import { itemAt, middleOf, nextTo } from "../layout/paths";
import type { Item, Scene } from "../layout/scene";
import type { Focus } from "../model/focus";
import type { Thing } from "../model/groups";
import { MOST_THINGS, thingsWith } from "../model/groupsearch";
import { type Heat, strength } from "../model/heat";
import type { Program } from "../model/program";
import { type Camera, centredOn, firstView, fitting, turnedTo, wholeView, zoomed } from "./camera";
import { Cleanup, h } from "./dom";
import { drawGraph, type GraphPalette, type ItemHeat } from "./graphdraw";
import { chipUnder, isOnGlyph, markUnder, type Point } from "./graphhits";
import { GraphLights } from "./graphlights";
import { GraphOrigins } from "./graphorigins";
import { followPointer } from "./graphpointer";
import { GraphState } from "./graphstate";
import { graphTools } from "./graphtools";
import { minimap } from "./minimap";
import { legend } from "./movelegend";
import { markTip } from "./movetips";
import type { Found, Pane, PaneEvents } from "./pane";
import { readPalette } from "./theme";

/** A first picture is not smaller than this. */
const FIRST_SCALE = 0.55;
/** Most boxes after opening all that is in sight. */
const MOST_SEEN = 400;
/** A thing with more in it is not opened just to show a selection. */
const CHEAP = 300;

export function graphPane(program: Program, events: PaneEvents): Pane {
	const canvas = h("canvas", {
		class: "jxp-canvas",
		tabindex: 0,
		role: "img",
		"aria-label": "graph of the program; arrow keys move along its edges, Enter opens and closes",
	});
	// CPU raster: an emulated GPU is far slower at this than the CPU itself.
	const context = canvas.getContext("2d", { willReadFrequently: true });
	const cleanup = new Cleanup();
	const state = new GraphState(program);
	const { groups } = state;
	const origins = new GraphOrigins(state.levels.flow);
	const lights = new GraphLights(state);
	const map = minimap((x, y) => look(centredOn(camera, size, x, y)));
	const tools = graphTools(
		state.levels,
		{
			zoomIn: () => zoom(1.25),
			zoomOut: () => zoom(0.8),
			showAll: () => look(wholeView(extent(state.scene), size)),
			openLevel: () => state.show(nextLevel(groups, state.open, MOST_SEEN), fitted),
			closeAll: () => state.show(bare(groups), fitted),
			inputs: () => light("into"),
			outputs: () => light("out"),
		},
		(thing) => {
			// The crumb that was clicked is drawn anew; keys must still come to the graph.
			canvas.focus({ preventScroll: true });
			reveal(thing, () => stand(thing));
		},
	);
	const stage = h("div", { class: "jxp-stage" }, canvas, map.element, ...legend(program));
	const element = h("div", { class: "jxp-graph" }, stage, ...tools.elements);

	let camera: Camera = { x: 0, y: 0, scale: 1 };
	let size = { width: 0, height: 0, ratio: 1 };
	let hover: Focus | null = null;
	let selected: Focus | null = null;
	/** The item under the pointer with its chip or mark, and the thing that keys start from. */
	let pointed = -1;
	let onChip: Chip | null = null;
	let onMark: Mark | null = null;
	let current: Thing | null = null;
	let path: "into" | "out" | null = null;
	let found: { words: string; things: readonly Thing[]; at: number } = {
		words: "",
		things: [],
		at: -1,
	};
	let heat: { heat: Heat; sums: Float64Array } | null = null;
	let palette: GraphPalette | null = null;
	let frame = 0;
	let isNew = true;
	/** The view that nobody moved yet: it fits the pane again when that grows. */
	let unmoved: Camera | null = null;

	function look(next: Camera): void {
		camera = next;
		draw();
	}

	function zoom(factor: number, x = size.width / 2, y = size.height / 2): void {
		look(zoomed(camera, factor, x, y));
	}

	function fromTop(): Camera {
		return firstView(extent(state.scene), size, (below) => middleOf(state.scene, below));
	}

	/** After much has changed: from the top, as large as can be read. */
	function fitted(): void {
		unmoved = fromTop();
		look(unmoved);
		stand(current);
	}

	/** Opens or closes, with the corner of the thing kept where it is. */
	function toggle(thing: Thing): void {
		if (!groups.canOpen(thing) || thing === groups.root) return;
		const before = itemOf(thing);
		state.toggle(thing, () => {
			const after = itemOf(thing);
			if (before && after) {
				const { x, y, scale } = camera;
				camera = {
					x: x + (before.left - after.left) * scale,
					y: y + (before.top - after.top) * scale,
					scale,
				};
			}
			pointed = -1;
			stand(thing);
			draw();
		});
	}

	function itemOf(thing: Thing): Item | undefined {
		return state.scene.items[state.scene.itemOf.get(thing) ?? -1];
	}

	/** Opens what is around a thing and brings it into sight. */
	function reveal(thing: Thing, done: () => void = () => {}): void {
		const show = () => {
			const item = itemOf(state.levels.seen(thing, state.open));
			if (item) camera = turnedTo(camera, size, item);
			done();
			draw();
		};
		const isCheap = groups
			.around(thing)
			.every((at) => state.open.has(at) || groups.shown(at).length <= CHEAP);
		if (isCheap) state.lend(thing, show);
		else show();
	}

	/** The keys go on from here. */
	function stand(thing: Thing | null): void {
		current = thing;
		if (thing === null) path = null;
		tools.at(thing, thing !== null && state.open.has(thing));
		tools.press(path);
		draw();
	}

	function light(next: "into" | "out"): void {
		path = path === next || current === null ? null : next;
		tools.press(path);
		draw();
	}

	function itemHeat(): ItemHeat | null {
		if (!heat) return null;
		const { heat: of, sums } = heat;
		const amount = (i: number) => {
			const { node } = state.scene.items[i] as Item;
			return node.kind === "thing" ? (sums[node.key] as number) : -1;
		};
		return {
			share: (i) => (amount(i) > 0 ? of.share(amount(i)) : -1),
			strength: (i) => strength(amount(i), of.total),
		};
	}

	function draw(): void {
		cancelAnimationFrame(frame);
		frame = requestAnimationFrame(() => {
			if (!context || size.width === 0) return;
			palette ??= graphPalette(element);
			const { scene, labels, titles } = state;
			drawGraph(
				context,
				size,
				{ scene, labels, titles, heat: itemHeat() },
				camera,
				lights.of({ hover, selected, pointed, current, path, found: found.things }),
				palette,
			);
			map.draw(scene, camera, size, palette);
			// For those who only see the page: how much is drawn, how large, and what is open.
			element.dataset.boxes = `${scene.itemOf.size}`;
			element.dataset.open = `${state.open.size}`;
			element.dataset.scale = camera.scale.toFixed(3);
			if (isNew) performance.mark("jaxplore:first-picture");
			isNew = false;
		});
	}

	function resize(): void {
		const { clientWidth: width, clientHeight: height } = stage;
		if (width === 0 || height === 0) return;
		const ratio = globalThis.devicePixelRatio || 1;
		const isFirst = size.width === 0;
		palette = null;
		if (width !== size.width || height !== size.height || ratio !== size.ratio) {
			size = { width, height, ratio };
			canvas.width = Math.round(width * ratio);
			canvas.height = Math.round(height * ratio);
		}
		if (isFirst) {
			state.start((scene) => fitting(extent(scene), size) >= FIRST_SCALE);
		}
		if (isFirst || camera === unmoved) camera = unmoved = fromTop();
		draw();
	}

	/** A place of the canvas on the plane of the scene. */
	function placeOf(x: number, y: number): Point {
		return { x: (x - camera.x) / camera.scale, y: (y - camera.y) / camera.scale };
	}

	followPointer(canvas, cleanup, {
		point(at) {
			const place = at && placeOf(at.x, at.y);
			const next = place ? itemAt(state.scene, place.x, place.y) : -1;
			const item = state.scene.items[next];
			const chip = place && chipUnder(item, place);
			const mark = place && markUnder(item, place);
			if (next === pointed && chip === onChip && mark === onMark) return;
			pointed = next;
			onChip = chip;
			onMark = mark;
			canvas.style.cursor = next >= 0 ? "pointer" : "grab";
			canvas.title = item && mark ? markTip(program, item.node.key, mark) : "";
			events.hover(origins.of(item, chip, mark));
			draw();
		},
		press(x, y) {
			const place = placeOf(x, y);
			const item = state.scene.items[itemAt(state.scene, place.x, place.y)];
			const thing = item?.node.kind === "thing" ? item.node.key : null;
			if (item && thing !== null && isOnGlyph(item, place)) return toggle(thing);
			state.settle();
			const chip = chipUnder(item, place);
			events.select(origins.of(item, chip, markUnder(item, place)));
			stand(chip && origins.ofChip(chip) ? null : thing);
		},
		pressTwice(x, y) {
			const place = placeOf(x, y);
			const item = state.scene.items[itemAt(state.scene, place.x, place.y)];
			if (item?.node.kind === "thing" && !isOnGlyph(item, place)) toggle(item.node.key);
		},
		drag: (dx, dy) => look({ ...camera, x: camera.x + dx, y: camera.y + dy }),
		zoom,
	});

	/** Goes to the next thing and selects it, as a click would. */
	function move(key: string): void {
		const at = state.scene.itemOf.get(current ?? -1) ?? -1;
		const next = at < 0 ? -1 : nextTo(state.scene, at, key);
		const item = state.scene.items[next];
		if (item?.node.kind !== "thing") return;
		pointed = -1;
		state.settle();
		events.select(origins.of(item));
		camera = turnedTo(camera, size, item);
		stand(item.node.key);
	}

	cleanup.on(canvas, "keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const isHere = current !== null && state.scene.itemOf.has(current);
		const thing = current ?? -1;
		const outer = groups.parent[thing] ?? -1;
		const actions: Record<string, (() => void) | false> = {
			// An equation that holds nothing goes on to the next tab; so do keys without a place here.
			Enter: isHere && groups.canOpen(thing) && (() => toggle(thing)),
			Backspace: isHere && outer >= 0 && (() => toggle(outer)),
			ArrowUp: isHere && (() => move(event.key)),
			ArrowDown: isHere && (() => move(event.key)),
			ArrowLeft: isHere && (() => move(event.key)),
			ArrowRight: isHere && (() => move(event.key)),
			u: isHere && (() => light("into")),
			d: isHere && (() => light("out")),
			"+": () => zoom(1.25),
			"-": () => zoom(0.8),
			"0": () => look(wholeView(extent(state.scene), size)),
		};
		const action = actions[event.key];
		if (event.key === "Escape") stand(null);
		if (!action) return;
		action();
		event.preventDefault();
		event.stopPropagation();
	});
	cleanup.add(() => cancelAnimationFrame(frame));
	cleanup.add(map.dispose);
	cleanup.add(() => state.dispose());

	return {
		name: "graph",
		element,
		show(nextHover, nextSelected) {
			hover = nextHover;
			if (nextSelected === null && selected !== null) stand(null);
			selected = nextSelected;
			draw();
		},
		reveal(focus) {
			const first = focus.equations[0];
			if (size.width === 0 || first === undefined) return;
			// A hover only looks; it takes a selection to open what is closed.
			if (focus === selected) reveal(first, () => stand(state.levels.seen(first, state.open)));
			else {
				const item = itemOf(state.levels.seen(first, state.open));
				if (item) look(turnedTo(camera, size, item));
			}
		},
		find(text, by): Found | null {
			if (text !== found.words) {
				found = { words: text, things: text ? thingsWith(groups, text) : [], at: -1 };
			}
			draw();
			const count = found.things.length;
			if (count === 0 || size.width === 0) return null;
			const at =
				by === 0
					? Math.max(0, found.at)
					: (found.at + by + count + Number(found.at < 0 && by < 0)) % count;
			if (by !== 0) found.at = at;
			const thing = found.things[at] as Thing;
			reveal(thing, () => {
				if (by === 0) return;
				const item = itemOf(state.levels.seen(thing, state.open));
				if (item) events.select(origins.of(item));
				stand(thing);
			});
			return { count, index: found.at, more: count >= MOST_THINGS };
		},
		setHeat(next) {
			heat = next && { heat: next, sums: groups.sums(next.values) };
			draw();
		},
		resize,
		dispose: cleanup.run,
	};
}

function extent(scene: Scene) {
	return { left: 0, width: scene.width, height: scene.height };
}

function graphPalette(element: Element): GraphPalette {
	const style = getComputedStyle(element);
	const read = (name: string) => style.getPropertyValue(`--jxp-${name}`).trim();
	return {
		...readPalette(element),
		surface: read("surface"),
		warm: read("warm"),
		move: read("move"),
		code: read("code") || "monospace",
	};
}
