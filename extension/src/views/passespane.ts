/** XLA pass by pass: what there is of it, or how to get it. */

import type { Focus } from "../model/focus";
import { Passes } from "../model/passes";
import type { Program } from "../model/program";
import { secondsText } from "../model/words";
import { readPasses } from "../wire/passespayload";
import { isRecord } from "../wire/payload";
import { Cleanup, h } from "./dom";
import type { Host } from "./host";
import type { Pane, PaneEvents } from "./pane";
import style from "./passes.css?inline";
import { type PassesList, passesList } from "./passeslist";
import { type PassesText, passesText } from "./passestext";

/** What a live widget says of its passes. */
interface State {
	readonly state: string;
	readonly step?: string;
	readonly elapsed_s?: number;
	readonly error?: string;
	readonly data?: unknown;
}

const HOW =
	"This page does not hold them, and has no kernel to ask. In JupyterLab `%explore f(x)` gets " +
	"them at a click, elsewhere explore(f, x).widget(); jaxplore.passes(f, x) gives them in " +
	"Python, and an explorer whose .passes() was called saves them with its page.";
const ASK =
	"XLA compiles the program once more, in a process of its own: the kernel stays free, and " +
	"nothing that you run changes.";

export function passesPane(program: Program, events: PaneEvents, host: Host): Pane {
	const cleanup = new Cleanup();
	const bar = h("div", { class: "jxp-pass-bar-row", role: "status" });
	const body = h("div", { class: "jxp-pass-body" });
	const element = h("div", { class: "jxp-passes" }, h("style", {}, style), bar, body);
	let view: PassesView | null = null;
	let shown: unknown;
	let focus: readonly [Focus | null, Focus | null] = [null, null];
	let serial = 0;
	let round = 0;

	const ask = (what: string) =>
		host.set?.("request", { what, serial: `${Date.now()}-${serial++}` });

	function say(words: string, ...more: Node[]): void {
		bar.replaceChildren(h("span", {}, words), ...more);
		bar.hidden = words === "" && more.length === 0;
	}

	function button(label: string, what: string): HTMLElement {
		const made = h("button", { type: "button" }, label);
		made.addEventListener("click", () => ask(what));
		return made;
	}

	function empty(words: string, ...more: Node[]): void {
		if (view) return;
		body.replaceChildren(
			h(
				"div",
				{ class: "jxp-message" },
				h("strong", {}, "XLA, pass by pass"),
				h("p", {}, words),
				...more,
			),
		);
	}

	async function follow(): Promise<void> {
		const { state, step, elapsed_s, error, data } = stateOf(host);
		const mine = ++round;
		try {
			if (data !== undefined && data !== shown) await fill(data, mine);
		} catch (fault) {
			if (mine === round) say(fault instanceof Error ? fault.message : String(fault));
			return;
		}
		if (mine !== round) return;
		if (state === "running") {
			const time = elapsed_s ? ` · ${secondsText(elapsed_s)}` : "";
			say(`${step ?? "starting"}${time}`, button("cancel", "cancel"));
			empty("XLA is at work; its passes come here when it is done.");
		} else if (state === "failed") {
			say(error ?? "XLA failed", button("try again", "passes"));
			empty("There is nothing to show yet.");
		} else if (state === "done") say(view?.passes.error ?? "");
		else {
			say("");
			empty(
				state === "ready" ? ASK : HOW,
				...(state === "ready" ? [button("compile", "passes")] : []),
			);
		}
	}

	async function fill(data: unknown, mine: number): Promise<void> {
		const passes = new Passes(await readPasses(data), program);
		if (mine !== round) return;
		view?.dispose();
		shown = data;
		view = passesView(program, passes, events);
		body.replaceChildren(view.element);
		view.start();
		view.show(...focus);
	}

	const stop = host.on?.("passes", () => void follow());
	if (stop) cleanup.add(stop);
	void follow();

	return {
		name: "passes",
		element,
		show(hover, selected) {
			focus = [hover, selected];
			view?.show(hover, selected);
		},
		reveal: (lit) => view?.reveal(lit),
		find: (text, by) => view?.find(text, by) ?? null,
		resize: () => view?.resize(),
		dispose() {
			round++;
			cleanup.run();
			view?.dispose();
		},
	};
}

/** A widget says how its passes stand; a page has them in its payload, or not at all. */
function stateOf(host: Host): State {
	const live = host.get("passes");
	if (isRecord(live) && typeof live.state === "string") return live as unknown as State;
	const payload = host.get("payload");
	const data = isRecord(payload) ? payload.passes : undefined;
	return data === undefined || data === null ? { state: "none" } : { state: "done", data };
}

interface PassesView extends PassesText {
	readonly passes: Passes;
	/** Shows the first entry: the view is in the page now. */
	start(): void;
}

function passesView(program: Program, passes: Passes, events: PaneEvents): PassesView {
	const texts = [...passes.diffs, ...passes.code];
	const side = h("div", { class: "jxp-pass-text" });
	let text: PassesText | null = null;
	let hover: Focus | null = null;
	let selected: Focus | null = null;
	const list: PassesList = passesList(passes, open);

	function open(index: number): void {
		const chosen = texts[index];
		if (!chosen) return;
		text?.dispose();
		text = null;
		const row = passes.rows[index];
		if (chosen.error) {
			side.replaceChildren(h("div", { class: "jxp-message" }, h("p", {}, chosen.error)));
			return;
		}
		const label = row ? `change by ${row.words}` : chosen.name;
		text = passesText(program, chosen, label, row !== undefined, events);
		side.replaceChildren(text.element);
		text.show(hover, selected);
		if (selected) text.reveal(selected);
	}

	const nothing = h("div", { class: "jxp-message" }, h("p", {}, "No pass changed anything."));
	return {
		passes,
		element: h("div", { class: "jxp-pass-view" }, list.element, texts.length > 0 ? side : nothing),
		start: () => list.choose(0),
		show(nextHover, nextSelected) {
			hover = nextHover;
			if (nextSelected !== selected) {
				selected = nextSelected;
				list.mark(passes.diffs.map((diff) => diff.changes(diff.lit(selected))));
			}
			text?.show(hover, selected);
		},
		reveal: (focus) => text?.reveal(focus),
		find: (wanted, by) => text?.find(wanted, by) ?? null,
		resize: () => text?.resize(),
		dispose() {
			list.dispose();
			text?.dispose();
		},
	};
}
