/** How the computations of an optimised HLO text call one another. Pure. */

/** How an instruction uses a computation. */
export type Use = "fusion" | "body" | "condition" | "applied" | "branch" | "called";

export interface Caller {
	/** Line of the calling instruction, from 1. */
	readonly line: number;
	readonly instruction: string;
	readonly use: Use;
}

export interface Instruction {
	readonly name: string;
	readonly opcode: string;
}

const HEADER = /^(?:ENTRY )?%?([\w.-]+) .*\{$/;
const INSTRUCTION = /^\s+(?:ROOT )?%?([\w.-]+) = .*? ([a-z][\w-]*)\(/;
const SOME_CALL = / (?:calls|body|condition|to_apply|\w+_computations?)=/;
const CALLS =
	/(calls|body|condition|to_apply|true_computation|false_computation|branch_computations|called_computations)=(?:\{([^}]*)\}|(%?[\w.-]+))/g;

export class HloText {
	private readonly lines: readonly string[];
	/** Per line from 1, the computation around it; -1 for none. */
	private readonly around: Int32Array;
	private readonly callers: (Caller | undefined)[];

	constructor(lines: readonly string[]) {
		this.lines = lines;
		this.around = new Int32Array(lines.length + 1).fill(-1);
		const index = new Map<string, number>();
		const calling: number[] = [];
		// Names start with a percent sign, or in some dumps they do not: then it takes longer.
		const hasSigns = lines.some((line) => line.startsWith("%") || line.startsWith("ENTRY %"));
		const isCalling = (line: string) =>
			hasSigns ? line.includes("=%") || line.includes("={%") : SOME_CALL.test(line);
		let current = -1;
		lines.forEach((line, i) => {
			if (line.startsWith("}")) current = -1;
			else if (line.endsWith("{") && !line.startsWith(" ")) {
				const name = HEADER.exec(line)?.[1];
				current = name === undefined ? -1 : index.size;
				if (name !== undefined) index.set(name, current);
			} else this.around[i + 1] = current;
			if (current >= 0 && isCalling(line)) calling.push(i + 1);
		});
		this.callers = new Array(index.size);
		for (const line of calling) {
			const text = lines[line - 1] as string;
			const instruction = this.instruction(line);
			if (!instruction) continue;
			for (const [, how, list, one] of text.matchAll(CALLS)) {
				for (const name of (list ?? one ?? "").split(/, */)) {
					const called = index.get(name.replace(/^%/, ""));
					if (called === undefined) continue;
					const use = useOf(how as string, instruction.opcode);
					this.callers[called] ??= { line, instruction: instruction.name, use };
				}
			}
		}
	}

	instruction(line: number): Instruction | null {
		const found = INSTRUCTION.exec(this.lines[line - 1] ?? "");
		return found && { name: found[1] as string, opcode: found[2] as string };
	}

	/** What calls the computation around a line, the nearest first. */
	callersOf(line: number): Caller[] {
		const found: Caller[] = [];
		let caller = this.callers[this.around[line] ?? -1];
		while (caller && found.length < this.callers.length) {
			found.push(caller);
			caller = this.callers[this.around[caller.line] ?? -1];
		}
		return found;
	}
}

function useOf(how: string, opcode: string): Use {
	if (how === "calls" && opcode === "fusion") return "fusion";
	if (how === "body" || how === "condition") return how;
	if (how === "to_apply" && opcode !== "call") return "applied";
	return opcode === "conditional" ? "branch" : "called";
}
