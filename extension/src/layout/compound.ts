/**
 * Places boxes in boxes: each open one is laid out on its own and is one box around it. Pure.
 *
 * Ports stand on the border of their frame: what comes in above all else, what goes out below.
 */

import { type Box, layered } from "./layered";

/** How a box stands in its frame. */
export const ROLE = { box: 0, in: 1, out: 2 } as const;

/** One open thing: its boxes, in an order in which every edge goes up. */
export interface Frame {
	readonly boxes: readonly FrameBox[];
	readonly from: readonly number[];
	readonly to: readonly number[];
	/** Room for its title, at least. */
	readonly titleWidth: number;
	/** Whether it has a border around it. */
	readonly bordered: boolean;
	/** A line goes back from its end to its start. */
	readonly loop: boolean;
}

export interface FrameBox extends Box {
	readonly role: number;
	/** What is seen in it, if it is open. */
	readonly frame: Frame | null;
}

/** Where all of a frame is, from its own top left corner. */
export interface Placed {
	readonly width: number;
	readonly height: number;
	/** Left and top of each box, and its size. */
	readonly left: readonly number[];
	readonly top: readonly number[];
	readonly boxWidth: readonly number[];
	readonly boxHeight: readonly number[];
	/** For each edge what it passes between its ends: x0, y0, x1, y1, … */
	readonly ways: readonly (readonly number[])[];
	/** For each edge: 1 when it is too long to be drawn unless asked for. */
	readonly long: readonly number[];
	/** For each box that is open what is in it. */
	readonly inner: readonly (Placed | null)[];
}

const SIDE = 16;
const HEAD = 26;
const FOOT = 14;
const LOOP = 22;

export function place(frame: Frame): Placed {
	const inner = frame.boxes.map((box) => (box.frame ? place(box.frame) : null));
	const boxes = frame.boxes.map((box, i) => inner[i] ?? box);
	const { isIn, isOut, extra } = borders(frame);
	const shift = isIn ? 2 : 0;
	const points = [POINT, POINT];
	const all: Box[] = [...(isIn ? points : []), ...boxes, ...(isOut ? points : [])];
	const from = [...frame.from.map((a) => a + shift), ...extra.from];
	const to = [...frame.to.map((b) => b + shift), ...extra.to];
	const layout = layered(all, from, to, isChain(frame) ? { span: 2 } : {});
	const border = frame.bordered ? SIDE : 0;
	let least = Number.POSITIVE_INFINITY;
	let most = Number.NEGATIVE_INFINITY;
	const reach = (x: number) => {
		least = Math.min(least, x);
		most = Math.max(most, x);
	};
	boxes.forEach((box, i) => {
		const x = layout.x[i + shift] as number;
		reach(x - box.width / 2);
		reach(x + box.width / 2);
	});
	const routes = layout.routes.slice(0, frame.from.length);
	for (const { points: way } of routes) {
		for (let k = 0; k < way.length; k += 2) reach(way[k] as number);
	}
	if (boxes.length === 0) reach(0);
	const needed = Math.max(most - least, frame.titleWidth - 2 * border);
	const slack = (needed - (most - least)) / 2;
	const dx = border + slack - least;
	const head = portLine(frame, layout.y, shift, ROLE.in);
	const dy = head ?? (frame.bordered ? HEAD : 0);
	const left = boxes.map((box, i) => (layout.x[i + shift] as number) - box.width / 2 + dx);
	const top = boxes.map((_, i) => (layout.y[i + shift] as number) + dy);
	const foot = portLine(frame, top, 0, ROLE.out);
	const bottom = boxes.reduce((low, box, i) => Math.max(low, (top[i] as number) + box.height), 0);
	return {
		width: needed + 2 * border + (frame.loop ? LOOP : 0),
		height: foot === null ? bottom + (frame.bordered ? FOOT : 0) : -foot,
		left,
		top,
		boxWidth: boxes.map(({ width }) => width),
		boxHeight: boxes.map(({ height }) => height),
		ways: routes.map(({ points }) => points.map((at, k) => at + (k % 2 === 0 ? dx : dy))),
		long: routes.map(({ long }) => (long ? 1 : 0)),
		inner,
	};
}

/**
 * Boxes that each lead to the next, as the blocks of a model do. What else they make goes past
 * in lanes at the side, or each would push the next one further from the middle.
 */
function isChain({ boxes, from, to }: Frame): boolean {
	const middle = boxes.flatMap(({ role }, i) => (role === ROLE.box ? [i] : []));
	if (middle.length < 4) return false;
	const leads = new Set(from.map((a, i) => `${a} ${to[i]}`));
	return middle.every((b, i) => i === 0 || leads.has(`${middle[i - 1]} ${b}`));
}

const POINT: Box = { width: 1, height: 0 };

/** How far to move so that the border goes through the middle of the ports; null without any. */
function portLine(
	frame: Frame,
	top: ArrayLike<number>,
	shift: number,
	role: number,
): number | null {
	const port = frame.boxes.findIndex((box) => box.role === role);
	if (port < 0) return null;
	return -((top[port + shift] as number) + (frame.boxes[port] as FrameBox).height / 2);
}

/**
 * Hidden points keep ports at the borders: one above all, one beside the ports under which all
 * else stands, and the same below. Each port is tied to its border more strongly than to all
 * its neighbours together.
 */
function borders(frame: Frame): {
	isIn: boolean;
	isOut: boolean;
	extra: { from: number[]; to: number[] };
} {
	const { boxes, from, to } = frame;
	const isIn = boxes.some(({ role }) => role === ROLE.in);
	const isOut = boxes.some(({ role }) => role === ROLE.out);
	const shift = isIn ? 2 : 0;
	const readers = new Int32Array(boxes.length);
	const makers = new Int32Array(boxes.length);
	for (const a of from) readers[a] = (readers[a] as number) + 1;
	for (const b of to) makers[b] = (makers[b] as number) + 1;
	const extra = { from: [] as number[], to: [] as number[] };
	const tie = (a: number, b: number, times: number) => {
		for (let k = 0; k < times; k++) {
			extra.from.push(a);
			extra.to.push(b);
		}
	};
	const [above, beside] = [0, 1];
	const besideOut = boxes.length + shift;
	const below = besideOut + 1;
	let roots = 0;
	let ends = 0;
	boxes.forEach(({ role }, i) => {
		if (isIn && role === ROLE.in) tie(above, i + shift, 1 + (readers[i] as number));
		else if (isIn && makers[i] === 0 && role === ROLE.box) {
			tie(beside, i + shift, 1);
			roots++;
		}
		if (isOut && role === ROLE.out) tie(i + shift, below, 1 + (makers[i] as number));
		else if (isOut && readers[i] === 0 && role === ROLE.box) {
			tie(i + shift, besideOut, 1);
			ends++;
		}
	});
	if (isIn) tie(above, beside, 1 + roots);
	if (isOut) tie(besideOut, below, 1 + ends);
	return { isIn, isOut, extra };
}
