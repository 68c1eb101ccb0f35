/** A small picture of the whole graph with a frame around what is in sight. */

import type { Scene } from "../layout/scene";
import type { Camera, Size } from "./camera";
import { Cleanup, h } from "./dom";
import type { GraphPalette } from "./graphdraw";

export interface Minimap {
	readonly element: HTMLElement;
	draw(scene: Scene, camera: Camera, view: Size, palette: GraphPalette): void;
	dispose(): void;
}

const WIDEST = 120;
const HIGHEST = 110;

/** `look` is called with the point of the graph that is to be in the middle. */
export function minimap(look: (x: number, y: number) => void): Minimap {
	const canvas = h("canvas", { class: "jxp-minimap", hidden: true, "aria-hidden": "true" });
	const context = canvas.getContext("2d", { willReadFrequently: true });
	const cleanup = new Cleanup();
	let scale = 1;

	const go = (event: PointerEvent) => look(event.offsetX / scale, event.offsetY / scale);
	cleanup.on(canvas, "pointerdown", (event) => {
		canvas.setPointerCapture(event.pointerId);
		go(event);
	});
	cleanup.on(canvas, "pointermove", (event) => {
		if (canvas.hasPointerCapture(event.pointerId)) go(event);
	});

	return {
		element: canvas,
		draw(scene, camera, view, palette) {
			const wide = view.width / camera.scale;
			const high = view.height / camera.scale;
			const isWhole =
				-camera.x / camera.scale <= 0 &&
				-camera.y / camera.scale <= 0 &&
				wide - camera.x / camera.scale >= scene.width &&
				high - camera.y / camera.scale >= scene.height;
			const isSmall = view.width < 260 || view.height < 200;
			canvas.hidden = isWhole || isSmall || scene.width === 0;
			if (canvas.hidden || !context) return;
			scale = Math.min(WIDEST / scene.width, HIGHEST / scene.height);
			const ratio = globalThis.devicePixelRatio || 1;
			const width = Math.max(16, scene.width * scale);
			const height = Math.max(16, scene.height * scale);
			canvas.width = Math.round(width * ratio);
			canvas.height = Math.round(height * ratio);
			canvas.style.width = `${width}px`;
			canvas.style.height = `${height}px`;
			context.setTransform(ratio, 0, 0, ratio, 0, 0);
			context.fillStyle = palette.surface;
			context.fillRect(0, 0, width, height);
			for (const { left, top, width: w, height: tall, open, box, node } of scene.items) {
				if (node.kind === "in" || node.kind === "out") continue;
				context.globalAlpha = open ? 0.12 : 0.75;
				context.fillStyle =
					box.backward > 0.5
						? palette.backward
						: box.backward >= 0
							? palette.forward
							: palette.quiet;
				const size = [Math.max(1, w * scale), Math.max(1, tall * scale)] as const;
				context.fillRect(left * scale, top * scale, ...size);
			}
			context.globalAlpha = 1;
			context.strokeStyle = palette.text;
			context.lineWidth = 1.5;
			const x = (-camera.x / camera.scale) * scale;
			const y = (-camera.y / camera.scale) * scale;
			context.strokeRect(x, y, wide * scale, high * scale);
		},
		dispose: cleanup.run,
	};
}
