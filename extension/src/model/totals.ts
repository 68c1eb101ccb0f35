/** What all costs add up to, beside what XLA says. Pure. */

import type { Heat } from "./heat";
import type { Program } from "./program";
import { bytesText, flopsText } from "./words";

const OF: Readonly<Record<Heat["kind"], string>> = {
	flops: "our count",
	bytes: "read and written by the equations, before fusion",
	equations: "in the program and all that is nested in it",
	sent: "sent by each device in one run; what several equations send together is shared out",
	seconds: "measured, an expression's time shared out evenly among its equations",
};

/** `our count: 1.2 GFLOP; XLA estimates 1.1 GFLOP (counts loop bodies once)`. */
export function totalText(program: Program, heat: Heat): string {
	const least = heat.isLeast ? "at least " : "";
	const amount = `${least}${heat.words(heat.total)}`;
	const own = heat.kind === "flops" ? `${OF.flops}: ${amount}` : `${amount} ${OF[heat.kind]}`;
	const rules = [
		heat.isLeast ? "the body of a while counts once: only a run can tell" : "",
		heat.hasBranches ? "of a cond its dearest branch" : "",
	].filter(Boolean);
	const why = rules.length > 0 ? ` (${rules.join("; ")})` : "";
	const estimate = program.wire.xla_estimate;
	const theirs =
		heat.kind === "flops" ? estimate?.flops : heat.kind === "bytes" ? estimate?.bytes : null;
	if (theirs === null || theirs === undefined) return own + why;
	const words = heat.kind === "flops" ? flopsText(theirs) : bytesText(theirs);
	return `${own}${why}; XLA estimates ${words} (counts loop bodies once)`;
}
