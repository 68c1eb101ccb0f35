/** Which expression of the source is which row of a mirror. Pure. */

import type { GradientWire } from "../wire/gradient";

export interface SourceLine {
	readonly file: string;
	/** 0 for the heading of a file. */
	readonly line: number;
	readonly text: string;
	/** Which of the sources it is of, and which line of that. */
	readonly source: number;
	readonly index: number;
}

/** Columns of a line that an expression covers, in characters as Python counts them. */
export interface Part {
	readonly from: number;
	readonly to: number;
}

export class MirrorSource {
	readonly lines: readonly SourceLine[];
	private readonly wire: GradientWire;
	private readonly at = new Map<string, number>();
	private readonly onLine = new Map<number, number[]>();
	private readonly rowsOf = new Map<number, number[]>();

	constructor(wire: GradientWire) {
		this.wire = wire;
		const { sources } = wire;
		this.lines = sources.flatMap(({ file, first_line, text }, source) => {
			const rows = text
				.replace(/\n$/, "")
				.split("\n")
				.map((line, index) => ({ file, line: first_line + index, text: line, source, index }));
			return [{ file, line: 0, text: file, source, index: -1 }, ...rows];
		});
		this.lines.forEach(({ file, line }, i) => {
			this.at.set(`${line} ${file}`, i);
		});
		wire.rows.span.forEach((span, row) => {
			if (span < 0) return;
			const rows = this.rowsOf.get(span);
			if (rows) rows.push(row);
			else this.rowsOf.set(span, [row]);
		});
		for (const span of this.rowsOf.keys()) {
			const [first, last] = this.range(span);
			for (let place = first; first >= 0 && place <= last; place++) {
				const spans = this.onLine.get(place);
				if (spans) spans.push(span);
				else this.onLine.set(place, [span]);
			}
		}
	}

	/** Places in `lines` of the first and the last line of an expression; -1 where unknown. */
	range(span: number): [number, number] {
		const { file, line, end_line } = this.wire.spans;
		const name = this.wire.strings[file[span] ?? -1] ?? "";
		const first = this.at.get(`${line[span]} ${name}`) ?? -1;
		return [first, first + Number(end_line[span]) - Number(line[span])];
	}

	/** What an expression covers of a line; null where nothing. */
	part(span: number, place: number): Part | null {
		const [first, last] = this.range(span);
		if (first < 0 || place < first || place > last) return null;
		const { column, end_column } = this.wire.spans;
		const text = this.lines[place]?.text ?? "";
		const from = place === first ? Number(column[span]) : text.length - text.trimStart().length;
		const to = place === last ? Number(end_column[span]) : [...text].length;
		return from < to ? { from, to } : null;
	}

	/** The expressions that rows came from on a line. */
	spans(place: number): readonly number[] {
		return this.onLine.get(place) ?? [];
	}

	/** The innermost expression at a column; -1 for none. */
	spanAt(place: number, column: number): number {
		let [best, shortest] = [-1, Number.POSITIVE_INFINITY];
		for (const span of this.spans(place)) {
			const part = this.part(span, place);
			if (!part || column < part.from || column >= part.to) continue;
			const [first, last] = this.range(span);
			const length = (last - first) * 10_000 + part.to - part.from;
			if (length < shortest) [best, shortest] = [span, length];
		}
		return best;
	}

	/** The rows of an expression, in order. */
	rows(span: number): readonly number[] {
		return this.rowsOf.get(span) ?? [];
	}

	/** `cell 3 line 7`; empty where unknown. */
	placeText(span: number): string {
		if (span < 0) return "";
		const { file, line } = this.wire.spans;
		const name = this.wire.strings[file[span] ?? -1] ?? "";
		return `${name.slice(name.lastIndexOf("/") + 1)} line ${line[span]}`;
	}
}
