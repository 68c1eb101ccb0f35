/** Where a long text holds some words. Pure. */

/** More matches than these are not counted: nobody steps through them. */
export const MOST_MATCHES = 20_000;

export interface Matches {
	/** Line index of each match, in order. */
	readonly lines: Int32Array;
	/** There are more than `MOST_MATCHES`. */
	readonly more: boolean;
}

/** Finds `wanted` wherever it stands, upper or lower case. */
export class TextSearch {
	private readonly lines: readonly string[];
	private text = "";
	private starts: Int32Array | null = null;

	constructor(lines: readonly string[]) {
		this.lines = lines;
	}

	find(wanted: string): Matches {
		const pattern = patternOf(wanted);
		const found: number[] = [];
		if (!pattern) return { lines: new Int32Array(0), more: false };
		const starts = this.index();
		let line = 0;
		for (const match of this.text.matchAll(pattern)) {
			if (found.length === MOST_MATCHES) return { lines: Int32Array.from(found), more: true };
			while ((starts[line + 1] ?? Number.POSITIVE_INFINITY) <= match.index) line++;
			found.push(line);
		}
		return { lines: Int32Array.from(found), more: false };
	}

	/** One text is searched several times faster than 100 000 lines. */
	private index(): Int32Array {
		if (this.starts) return this.starts;
		this.starts = new Int32Array(this.lines.length);
		let at = 0;
		this.lines.forEach((line, i) => {
			(this.starts as Int32Array)[i] = at;
			at += line.length + 1;
		});
		this.text = this.lines.join("\n");
		return this.starts;
	}
}

/** Start and end of each match in one line. */
export function matchesIn(line: string, wanted: string): (readonly [number, number])[] {
	const pattern = patternOf(wanted);
	if (!pattern) return [];
	return [...line.matchAll(pattern)].map(
		(match) => [match.index, match.index + match[0].length] as const,
	);
}

function patternOf(wanted: string): RegExp | null {
	if (wanted === "") return null;
	return new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "gi");
}

/**
 * The match to go to: from the one gone to (`at`), or from the first at or after a line when
 * none was; round at the ends.
 */
export function nextMatch(matches: Matches, at: number, from: number, by: number): number {
	const count = matches.lines.length;
	if (count === 0) return -1;
	if (at >= 0) return (at + by + count) % count;
	const after = matches.lines.findIndex((line) => line >= from);
	if (by >= 0) return after < 0 ? 0 : after;
	return ((after < 0 ? count : after) - 1 + count) % count;
}
