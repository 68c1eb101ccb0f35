/** Puts a view into an element, whatever page that is in. Hosts know nothing of views. */

import { measuredTime } from "../model/heat";
import { Program } from "../model/program";
import { readCollectives } from "../wire/collectivespayload";
import { PayloadError, readPayload } from "../wire/payload";
import { h } from "./dom";
import { type Explorer, explorer } from "./explorer";
import style from "./explorer.css?inline";
import graph from "./graph.css?inline";
import type { Host } from "./host";
import inspector from "./inspector.css?inline";
import moves from "./moves.css?inline";
import print from "./print.css?inline";
import texts from "./texts.css?inline";

export type { Host } from "./host";

/** Print comes last: it undoes what the others say. */
const STYLE = [style, texts, inspector, graph, moves, print].join("\n");

/** Draws the host's `payload` in `el` and keeps `selected` in step; returns how to stop. */
export function mount(el: HTMLElement, host: Host): () => void {
	const shadow = el.shadowRoot ?? el.attachShadow({ mode: "open" });
	// JupyterLab leaves keys alone inside such an element.
	el.setAttribute("data-lm-suppress-shortcuts", "true");
	let view: Explorer | null = null;
	let round = 0;

	function place(...nodes: Node[]): void {
		shadow.replaceChildren(h("style", {}, STYLE), ...nodes);
	}

	async function draw(): Promise<void> {
		const mine = ++round;
		try {
			const payload = host.get("payload");
			const wire = await readPayload(payload);
			const program = new Program(wire, await readCollectives(payload));
			if (mine !== round) return;
			view?.dispose();
			view = explorer(program, host, measuredTime(payload), (equation) =>
				host.set?.("selected", equation),
			);
			place(view.element);
			follow();
		} catch (error) {
			if (mine !== round) return;
			view?.dispose();
			view = null;
			const { message } =
				error instanceof PayloadError
					? error
					: new PayloadError("Cannot show this output.", String(error), "run its cell again.");
			// The static text that came with the output is better than a message alone.
			place(h("div", { class: "jxp-root jxp-error", role: "alert" }, message), h("slot"));
		}
	}

	function follow(): void {
		const equation = host.get("selected");
		view?.select(typeof equation === "number" ? equation : null);
	}

	const stops = [host.on?.("payload", draw), host.on?.("selected", follow)];
	void draw();
	return () => {
		round++;
		for (const stop of stops) stop?.();
		view?.dispose();
		shadow.replaceChildren();
	};
}
