/** The text of one stage, with its lines linked. */

import type { Focus, Origin } from "../model/focus";
import type { Heat } from "../model/heat";
import type { Move } from "../model/moves";
import { wholeText } from "../model/movewords";
import type { Program, Stage, StageName } from "../model/program";
import { coloured, tokens } from "./colouring";
import { Cleanup, h } from "./dom";
import { Finder } from "./finder";
import { gutter, type LineCost } from "./gutter";
import { moveSign } from "./movedetails";
import { PANE_LABELS, type Pane, type PaneEvents } from "./pane";
import { VirtualRows } from "./virtual";

/** More characters of one line are of no use to a reader and slow the page down. */
const LONGEST = 4000;

export function textPane(
	program: Program,
	name: StageName,
	stage: Stage,
	events: PaneEvents,
): Pane {
	const lines = stage.lines();
	const links = stage.links();
	const cleanup = new Cleanup();
	let hover: Focus | null = null;
	let selected: Focus | null = null;
	let heat: Heat | null = null;
	let costs: ArrayLike<number> = [];
	let greatest = 0;

	const rows = new VirtualRows({
		label: `${PANE_LABELS[name]} text`,
		count: lines.length,
		columns: Math.min(
			LONGEST,
			lines.reduce((most, line) => Math.max(most, line.length), 0),
		),
		build(index) {
			const whole = lines[index] ?? "";
			const text = whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
			const line = index + 1;
			const block = links.at(line);
			const equations = block < 0 ? [] : links.equationsOf(block);
			const row = h("div", { class: "jxp-line", "data-line": line, "data-index": index });
			if (block >= 0) row.dataset.block = String(block);
			if (name === "jaxpr" && equations[0] !== undefined) {
				row.dataset.equation = String(equations[0]);
			}
			const phase = phaseOf(program, equations);
			if (phase) row.classList.add(phase);
			const moves = movesOn(line);
			if (moves.length > 0) row.classList.add("jxp-sends");
			const marks = finder.marks(index);
			const side = gutter(line, heat, costAt(block, line));
			side.lastElementChild?.before(...moves.slice(0, 1).map(lineMark));
			row.append(
				side,
				h(
					"span",
					{ class: "jxp-code" },
					...coloured(text, tokens(name, text), 0, text.length, marks),
				),
			);
			return row;
		},
		paint(row, index) {
			const line = index + 1;
			const near = hover?.light(name, line) ?? "none";
			const kept = selected?.light(name, line) ?? "none";
			row.classList.toggle("jxp-lit", near === "own" || kept === "own");
			row.classList.toggle("jxp-within", near === "within" || kept === "within");
			row.classList.toggle("jxp-kept", kept !== "none");
		},
	});
	if (name === "hlo" && program.moves) rows.element.classList.add("jxp-signed");
	const finder = new Finder(lines, {
		from: () => Math.ceil(rows.firstRow()),
		changed: () => rows.rebuild(),
		go(index, isChosen) {
			if (isChosen) events.select(originOf(index + 1));
			rows.reveal([index]);
		},
	});

	/** A block's cost stands on its first line. */
	function costAt(block: number, line: number): LineCost | null {
		if (!heat || block < 0 || links.first[block] !== line) return null;
		// Other stages list an equation's instructions; only the jaxpr nests what it holds.
		const held = name === "jaxpr" ? links.equationsOf(block) : [];
		const inside = held.reduce((sum, equation) => sum + (heat?.inside[equation] ?? 0), 0);
		return { own: costs[block] ?? 0, inside, greatest };
	}

	/** What devices send there; only the optimised HLO says. */
	function movesOn(line: number): readonly Move[] {
		return name === "hlo" ? (program.moves?.onLine(line) ?? []) : [];
	}

	function originAt(event: Event): Origin | null {
		return originOf(rows.indexAt(event) + 1);
	}

	function originOf(line: number): Origin | null {
		const moves = movesOn(line).map(({ index }) => index);
		if (moves.length > 0) return { kind: "moves", moves };
		const block = links.at(line);
		return block < 0 ? null : { kind: "line", stage: name, block };
	}

	cleanup.on(rows.element, "pointermove", (event) => {
		if (event.pointerType === "touch" || event.buttons !== 0) return;
		events.hover(originAt(event));
	});
	cleanup.on(rows.element, "pointerleave", () => events.hover(null));
	cleanup.on(rows.element, "click", (event) => {
		if (isSelectingText(rows.element)) return;
		events.select(originAt(event));
	});

	return {
		name,
		element: rows.element,
		show(nextHover, nextSelected) {
			hover = nextHover;
			selected = nextSelected;
			rows.refresh();
		},
		reveal: (focus) => rows.reveal(focus.lines(name), 1),
		find: (text, by) => finder.find(text, by),
		setHeat(next) {
			heat = next;
			const blocks = next?.ofBlocks(name) ?? new Float64Array(0);
			costs = blocks;
			greatest = blocks.reduce((most, cost) => Math.max(most, cost), 0);
			rows.rebuild();
		},
		resize: () => rows.refresh(),
		dispose() {
			cleanup.run();
			rows.dispose();
		},
	};
}

/** The sign before an instruction by which devices send. */
function lineMark(move: Move): HTMLElement {
	const mark = moveSign(move);
	mark.title = wholeText(move);
	mark.setAttribute("role", "img");
	mark.setAttribute("aria-label", wholeText(move));
	mark.removeAttribute("aria-hidden");
	return mark;
}

function phaseOf(program: Program, equations: readonly number[]): string {
	if (equations.length === 0) return "";
	const backward = equations.filter((equation) => program.isBackward(equation)).length;
	if (backward === 0) return "jxp-forward";
	return backward === equations.length ? "jxp-backward" : "";
}

/** A click that ends a drag over text means that text, not the equation under it. */
export function isSelectingText(element: HTMLElement): boolean {
	const root = element.getRootNode() as ShadowRoot & { getSelection?: () => Selection | null };
	const selection = root.getSelection?.() ?? document.getSelection();
	return selection !== null && !selection.isCollapsed && selection.toString().trim() !== "";
}
