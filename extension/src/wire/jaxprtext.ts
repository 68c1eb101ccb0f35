/** The text of a jaxpr, written again from the columns; jaxplore/views/pages/jaxprtext.py is the same. */

import type { ProgramWire, StageWire } from "./program";

const LITERAL = 2;
const STEP = "      ";

type Columns = Pick<ProgramWire, "strings" | "types" | "values" | "equations" | "regions">;

/** The jaxpr's stage of a program whose nested programs are all written out. */
export function jaxprStage(wire: Columns): StageWire {
	const text = new JaxprText(wire);
	text.write();
	const span = Int32Array.from(wire.equations.span);
	return {
		name: "jaxpr",
		text: text.lines.join("\n"),
		error: null,
		first_line: text.firstLines,
		last_line: text.lastLines,
		equation_count: new Int32Array(span.length).fill(1),
		equations: span.map((_, equation) => equation),
		span_count: span.map((place) => (place < 0 ? 0 : 1)),
		spans: span.filter((place) => place >= 0),
	};
}

class JaxprText {
	readonly lines: string[] = [];
	readonly firstLines: Int32Array;
	readonly lastLines: Int32Array;
	private readonly declared: readonly string[];
	private readonly used: readonly string[];
	/** The regions whose last line is still to be written, innermost last. */
	private readonly inside: number[] = [];
	private opened = 0;

	constructor(private readonly wire: Columns) {
		this.firstLines = new Int32Array(wire.equations.primitive.length);
		this.lastLines = new Int32Array(wire.equations.primitive.length);
		const { name, type, kind } = wire.values;
		const types = wire.types.map((row) => row.text);
		this.declared = Array.from(name, (n, v) => `${wire.strings[n]}:${types[type[v] as number]}`);
		this.used = Array.from(name, (n, v) =>
			kind[v] === LITERAL ? (this.declared[v] as string) : (wire.strings[n] as string),
		);
	}

	write(): void {
		const { equations, strings } = this.wire;
		this.enter();
		let read = 0;
		let written = 0;
		for (let e = 0; e < equations.primitive.length; e++) {
			const region = equations.region[e] as number;
			this.enterUntil(e, region);
			this.leaveUntil(region);
			const parameters = strings[equations.parameters[e] as number];
			let line = STEP.repeat(this.inside.length - 1);
			line += "    ";
			const made = written + (equations.output_count[e] as number);
			if (made > written) {
				for (; written < made; written++) {
					line += this.declared[equations.outputs[written] as number];
					line += " ";
				}
				line += "= ";
			}
			line += strings[equations.primitive[e] as number];
			if (parameters) line += `[${parameters}]`;
			const taken = read + (equations.input_count[e] as number);
			for (; read < taken; read++) {
				line += " ";
				line += this.used[equations.inputs[read] as number];
			}
			this.lines.push(line);
			this.firstLines[e] = this.lines.length;
			this.lastLines[e] = this.lines.length;
		}
		this.enterUntil(equations.primitive.length, 0);
		while (this.inside.length) this.leave();
	}

	/**
	 * Begins the regions of equations that are written already, but not the siblings of the
	 * region that the next equation stands in, nor those of what holds it.
	 */
	private enterUntil(equation: number, region: number): void {
		const { regions, equations } = this.wire;
		const holder = regions[region]?.equation ?? -1;
		for (let next = regions[this.opened]; next; next = regions[this.opened]) {
			if (next.equation >= equation) return;
			if (this.opened > region && next.equation <= holder) return;
			this.leaveUntil(equations.region[next.equation] as number);
			this.enter();
		}
	}

	private leaveUntil(region: number): void {
		while (this.inside.length && this.inside.at(-1) !== region) this.leave();
	}

	private enter(): void {
		const region = this.wire.regions[this.opened];
		if (!region) return;
		const constants = region.constants.map((v) => this.declared[v]).join(" ");
		const inputs = region.inputs.map((v) => this.declared[v]).join(" ");
		const head = ["lambda", constants, ";", inputs].filter((part) => part).join(" ");
		const label = region.equation < 0 ? "" : `${region.kind}=`;
		this.lines.push(`${STEP.repeat(this.inside.length)}${label}{ ${head}. let`);
		this.inside.push(this.opened++);
	}

	private leave(): void {
		const region = this.wire.regions[this.inside.pop() as number];
		if (!region) return;
		const outputs = region.outputs.map((v) => this.used[v]);
		const shown = outputs.length === 1 ? `${outputs[0]},` : outputs.join(", ");
		this.lines.push(`${STEP.repeat(this.inside.length)}  in (${shown}) }`);
		if (region.equation >= 0) this.lastLines[region.equation] = this.lines.length;
	}
}
