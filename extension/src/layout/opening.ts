/** What is open: at first, after a click, and to show an equation. Pure. */

import type { Groups, Thing } from "../model/groups";

export type Open = ReadonlySet<Thing>;

/** Most boxes of a first picture. */
const FIRST = 30;
/** Most pictures that are tried for it. */
const TRIES = 12;

/** With `thing` open, and what would be alone in it as well. */
export function opened(groups: Groups, open: Open, thing: Thing): Open {
	const next = new Set(open);
	const waiting = [thing];
	for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
		if (!groups.canOpen(at)) continue;
		next.add(at);
		const entries = groups.shown(at);
		// The programs of a cond are its content, and a group in a group says nothing new.
		const isHolder = groups.isEquation(at) && groups.regionIn(at) < 0;
		if (isHolder || entries.length === 1) waiting.push(...entries);
	}
	return next;
}

/** With `thing` closed, and all that is in it. */
export function closed(groups: Groups, open: Open, thing: Thing): Open {
	return new Set([...open].filter((at) => !groups.isAround(thing, at)));
}

/** Open just as far as a thing is seen. */
export function openTo(groups: Groups, open: Open, thing: Thing): Open {
	const around = groups.around(groups.bearer(thing));
	if (around.every((at) => open.has(at))) return open;
	return new Set([...open, ...around]);
}

/** The program alone, or the first group in it that holds more than one thing. */
export function bare(groups: Groups): Open {
	return opened(groups, new Set(), groups.root);
}

/** All closed things that are seen. */
export function closedSeen(groups: Groups, open: Open): Thing[] {
	const seen: Thing[] = [];
	for (const thing of open) {
		for (const entry of groups.shown(thing)) {
			if (!open.has(entry) && groups.canOpen(entry)) seen.push(entry);
		}
	}
	return seen;
}

/** How many boxes are seen. */
export function boxesSeen(groups: Groups, open: Open): number {
	let count = 0;
	for (const thing of open) {
		for (const entry of groups.shown(thing)) if (!open.has(entry)) count++;
	}
	return count;
}

/** With all closed things open that are seen, while there are not too many. */
export function nextLevel(groups: Groups, open: Open, most: number): Open {
	let next = open;
	for (const thing of closedSeen(groups, open)) {
		const wider = opened(groups, next, thing);
		if (boxesSeen(groups, wider) <= most) next = wider;
	}
	return next;
}

/**
 * The first picture: the largest groups are opened as long as it stays small and `fits`.
 * Repeats stay closed: that they are the same is what there is to see.
 */
export function firstOpen(
	groups: Groups,
	isRepeat: (thing: Thing) => boolean,
	fits: (open: Open) => boolean,
): Open {
	let open = bare(groups);
	const size = (thing: Thing) => groups.inside[thing] as number;
	const refused = new Set<Thing>();
	for (let tries = 0; tries < TRIES; tries++) {
		const next = closedSeen(groups, open)
			.filter((thing) => !isRepeat(thing) && !refused.has(thing))
			.reduce((best, thing) => (best < 0 || size(thing) > size(best) ? thing : best), -1);
		if (next < 0) break;
		const wider = opened(groups, open, next);
		if (boxesSeen(groups, wider) <= FIRST && fits(wider)) open = wider;
		else refused.add(next);
	}
	return open;
}
