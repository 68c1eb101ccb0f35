/** Pointer and wheel on the canvas of a graph: what they ask for. */

import type { Cleanup } from "./dom";

export interface PointerEvents {
	/** The pointer is at a place of the canvas; null when it has left. */
	point(at: { x: number; y: number } | null): void;
	press(x: number, y: number): void;
	pressTwice(x: number, y: number): void;
	drag(dx: number, dy: number): void;
	zoom(factor: number, x: number, y: number): void;
}

/** Pixels that a press may move and still be a press. */
const STILL = 4;

export function followPointer(
	canvas: HTMLCanvasElement,
	cleanup: Cleanup,
	events: PointerEvents,
): void {
	let drag: { x: number; y: number; moved: boolean } | null = null;
	cleanup.on(canvas, "pointerdown", (event) => {
		if (event.button !== 0) return;
		drag = { x: event.clientX, y: event.clientY, moved: false };
		canvas.setPointerCapture(event.pointerId);
	});
	cleanup.on(canvas, "pointermove", (event) => {
		if (!drag) {
			events.point({ x: event.offsetX, y: event.offsetY });
			return;
		}
		const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
		if (!drag.moved && Math.hypot(dx, dy) < STILL) return;
		drag = { x: event.clientX, y: event.clientY, moved: true };
		events.drag(dx, dy);
	});
	cleanup.on(canvas, "pointerup", (event) => {
		if (drag && !drag.moved) events.press(event.offsetX, event.offsetY);
		drag = null;
	});
	cleanup.on(canvas, "pointercancel", () => {
		drag = null;
	});
	cleanup.on(canvas, "pointerleave", () => events.point(null));
	cleanup.on(canvas, "dblclick", (event) => events.pressTwice(event.offsetX, event.offsetY));
	cleanup.on(
		canvas,
		"wheel",
		(event) => {
			// A notebook scrolls past the graph unless the reader means the graph.
			const root = canvas.getRootNode() as ShadowRoot;
			if (!event.ctrlKey && !event.metaKey && root.activeElement !== canvas) return;
			event.preventDefault();
			const step = event.deltaMode === 1 ? event.deltaY * 18 : event.deltaY;
			const factor = Math.exp(-Math.max(-120, Math.min(120, step)) / 300);
			events.zoom(factor, event.offsetX, event.offsetY);
		},
		{ passive: false },
	);
}
