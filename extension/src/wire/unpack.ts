/** Reads what jaxplore/views/pages/packing.py packed, in the same order. */

import { jaxprStage } from "./jaxprtext";
import { ColumnReader } from "./packedcolumns";
import type {
	EquationColumns,
	FrameColumns,
	GroupColumns,
	ProgramWire,
	RegionWire,
	SpanColumns,
	StageWire,
	ValueColumns,
} from "./program";

export const PACKED_FORMAT = "jaxplore.packed/1";

const HEAD_AT = 4;

type Head = Pick<
	ProgramWire,
	"format" | "name" | "argument_names" | "strings" | "types" | "sources" | "xla_estimate"
> & {
	readonly regions: { readonly names: readonly string[]; readonly kinds: readonly string[] };
	readonly stages: readonly StageHead[];
};

type StageHead = {
	readonly name: string;
	/** The columns say all of it. */
	readonly written?: true;
	readonly error: string | null;
	readonly lines: readonly string[] | null;
	readonly text?: string;
};

/** The program as it was before it was packed. Throws when the data is damaged. */
export async function unpack(base64: string): Promise<ProgramWire> {
	const bytes = await decompressed(base64);
	const columnsAt = HEAD_AT + new DataView(bytes.buffer).getUint32(0, true);
	const written = new TextDecoder().decode(bytes.subarray(HEAD_AT, columnsAt));
	const { format, program } = JSON.parse(written) as { format: unknown; program: Head };
	if (format !== PACKED_FORMAT) throw new Error(`format ${JSON.stringify(format)}`);
	const columns = new ColumnReader(bytes.subarray(columnsAt));
	const wire = readProgram(program, columns);
	if (!columns.isDone) throw new Error("more data than a program has");
	return wire;
}

/** What was compressed with gzip and written as base64. */
export async function decompressed(base64: string): Promise<Uint8Array<ArrayBuffer>> {
	const text = atob(base64);
	const packed = new Uint8Array(text.length);
	for (let i = 0; i < packed.length; i++) packed[i] = text.charCodeAt(i);
	const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** In the order of `packing.pack`: the columns stand one after another. */
function readProgram(head: Head, columns: ColumnReader): ProgramWire {
	const strings = readStrings(head.strings, columns);
	const regions = readRegions(head.regions, columns);
	const values = readValues(columns);
	const equations = readEquations(columns);
	const rest = {
		spans: readSpans(columns),
		frames: readFrames(columns),
		groups: readGroups(columns),
	};
	const wire = { ...head, strings, regions, values, equations, ...rest };
	return { ...wire, stages: head.stages.map((stage) => readStage(stage, wire, columns)) };
}

function readStrings(others: readonly string[], columns: ColumnReader): string[] {
	const [count = 0] = columns.plain();
	const places = columns.delta();
	const strings: string[] = [];
	let named = 0;
	for (let other = 0; strings.length < count; ) {
		const isOther = strings.length === places[other];
		strings.push(isOther ? (others[other++] as string) : letters(named++));
	}
	return strings;
}

/** a, b, ..., z, ba, ...: as JAX names values. */
function letters(index: number): string {
	let name = String.fromCharCode(97 + (index % 26));
	for (let rest = Math.floor(index / 26); rest > 0; rest = Math.floor(rest / 26)) {
		name = String.fromCharCode(97 + (rest % 26)) + name;
	}
	return name;
}

function readRegions(head: Head["regions"], columns: ColumnReader): RegionWire[] {
	const names = columns.plain();
	const kinds = columns.plain();
	const equations = columns.delta();
	const runs = columns.largeIndexed();
	const [inputs, constants, outputs] = [readLists(columns), readLists(columns), readLists(columns)];
	return Array.from(names, (name, region) => ({
		name: head.names[name] as string,
		kind: head.kinds[kinds[region] as number] as string,
		equation: equations[region] as number,
		inputs: inputs[region] as number[],
		constants: constants[region] as number[],
		outputs: outputs[region] as number[],
		runs: runs[region] as number,
	}));
}

function readLists(columns: ColumnReader): number[][] {
	const counts = columns.plain();
	const flat = columns.delta();
	let end = 0;
	return Array.from(counts, (count) => {
		end += count;
		return [...flat.subarray(end - count, end)];
	});
}

function readValues(columns: ColumnReader): ValueColumns {
	return { name: columns.delta(), type: columns.plain(), kind: columns.plain() };
}

function readEquations(columns: ColumnReader): EquationColumns {
	const shared = {
		primitive: columns.indexed(),
		scope: columns.indexed(),
		parameters: columns.indexed(),
		meaning: columns.indexed(),
		flops: columns.largeIndexed(),
		bytes: columns.largeIndexed(),
		span: columns.indexed(),
		phase: columns.plain(),
		region: columns.delta(),
		frame: columns.delta(),
		input_count: columns.plain(),
		output_count: columns.plain(),
		outputs: columns.delta(),
	};
	const { input_count, output_count, outputs } = shared;
	let equation = -1;
	let end = 0;
	let first = 0;
	let written = 0;
	const inputs = columns.shifted((place) => {
		while (place >= end) {
			end += input_count[++equation] as number;
			if (output_count[equation]) first = outputs[written] as number;
			written += output_count[equation] as number;
		}
		return first;
	});
	return { ...shared, inputs };
}

function readSpans(columns: ColumnReader): SpanColumns {
	const file = columns.indexed();
	const fn = columns.indexed();
	const line = columns.delta();
	const column = columns.plain();
	const end_line = columns.shifted((place) => line[place] as number);
	const end_column = columns.shifted((place) => column[place] as number);
	// Few, and read as lists.
	return {
		file: [...file],
		line: [...line],
		column: [...column],
		end_line: [...end_line],
		end_column: [...end_column],
		function: [...fn],
	};
}

function readFrames(columns: ColumnReader): FrameColumns {
	const span = columns.indexed();
	return { span, caller: columns.shifted((place) => place), library: columns.plain() };
}

function readGroups(columns: ColumnReader): GroupColumns {
	return {
		parent: columns.shifted((place) => place),
		kind: columns.plain(),
		name: columns.indexed(),
		region: columns.delta(),
		span: columns.indexed(),
		leaf: columns.delta(),
		order: columns.delta(),
	};
}

function readStage(
	head: StageHead,
	wire: Omit<ProgramWire, "stages">,
	columns: ColumnReader,
): StageWire {
	if (head.written) return jaxprStage(wire);
	const text = head.lines ? columns.lines(head.lines) : (head.text ?? "");
	const first_line = columns.delta();
	const last_line = columns.shifted((place) => first_line[place] as number);
	const equations = readShared(columns);
	const spans = readShared(columns);
	return {
		name: head.name,
		text,
		error: head.error,
		first_line,
		last_line,
		equation_count: equations.counts,
		equations: equations.flat,
		span_count: spans.counts,
		spans: spans.flat,
	};
}

/** Lists, many of which are the same list. */
function readShared(columns: ColumnReader): { counts: Int32Array; flat: Int32Array } {
	const table = readLists(columns);
	const places = columns.plain();
	const counts = Int32Array.from(places, (place) => table[place]?.length ?? 0);
	const flat = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
	let end = 0;
	for (const place of places) {
		for (const value of table[place] ?? []) flat[end++] = value;
	}
	return { counts, flat };
}
