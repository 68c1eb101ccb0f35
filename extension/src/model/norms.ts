/** The colour and the bar of a cotangent's norm, on a log scale. Pure. */

type Rgb = readonly [number, number, number];

/** As in jaxplore/views/gradient/colours.py: decades and their colours. */
export const DECADES: readonly (readonly [number, Rgb])[] = [
	[-8, [94, 60, 153]],
	[-4, [148, 115, 200]],
	[-1, [176, 170, 196]],
	[0, [160, 166, 174]],
	[1, [216, 178, 128]],
	[4, [217, 119, 6]],
	[8, [166, 60, 0]],
];
/** NaN and Inf. */
export const BROKEN = "#d6006c";

/** Grey at 1, purple below, orange above; none for zero and where there is no norm. */
export function normColour(norm: number | null): string {
	if (norm === null || norm === 0) return "none";
	if (!Number.isFinite(norm)) return BROKEN;
	const first = DECADES[0] as (typeof DECADES)[number];
	const last = DECADES.at(-1) as (typeof DECADES)[number];
	const at = Math.min(Math.max(Math.log10(norm), first[0]), last[0]);
	for (let i = 1; i < DECADES.length; i++) {
		const [low, one] = DECADES[i - 1] as (typeof DECADES)[number];
		const [high, other] = DECADES[i] as (typeof DECADES)[number];
		if (at > high) continue;
		const share = (at - low) / (high - low);
		const parts = one.map((part, j) => Math.round(part + share * ((other[j] as number) - part)));
		return `rgb(${parts.join(", ")})`;
	}
	return BROKEN;
}

/** Lengths on a log scale that spans all norms, four decades at least; between 0 and 1. */
export function bars(norms: readonly (number | null)[]): (norm: number | null) => number {
	let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
	for (const norm of norms) {
		if (norm === null || !(norm > 0 && Number.isFinite(norm))) continue;
		low = Math.min(low, Math.log10(norm));
		high = Math.max(high, Math.log10(norm));
	}
	if (low > high) [low, high] = [0, 0];
	const from = Math.min(low, high - 4) - 0.3;
	return (norm) => {
		if (norm === null || norm === 0) return 0;
		if (!Number.isFinite(norm)) return 1;
		return (Math.log10(norm) - from) / (high - from);
	};
}

/** To three digits, as Python writes it. */
export function normText(norm: number | null): string {
	if (norm === null) return "";
	if (Number.isNaN(norm)) return "NaN";
	if (!Number.isFinite(norm)) return norm > 0 ? "Inf" : "-Inf";
	const size = Math.abs(norm);
	if (size !== 0 && (size < 1e-4 || size >= 1000)) return norm.toExponential(2);
	return String(Number(norm.toPrecision(3)));
}
