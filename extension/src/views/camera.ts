/** Where the reader looks at a drawing from. Pure. */

export interface Camera {
	readonly x: number;
	readonly y: number;
	readonly scale: number;
}

export interface Size {
	readonly width: number;
	readonly height: number;
}

/** Extent of a drawing whose top is at 0. */
export interface Extent extends Size {
	readonly left: number;
}

const CLOSEST = 2.5;
const FARTHEST = 0.02;
const READABLE = 0.8;
const MARGIN = 24;
/** Room for the row of buttons above the drawing. */
const HEAD = 34;

function fitting(extent: Extent, view: Size): number {
	const wide = (view.width - 2 * MARGIN) / Math.max(1, extent.width);
	const high = (view.height - HEAD - MARGIN) / Math.max(1, extent.height);
	return Math.min(1, wide, high);
}

/** All of the drawing, however small. */
export function wholeView(extent: Extent, view: Size): Camera {
	const scale = Math.max(FARTHEST, fitting(extent, view));
	return {
		x: view.width / 2 - (extent.left + extent.width / 2) * scale,
		y: Math.max(HEAD, (view.height - extent.height * scale) / 2),
		scale,
	};
}

/** All of a small drawing; of a large one the top, at a size that can be read. */
export function firstView(extent: Extent, view: Size, anchor: number): Camera {
	const scale = Math.max(READABLE, fitting(extent, view));
	const isWider = extent.width * scale > view.width;
	const middle = isWider ? anchor : extent.left + extent.width / 2;
	const spare = (view.height - extent.height * scale) / 2;
	return { x: view.width / 2 - middle * scale, y: Math.max(HEAD, spare), scale };
}

/** Nearer or farther, with the point under `x`, `y` kept where it is. */
export function zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
	const scale = Math.min(CLOSEST, Math.max(FARTHEST, camera.scale * factor));
	const ratio = scale / camera.scale;
	return { x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio, scale };
}

/** Moved just when a point of the drawing is out of sight. */
export function turnedTo(camera: Camera, view: Size, x: number, y: number): Camera {
	const atX = x * camera.scale + camera.x;
	const atY = y * camera.scale + camera.y;
	const isInside = atX > 40 && atX < view.width - 40 && atY > 20 && atY < view.height - 60;
	if (isInside) return camera;
	return { ...camera, x: camera.x + view.width / 2 - atX, y: camera.y + view.height / 3 - atY };
}
