/** What an item of a graph, a chip on it or a mark on it stands for. Pure. */

import type { Chip } from "../layout/chips";
import type { Mark } from "../layout/marks";
import type { Item } from "../layout/scene";
import type { Origin } from "../model/focus";
import type { Flow } from "../model/groupflow";
import type { Thing } from "../model/groups";
import { KIND } from "../model/program";

/** A group of more equations lights nothing elsewhere: it would be everything. */
const LIT = 5000;

export class GraphOrigins {
	private readonly flow: Flow;

	constructor(flow: Flow) {
		this.flow = flow;
	}

	of(item: Item | undefined, chip: Chip | null = null, mark: Mark | null = null): Origin | null {
		if (!item) return null;
		if (mark) return { kind: "moves", moves: mark.moves.map(({ index }) => index) };
		const own = chip && this.ofChip(chip);
		if (own) return own;
		const { node } = item;
		if (node.kind === "thing") return this.ofThing(node.key);
		const [value] = node.outer;
		const input = this.flow.inputOf(node.key);
		if (node.kind === "input") return { kind: "value", value: input };
		return value === undefined ? null : { kind: "value", value };
	}

	/** What a chip stands for: equations that are drawn nowhere else, or an input. */
	ofChip({ values }: Chip): Origin | null {
		const { groups } = this.flow;
		const { program } = groups;
		const constants = values
			.map((value) => program.writer()[value] ?? -1)
			.filter((writer) => groups.isConstant(writer));
		const [first] = constants;
		if (constants.length > 1) return { kind: "equations", equations: constants };
		if (first !== undefined) return { kind: "equation", equation: first };
		const [value] = values;
		const isInput = value !== undefined && program.valueKind(value) === KIND.input;
		return isInput && values.length === 1 ? { kind: "value", value } : null;
	}

	private ofThing(thing: Thing): Origin | null {
		const { groups } = this.flow;
		if (groups.isEquation(thing)) return { kind: "equation", equation: thing };
		if ((groups.inside[thing] as number) > LIT) return null;
		return { kind: "equations", equations: groups.equationsIn(thing) };
	}
}
