/** The calls that led to an equation, outermost first; a library's own calls folded. */

import type { Program } from "../model/program";
import { countText, placeText } from "../model/words";
import { type ChipEvents, chip } from "./chips";
import { h } from "./dom";

/** Frames of a recursion, or of a framework, that can be read in one line. */
const MOST = 40;

/** Remembers whether the reader wants to see the library's frames. */
export class CallStack {
	private readonly program: Program;
	private readonly events: ChipEvents;
	private isUnfolded = false;

	constructor(program: Program, events: ChipEvents) {
		this.program = program;
		this.events = events;
	}

	/** Null where nothing is known about the calls. */
	of(equation: number, chosen = -1): HTMLElement | null {
		const list = h("ol", { class: "jxp-stack", "aria-label": "call stack, outermost call first" });
		this.fill(list, equation, chosen);
		return list.hasChildNodes() ? list : null;
	}

	private fill(list: HTMLElement, equation: number, chosen: number): void {
		const items: HTMLElement[] = [];
		for (const { frames, isLibrary } of this.program.calls().crumbs(equation)) {
			if (isLibrary) items.push(this.fold(frames, () => this.fill(list, equation, chosen)));
			if (isLibrary && !this.isUnfolded) continue;
			for (const frame of frames) items.push(this.frame(frame, isLibrary, frame === chosen));
		}
		const left = items.length - MOST;
		// The calls nearest to the equation say most.
		if (left > 0) items.splice(1, left, h("li", {}, countText(left, "more call")));
		list.replaceChildren(...items);
	}

	private frame(frame: number, isLibrary: boolean, isChosen: boolean): HTMLElement {
		const span = this.program.calls().spanOf(frame);
		const { file, line, function: names } = this.program.wire.spans;
		const path = this.program.string(file[span]);
		const name = this.program.string(names[span]);
		const where = `${path.split(/[\\/]/).at(-1)}:${line[span] ?? "?"}`;
		const text = name === "<module>" || name === "?" ? where : name;
		const place = text === where ? [] : [h("span", { class: "jxp-name" }, where)];
		const title = span < 0 ? "" : `everything made below ${placeText(this.program, span)}`;
		const button = chip([text, ...place], { kind: "frame", frame }, this.events, title);
		if (isChosen) button.setAttribute("aria-current", "true");
		return h("li", { class: isLibrary ? "jxp-library" : "jxp-own" }, button);
	}

	private fold(frames: readonly number[], again: () => void): HTMLElement {
		const text = countText(frames.length, "library frame");
		const title = this.isUnfolded ? "fold the library's frames" : "show the library's frames";
		const button = h(
			"button",
			{ type: "button", class: "jxp-fold", title, "aria-expanded": String(this.isUnfolded) },
			text,
		);
		button.addEventListener("click", () => {
			const root = button.getRootNode() as ShadowRoot;
			const hadFocus = root.activeElement === button;
			const list = button.closest("ol");
			this.isUnfolded = !this.isUnfolded;
			again();
			if (hadFocus) list?.querySelector<HTMLElement>(".jxp-fold")?.focus();
		});
		return h("li", { class: "jxp-library" }, button);
	}
}
