/** Puts a difference into an element. */

import { readDiff } from "../wire/diffpayload";
import { PayloadError } from "../wire/payload";
import own from "./diff.css?inline";
import { type DiffView, diffView } from "./diffview";
import { h } from "./dom";
import style from "./explorer.css?inline";

/** Draws `payload` in `el`; returns how to stop. */
export function mountDiff(el: HTMLElement, payload: unknown): () => void {
	const shadow = el.shadowRoot ?? el.attachShadow({ mode: "open" });
	// JupyterLab leaves keys alone inside such an element.
	el.setAttribute("data-lm-suppress-shortcuts", "true");
	let view: DiffView | null = null;
	let isStopped = false;

	async function draw(): Promise<void> {
		try {
			const difference = await readDiff(payload);
			if (isStopped) return;
			view = diffView(difference);
			shadow.replaceChildren(h("style", {}, style, own), view.element);
		} catch (error) {
			if (isStopped) return;
			const { message } =
				error instanceof PayloadError
					? error
					: new PayloadError("Cannot show this difference.", String(error), "run its cell again.");
			const box = h("div", { class: "jxp-root jxp-error", role: "alert" }, message);
			// The static table that came with the output is better than a message alone.
			shadow.replaceChildren(h("style", {}, style), box, h("slot"));
		}
	}

	void draw();
	return () => {
		isStopped = true;
		view?.dispose();
		shadow.replaceChildren();
	};
}
