/** What became of an equation in the optimised HLO, as far as its text shows. Pure. */

import { HloText } from "./hlotext";
import { lazy } from "./lazy";
import { type Lifetimes, lifetimes } from "./lifetimes";
import type { Program } from "./program";

export interface Fate {
	readonly words: string;
	/** Line of the optimised HLO, from 1; 0 for none. */
	readonly line: number;
}

/** What XLA may do with a constant: the text does not show which. */
const FOLDED = "constant folded, merged or simplified away";

export class Fates {
	private readonly program: Program;
	private readonly text: () => HloText;
	private readonly lifetimes: () => Lifetimes;

	constructor(program: Program) {
		this.program = program;
		this.text = lazy(() => new HloText(program.stage("hlo")?.lines() ?? []));
		this.lifetimes = lazy(() => lifetimes(program));
	}

	/** Reads the text while nobody waits for it: 100 000 lines take longer than a pointer may. */
	prepare(): void {
		if (this.program.stage("hlo")) this.text();
	}

	/** Empty where there is no optimised HLO to tell. */
	of(equation: number): Fate[] {
		const stage = this.program.stage("hlo");
		if (!stage || stage.error !== null || stage.lines().length === 0) return [];
		const links = stage.links();
		const blocks = links.ofEquation.get(equation);
		if (blocks.length > 0) return this.traces(blocks.map((block) => links.first[block] as number));
		if (this.program.held().count(equation) > 0) {
			return [{ words: "no instruction of its own: see the equations in it", line: 0 }];
		}
		return [{ words: this.absence(equation), line: 0 }];
	}

	/** One fate for each fusion or instruction, however many lines of it are linked. */
	private traces(lines: readonly number[]): Fate[] {
		const found = new Map<string, Fate>();
		for (const line of [...lines].sort((a, b) => a - b)) {
			const fate = this.trace(line);
			if (!found.has(fate.words)) found.set(fate.words, fate);
		}
		return [...found.values()];
	}

	private trace(line: number): Fate {
		const instruction = this.text().instruction(line);
		if (!instruction) return { words: `line ${line}`, line };
		const callers = this.text().callersOf(line);
		const fusion = callers.find((caller) => caller.use === "fusion");
		const inside = this.context(line);
		if (fusion) return { words: `fused into ${fusion.instruction}${inside}`, line };
		if (instruction.opcode === "fusion") {
			return { words: `fused into ${instruction.name}${inside}`, line };
		}
		const [nearest] = callers;
		if (nearest?.use === "applied") {
			return { words: `what ${nearest.instruction} applies${inside}`, line };
		}
		return {
			words: `its own instruction ${instruction.name} (${instruction.opcode})${inside}`,
			line,
		};
	}

	private context(line: number): string {
		const uses = new Set(
			this.text()
				.callersOf(line)
				.map((caller) => caller.use),
		);
		if (uses.has("body")) return ", inside a while body";
		if (uses.has("condition")) return ", inside a while condition";
		return uses.has("branch") ? ", inside a branch" : "";
	}

	private absence(equation: number): string {
		const { dead, constant } = this.lifetimes();
		if (dead[equation]) {
			const readers = this.program.outputs
				.get(equation)
				.map((value) => this.program.readers().count(value));
			const isRead = readers.some((count) => count > 0);
			return `dead: ${isRead ? "only what is dead itself reads it" : "nothing reads it"}`;
		}
		if (constant[equation]) {
			return this.program.inputs.count(equation) === 0
				? `${FOLDED}: it has no inputs`
				: `${FOLDED}: all its inputs are constants`;
		}
		return "left no trace: XLA merged it with others or simplified it away";
	}
}
