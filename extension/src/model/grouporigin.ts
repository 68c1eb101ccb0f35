/** What a group of a graph is in the other panes: the call or the expression that made it. Pure. */

import type { Origin } from "./focus";
import type { Groups, Thing } from "./groups";

/** More equations are not looked through for what they have in common. */
const MANY = 20_000;

/** All that is lit elsewhere when `thing` is; null where nothing stands for it. */
export function originOf(groups: Groups, thing: Thing): Origin | null {
	if (groups.isEquation(thing)) return { kind: "equation", equation: thing };
	const size = groups.inside[thing] as number;
	if (size === 0 || size > MANY) return null;
	const { program } = groups;
	const span = program.wire.groups.span[groups.group(thing)] ?? -1;
	const run = groups.run(thing);
	const isAll = (equations: readonly number[]) =>
		equations.length === size && equations.every((equation) => groups.isAround(thing, equation));
	if (span >= 0 && isAll(program.bySpan().get(span))) return { kind: "span", span };
	const calls = program.calls();
	const [first, ...others] = run.map((equation) => program.wire.equations.frame[equation] ?? -1);
	if (first === undefined || first < 0) return null;
	const stack = calls.stack(run[0] as number);
	let depth = stack.length;
	for (const frame of new Set(others)) {
		const other = frame < 0 ? [] : calls.stack(run[1 + others.indexOf(frame)] as number);
		let same = 0;
		while (same < depth && stack[same] === other[same]) same++;
		depth = same;
	}
	// The outermost call that made just this, the one that has the group's name.
	for (let at = 0; at < depth; at++) {
		const frame = stack[at] as number;
		if (isAll(calls.below(frame))) return { kind: "frame", frame };
	}
	return null;
}
