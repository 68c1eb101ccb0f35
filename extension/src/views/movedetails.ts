/** What devices send, in the inspector: what, for which equations, why, and what to do. */

import type { Focus } from "../model/focus";
import type { Move } from "../model/moves";
import { movesText, moveText, shortName, whoText } from "../model/movewords";
import { bytesText, placeText } from "../model/words";
import { chip, equationChips } from "./chips";
import type { Parts } from "./details";
import { h } from "./dom";

const EQUATIONS = 4;
const MOVES = 8;

/** A selection of what is sent, in three lines; all words of them where there is room. */
export function movesStrip(parts: Parts, focus: Focus, isOpen: boolean): HTMLElement[] {
	const moves = movesOf(parts, focus);
	const [move] = moves;
	if (!move) return [];
	if (moves.length > 1) return severalStrip(parts, moves, isOpen);
	return [
		h(
			"div",
			{ class: "jxp-row" },
			moveSign(move),
			h("span", { class: "jxp-name" }, `${whoText(move)}:`),
			h("strong", {}, moveText(move)),
			lineButton(parts, move),
			h(
				"span",
				{ class: "jxp-others" },
				...equationChips(parts.program, focus.equations, parts.events, EQUATIONS),
			),
		),
		words(move.explanation, isOpen),
		move.advice ? words(`do: ${move.advice}`, isOpen) : placeRow(parts, move),
		...(isOpen && move.advice ? [placeRow(parts, move)] : []),
		...(isOpen && move.type ? [words(`on each device it gives ${move.type}`, true)] : []),
	];
}

/** What an equation sends, short: each a way to all that is known of it. */
export function moveChips(parts: Parts, equation: number): HTMLElement[] {
	const { moves } = parts.program;
	return chips(parts, moves?.at(equation) ?? [], (move) => {
		const part = moves?.bearers(move).get(equation) ?? 1;
		return part < 1 ? `≈${bytesText(part * move.total)} of ` : "";
	});
}

/** The same at length. */
export function moveRows(parts: Parts, equation: number): HTMLElement[] {
	return (parts.program.moves?.at(equation) ?? []).slice(0, MOVES).map((move) => {
		const advice = move.advice ? [h("span", {}, `do: ${move.advice}`)] : [];
		return h(
			"div",
			{ class: "jxp-row" },
			moveSign(move),
			h("span", { class: "jxp-name" }, `${whoText(move)}:`),
			moveChip(parts, move, moveText(move)),
			h("span", { class: "jxp-name" }, move.explanation),
			...advice,
		);
	});
}

/** The sign of a mark; what it means is said beside it. */
export function moveSign({ isHost }: Pick<Move, "isHost">): HTMLElement {
	const kind = isHost ? "jxp-host" : "jxp-between";
	return h("span", { class: `jxp-move ${kind}`, "aria-hidden": "true" });
}

function movesOf({ program }: Parts, { origin }: Focus): Move[] {
	return origin.kind === "moves" ? (program.moves?.get(origin.moves) ?? []) : [];
}

function severalStrip(parts: Parts, moves: readonly Move[], isOpen: boolean): HTMLElement[] {
	const largest = [...moves].sort((a, b) => b.total - a.total);
	const first = largest[0] as Move;
	const head = h("div", { class: "jxp-row" }, moveSign(first), h("strong", {}, movesText(moves)));
	if (isOpen) {
		const rows = largest.map((move) => h("div", { class: "jxp-row" }, moveChip(parts, move)));
		return [head, ...rows];
	}
	return [
		head,
		h("div", { class: "jxp-row" }, ...chips(parts, largest)),
		words(moves.find(({ advice }) => advice)?.advice.replace(/^/, "do: ") ?? "", false),
	];
}

/** `partOf` is what stands before the size. */
function chips(
	parts: Parts,
	moves: readonly Move[],
	partOf: (move: Move) => string = () => "",
): HTMLElement[] {
	const shown = moves.slice(0, MOVES).map((move) => {
		const size = move.bytes > 0 ? ` ${partOf(move)}${bytesText(move.total)}` : "";
		return moveChip(parts, move, `${shortName(move)}${size}`);
	});
	const left = moves.length - shown.length;
	return left > 0 ? [...shown, h("span", {}, `+${left.toLocaleString("en")} more`)] : shown;
}

function moveChip({ events }: Parts, move: Move, text = moveText(move)): HTMLElement {
	const origin = { kind: "moves", moves: [move.index] } as const;
	const button = chip(
		[moveSign(move), text],
		origin,
		events,
		`${whoText(move)}: ${moveText(move)}`,
	);
	button.classList.add("jxp-moving");
	return button;
}

function lineButton({ open }: Parts, { line, name }: Move): HTMLElement | string {
	if (line <= 0) return "";
	const text = `${name || "optimised HLO"}, line ${line}`;
	const button = h("button", { type: "button", class: "jxp-chip" }, text);
	button.addEventListener("click", () => open(line));
	return button;
}

function placeRow({ program, events }: Parts, { span }: Move): HTMLElement {
	const place =
		span < 0
			? h("span", { class: "jxp-name" }, "which expression it comes from is not known")
			: chip([placeText(program, span)], { kind: "span", span }, events);
	return h("div", { class: "jxp-row" }, place);
}

function words(text: string, isWhole: boolean): HTMLElement {
	const style = isWhole ? "jxp-row jxp-whole" : "jxp-row jxp-middle";
	return h("div", { class: style }, h("span", { class: "jxp-meaning", title: text }, text));
}
