/** Reads what jaxplore/views/pages/packedcolumns.py wrote: columns of numbers, one after another. */

const HOLE = "\0";
const LARGE = -128;

/** Whole numbers, exact up to 2**53 where they may be large. */
export type Numbers = Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** Each method reads the next column, as the method of the same name in Python wrote it. */
export class ColumnReader {
	private readonly view: DataView;
	private at = 0;

	constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	plain(): Numbers {
		const count = this.size();
		const small = new Int8Array(this.bytes.buffer, this.bytes.byteOffset + this.at, count);
		this.at += count;
		const width = this.view.getUint8(this.at++);
		if (width === 0) return new Int32Array(small);
		const values = width < 8 ? new Int32Array(small) : new Float64Array(small);
		this.large(values, width);
		return values;
	}

	delta(): Int32Array<ArrayBuffer> {
		return added(new Int32Array(this.plain()));
	}

	shifted(expected: (place: number) => number): Int32Array<ArrayBuffer> {
		const values = new Int32Array(this.plain());
		return values.map((value, place) => value + expected(place));
	}

	indexed(): Int32Array<ArrayBuffer> {
		const table = added(new Int32Array(this.plain()));
		return new Int32Array(this.plain()).map((place) => table[place] as number);
	}

	largeIndexed(): Float64Array<ArrayBuffer> {
		const table = added(new Float64Array(this.plain()));
		return new Float64Array(this.plain()).map((place) => table[place] as number);
	}

	lines(templates: readonly string[]): string {
		const rows = this.plain();
		const numbers = this.plain();
		const pieces = templates.map((template) => template.split(HOLE));
		const contexts = new Contexts();
		const holes: number[][] = [];
		const last: number[] = [];
		let at = 0;
		const lines = Array.from(rows, (row) => {
			const parts = pieces[row] as string[];
			const compared = holes[row] ?? contexts.of(parts);
			holes[row] = compared;
			let line = parts[0] as string;
			for (let hole = 0; hole < compared.length; hole++) {
				const context = compared[hole] as number;
				const number = (last[context] ?? 0) + (numbers[at++] as number);
				last[context] = number;
				line += number + (parts[hole + 1] as string);
			}
			return line;
		});
		return lines.join("\n");
	}

	/** Whether all has been read. */
	get isDone(): boolean {
		return this.at === this.bytes.length;
	}

	private size(): number {
		const size = this.view.getUint32(this.at, true);
		this.at += 4;
		return size;
	}

	/** Puts the numbers that need more than a byte in their places. */
	private large(values: Numbers, width: number): void {
		const count = this.size();
		const written = new Uint8Array(count * width);
		for (let byte = 0; byte < width; byte++) {
			for (let i = 0; i < count; i++) {
				written[i * width + byte] = this.bytes[this.at++] as number;
			}
		}
		const view = new DataView(written.buffer);
		let next = 0;
		for (let i = 0; i < values.length; i++) {
			if (values[i] !== LARGE) continue;
			values[i] =
				width === 2
					? view.getInt16(next, true)
					: width === 4
						? view.getInt32(next, true)
						: view.getFloat64(next, true);
			next += width;
		}
	}
}

function added<T extends Numbers>(values: T): T {
	let last = 0;
	for (let i = 0; i < values.length; i++) {
		last += values[i] as number;
		values[i] = last;
	}
	return values;
}

/** What each hole of a template is compared with: see `_contexts` in Python. */
class Contexts {
	private readonly names = new Map<string, number>();
	private count = 0;

	of(parts: readonly string[]): number[] {
		let before = "";
		return parts.slice(0, -1).map((piece) => {
			let name = lastName(piece);
			if (name === "." && piece === "." && before) name = `.${before}`;
			before = name;
			const known = name ? this.names.get(name) : undefined;
			if (known !== undefined) return known;
			if (name) this.names.set(name, this.count);
			return this.count++;
		});
	}
}

function lastName(piece: string): string {
	let start = piece.length;
	while (start > 0 && IN_NAMES.has(piece.charCodeAt(start - 1))) start--;
	return piece.slice(start);
}

const IN_NAMES = new Set(
	Array.from("%ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.-", (c) => c.charCodeAt(0)),
);
