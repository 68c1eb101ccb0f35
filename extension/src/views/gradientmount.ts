/** Puts a gradient into an element. */

import { readGradient } from "../wire/gradient";
import { isRecord, PayloadError } from "../wire/payload";
import { h } from "./dom";
import style from "./explorer.css?inline";
import own from "./gradient.css?inline";
import { type GradientView, gradientView } from "./gradientview";
import texts from "./texts.css?inline";

/** Shows a payload of the explorer in an element; returns how to stop. */
export type MountExplorer = (element: HTMLElement, payload: unknown) => () => void;

/** Draws `payload` in `el`; returns how to stop. */
export function mountGradient(
	el: HTMLElement,
	payload: unknown,
	explorer: MountExplorer | null,
): () => void {
	const shadow = el.shadowRoot ?? el.attachShadow({ mode: "open" });
	// JupyterLab leaves keys alone inside such an element.
	el.setAttribute("data-lm-suppress-shortcuts", "true");
	let view: GradientView | null = null;
	let isStopped = false;

	async function draw(): Promise<void> {
		try {
			const gradient = await readGradient(payload);
			if (isStopped) return;
			const program = isRecord(payload) ? payload.program : undefined;
			const explore =
				explorer && program !== undefined
					? (holder: HTMLElement) => explorer(holder, program)
					: null;
			view = gradientView(gradient, explore);
			shadow.replaceChildren(h("style", {}, style, texts, own), view.element);
		} catch (error) {
			if (isStopped) return;
			const { message } =
				error instanceof PayloadError
					? error
					: new PayloadError("Cannot show this gradient.", String(error), "run its cell again.");
			const box = h("div", { class: "jxp-root jxp-error", role: "alert" }, message);
			// The static picture that came with the output is better than a message alone.
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
