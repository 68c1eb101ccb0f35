/** Everything that devices send, as a list: the most first, what goes to the host last. */

import type { Focus } from "../model/focus";
import type { Move, Moves } from "../model/moves";
import { amongText, moveText, overviewText, shortName } from "../model/movewords";
import type { Program } from "../model/program";
import { nextMatch } from "../model/search";
import { SpanTexts } from "../model/spantexts";
import { bytesText, countText, placeText } from "../model/words";
import { Cleanup, h } from "./dom";
import { keepInSight } from "./keepinsight";
import { moveSign } from "./movedetails";
import type { Found, Pane, PaneEvents } from "./pane";

/** More are not listed: nobody goes through them, and the graph has all. */
const MOST = 500;
const QUOTE = 120;

let serial = 0;

export function movesPane(program: Program, moves: Moves, events: PaneEvents): Pane {
	const cleanup = new Cleanup();
	const id = `jxp-move-${serial++}`;
	const quotes = new SpanTexts(program.wire);
	const listed = [...moves.rows].sort(bySize).slice(0, MOST);
	const most = listed.reduce((top, move) => Math.max(top, move.isHost ? 0 : move.total), 1);
	const entries = listed.map((move, i) => entry(`${id}-${i}`, move, quoteOf(move), most));
	const list = h(
		"div",
		{ class: "jxp-move-list", role: "listbox", tabindex: 0, "aria-label": "what devices send" },
		...entries,
	);
	const left = moves.rows.length - listed.length;
	const element = h(
		"div",
		{ class: "jxp-move-pane" },
		h("div", { class: "jxp-move-head" }, overviewText(moves)),
		list,
		...(left > 0 ? [h("div", { class: "jxp-move-head" }, `and ${left} smaller ones`)] : []),
	);
	let current = -1;

	function quoteOf({ span }: Move): string {
		const text = quotes.of(span).replace(/\s+/g, " ");
		return text.length > QUOTE ? `${text.slice(0, QUOTE - 1)}…` : text;
	}

	/** The file without its folders: the title has all of it. */
	function shortPlace(span: number): string {
		return placeText(program, span)
			.replace(/^[^,]*[\\/]/, "")
			.replace(/, column \d+/, "");
	}

	function entry(name: string, move: Move, quote: string, top: number): HTMLElement {
		const bar = h("span", { class: "jxp-move-bar", "aria-hidden": "true" });
		bar.style.width = `${move.isHost ? 0 : (move.total / top) * 100}%`;
		const place = move.span < 0 ? "which expression is not known" : shortPlace(move.span);
		const bearers = moves.bearers(move).size;
		const shared = bearers > 1 ? ` and ${countText(bearers - 1, "more equation")}` : "";
		const asked = move.isAsked && !move.isHost ? "; asked for" : "";
		const times =
			move.repeats < 0 ? " per turn" : move.repeats > 1 ? `, ${move.repeats} times` : "";
		const total = move.bytes > 0 || !move.isHost ? `${bytesText(move.bytes)}${times}` : "";
		return h(
			"div",
			{ class: "jxp-move-row", role: "option", id: name, "aria-selected": "false" },
			h(
				"div",
				{ class: "jxp-move-what" },
				moveSign(move),
				h("strong", {}, shortName(move)),
				h("span", {}, amongText(move)),
				h("span", { class: "jxp-move-total" }, total),
			),
			bar,
			h(
				"div",
				{ class: "jxp-move-where", title: move.span < 0 ? "" : placeText(program, move.span) },
				h("code", {}, quote),
				h("span", { class: "jxp-name" }, ` ${place}${shared}${asked}`),
			),
			...(move.advice ? [h("div", { class: "jxp-move-where" }, `do: ${move.advice}`)] : []),
		);
	}

	function choose(index: number): void {
		const move = listed[index];
		if (!move) return;
		stand(index);
		events.select({ kind: "moves", moves: [move.index] });
	}

	function stand(index: number): void {
		current = index;
		const row = entries[index];
		if (row) list.setAttribute("aria-activedescendant", row.id);
		else list.removeAttribute("aria-activedescendant");
		if (row) keepInSight(list, row);
	}

	function indexAt(event: Event): number {
		const target = event.target instanceof Element ? event.target.closest("[role=option]") : null;
		return target instanceof HTMLElement ? entries.indexOf(target) : -1;
	}

	cleanup.on(list, "click", (event) => choose(indexAt(event)));
	cleanup.on(list, "pointermove", (event) => {
		if (event.pointerType === "touch") return;
		const move = listed[indexAt(event)];
		events.hover(move ? { kind: "moves", moves: [move.index] } : null);
	});
	cleanup.on(list, "pointerleave", () => events.hover(null));
	cleanup.on(list, "keydown", (event) => {
		const steps: Record<string, number> = {
			ArrowUp: Math.max(0, current - 1),
			ArrowDown: Math.min(entries.length - 1, current + 1),
			Home: 0,
			End: entries.length - 1,
		};
		const next = steps[event.key];
		if (next === undefined) return;
		event.preventDefault();
		// Elsewhere the arrows go through the equations.
		event.stopPropagation();
		// After a key the pointer, wherever it rests, has nothing more to say.
		events.hover(null);
		choose(next);
	});
	const texts = listed.map((move) =>
		`${moveText(move)} ${shortName(move)} ${move.name} ${quoteOf(move)}`.toLowerCase(),
	);
	let found: { words: string; rows: number[]; at: number } = { words: "", rows: [], at: -1 };

	/** Goes from row to row: a row that says the words twice is one. */
	function find(words: string, by: number): Found | null {
		if (words !== found.words) {
			const wanted = words.toLowerCase();
			const hits = texts.flatMap((text, i) => (wanted && text.includes(wanted) ? [i] : []));
			found = { words, rows: hits, at: -1 };
			entries.forEach((row, i) => {
				row.classList.toggle("jxp-hit", hits.includes(i));
			});
		}
		const lines = Int32Array.from(found.rows);
		const next = nextMatch({ lines, more: false }, found.at, Math.max(0, current), by);
		if (next < 0) return null;
		if (by === 0) stand(found.rows[next] as number);
		else {
			found.at = next;
			choose(found.rows[next] as number);
		}
		return { count: found.rows.length, index: found.at };
	}

	return {
		name: "moves",
		element,
		show(hover, selected) {
			const kept = selected?.origin.kind === "moves" ? selected.origin.moves : [];
			const [isHovered, isKept] = [touched(hover), touched(selected)];
			listed.forEach((move, i) => {
				const row = entries[i] as HTMLElement;
				row.setAttribute("aria-selected", String(kept.includes(move.index)));
				row.classList.toggle("jxp-lit", isHovered(move));
				row.classList.toggle("jxp-kept", isKept(move));
			});
		},
		reveal(focus) {
			const at = listed.findIndex(touched(focus));
			if (at >= 0) keepInSight(list, entries[at] as HTMLElement);
		},
		find,
		resize() {},
		dispose: cleanup.run,
	};
}

function bySize(a: Move, b: Move): number {
	return Number(a.isHost) - Number(b.isHost) || b.total - a.total || a.index - b.index;
}

/** Whether a move is what is lit, or has to do with an equation that is. */
function touched(focus: Focus | null): (move: Move) => boolean {
	if (!focus) return () => false;
	const { origin } = focus;
	if (origin.kind === "moves") return ({ index }) => origin.moves.includes(index);
	const equations = new Set(focus.equations);
	return (move) => move.equations.some((equation) => equations.has(equation));
}
