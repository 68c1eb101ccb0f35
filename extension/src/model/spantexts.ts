/** The text of expressions, cut out of the sources. Pure. */

import type { ProgramWire } from "../wire/program";

interface Lines {
	readonly first: number;
	readonly lines: readonly string[];
}

export class SpanTexts {
	private readonly wire: ProgramWire;
	private readonly files = new Map<string, Lines[]>();

	constructor(wire: ProgramWire) {
		this.wire = wire;
		for (const source of wire.sources) {
			const list = this.files.get(source.file) ?? [];
			list.push({ first: source.first_line, lines: source.text.split("\n") });
			this.files.set(source.file, list);
		}
	}

	/** An expression as it is written; empty where its source is not there. */
	of(span: number): string {
		const { spans, strings } = this.wire;
		const line = spans.line[span] ?? -1;
		const source = this.files
			.get(strings[spans.file[span] ?? -1] ?? "")
			?.find((one) => line >= one.first && line < one.first + one.lines.length);
		if (!source) return "";
		const own = source.lines.slice(
			line - source.first,
			(spans.end_line[span] as number) - source.first + 1,
		);
		const last = own.length - 1;
		if (last >= 0) own[last] = (own[last] as string).slice(0, spans.end_column[span]);
		if (last >= 0) own[0] = (own[0] as string).slice(spans.column[span]);
		return own.join("\n");
	}
}
