/** Which source expression stands at a position. Pure. */

import type { ProgramWire, SpanColumns } from "../wire/program";

/** Longer expressions are kept in a list of their own rather than under each line. */
const LONG = 64;

export class SpanIndex {
	private readonly columns: SpanColumns;
	private readonly byLine = new Map<string, number[]>();
	private readonly long = new Map<string, number[]>();

	constructor(wire: ProgramWire) {
		this.columns = wire.spans;
		for (let span = 0; span < this.columns.line.length; span++) {
			const file = wire.strings[this.columns.file[span] as number] ?? "?";
			const top = this.columns.line[span] as number;
			const bottom = this.columns.end_line[span] as number;
			if (bottom - top > LONG) add(this.long, file, span);
			else for (let line = top; line <= bottom; line++) add(this.byLine, `${line} ${file}`, span);
		}
	}

	/** Expressions that touch a line. */
	onLine(file: string, line: number): number[] {
		const long = this.long.get(file)?.filter((span) => {
			const { line: top, end_line: bottom } = this.columns;
			return (top[span] as number) <= line && line <= (bottom[span] as number);
		});
		return [...(this.byLine.get(`${line} ${file}`) ?? []), ...(long ?? [])];
	}

	/** The smallest expression around a position; -1 for none. */
	at(file: string, line: number, column: number): number {
		let best = -1;
		for (const span of this.onLine(file, line)) {
			const [start, end] = this.part(span, line);
			if (start <= column && column < end && (best < 0 || this.smaller(span, best))) best = span;
		}
		return best;
	}

	/** Columns that an expression takes up on one of its lines; the end is exclusive. */
	part(span: number, line: number): readonly [number, number] {
		const { line: top, end_line: bottom, column, end_column: end } = this.columns;
		return [
			line === top[span] ? (column[span] as number) : 0,
			line === bottom[span] ? (end[span] as number) : Number.MAX_SAFE_INTEGER,
		];
	}

	private smaller(a: number, b: number): boolean {
		const { line, end_line, column, end_column } = this.columns;
		const rows = (s: number) => (end_line[s] as number) - (line[s] as number);
		const width = (s: number) => (end_column[s] as number) - (column[s] as number);
		return rows(a) !== rows(b) ? rows(a) < rows(b) : width(a) < width(b);
	}
}

function add(map: Map<string, number[]>, key: string, span: number): void {
	const list = map.get(key);
	if (list) list.push(span);
	else map.set(key, [span]);
}
