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
const READABLE = 0.75;
/** Letters are just readable. */
const SMALLEST = 0.45;
const MARGIN = 20;
const EDGE = 10;
/** Room for the small picture of the whole at the right, where there is any to spare. */
const MAP = 136;
const NARROW = 420;

/** In the middle of the height, or from the top what does not fit. */
function topFor(height: number, view: Size): number {
	return EDGE + Math.max(0, (view.height - 2 * EDGE - height) / 2);
}

/** The scale at which all of a drawing is in sight. */
export function fitting(extent: Extent, view: Size): number {
	const wide = (view.width - 2 * MARGIN) / Math.max(1, extent.width);
	const high = (view.height - 2 * EDGE) / Math.max(1, extent.height);
	return Math.min(1, wide, high);
}

/** All of the drawing, however small. */
export function wholeView(extent: Extent, view: Size): Camera {
	const scale = Math.max(FARTHEST, fitting(extent, view));
	return {
		x: view.width / 2 - (extent.left + extent.width / 2) * scale,
		y: topFor(extent.height * scale, view),
		scale,
	};
}

/**
 * All of a small drawing; of a large one the top, at a size that can be read.
 *
 * `middle` says where most boxes are down to a height: that is in sight however wide the rest
 * may be.
 */
export function firstView(extent: Extent, view: Size, middle: (below: number) => number): Camera {
	const fit = fitting(extent, view);
	// All of it at once is worth smaller letters, but not too small ones.
	if (fit >= SMALLEST) return wholeView(extent, view);
	const free = view.width < NARROW ? view.width : view.width - MAP;
	const wide = (free - 2 * MARGIN) / Math.max(1, extent.width);
	const scale = Math.min(READABLE, wide >= SMALLEST ? wide : READABLE);
	const y = topFor(extent.height * scale, view);
	const least = free - MARGIN - (extent.left + extent.width) * scale;
	const most = MARGIN - extent.left * scale;
	if (least >= most) return { x: (least + most) / 2, y, scale };
	const centred = free / 2 - middle(view.height / scale) * scale;
	return { x: Math.min(most, Math.max(least, centred)), y, scale };
}

/** Moved so that a point of the drawing is in the middle. */
export function centredOn(camera: Camera, view: Size, x: number, y: number): Camera {
	const { scale } = camera;
	return { x: view.width / 2 - x * scale, y: view.height / 2 - y * scale, scale };
}

/** Nearer or farther, with the point under `x`, `y` kept where it is. */
export function zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
	const scale = Math.min(CLOSEST, Math.max(FARTHEST, camera.scale * factor));
	const ratio = scale / camera.scale;
	return { x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio, scale };
}

/** Moved just when a box of the drawing is out of sight, at a size that can be read. */
export function turnedTo(
	camera: Camera,
	view: Size,
	box: Size & { readonly left: number; readonly top: number },
): Camera {
	const left = box.left * camera.scale + camera.x;
	const top = box.top * camera.scale + camera.y;
	const right = left + box.width * camera.scale;
	const bottom = top + Math.min(box.height * camera.scale, view.height / 2);
	const isInside = left > 8 && right < view.width - 8 && top > 8 && bottom < view.height - 8;
	if (isInside && camera.scale >= SMALLEST) return camera;
	const scale = camera.scale < SMALLEST ? READABLE : camera.scale;
	return {
		x: view.width / 2 - (box.left + box.width / 2) * scale,
		y: view.height / 3 - box.top * scale,
		scale,
	};
}
