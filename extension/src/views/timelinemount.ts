/** Puts a timeline into an element and keeps it in step with its host. */

import { PayloadError } from "../wire/payload";
import type { TimelineWire } from "../wire/timeline";
import { checkTimeline, extend } from "../wire/timelinepayload";
import { h } from "./dom";
import style from "./explorer.css?inline";
import type { Host } from "./mount";
import { type TimelineView, timelineView } from "./timeline";
import own from "./timeline.css?inline";

/** A host whose timeline grows: each message is its new end. */
export interface GrowingHost extends Host {
	onEnd?(callback: (end: TimelineWire) => void): () => void;
	/** Ask for the whole of it again. */
	again?(): void;
}

/** Draws the host's `timeline` in `el` and keeps `selected` in step; returns how to stop. */
export function mountTimeline(el: HTMLElement, host: GrowingHost): () => void {
	const shadow = el.shadowRoot ?? el.attachShadow({ mode: "open" });
	// JupyterLab leaves keys alone inside such an element.
	el.setAttribute("data-lm-suppress-shortcuts", "true");
	let view: TimelineView | null = null;

	function place(node: Node): void {
		shadow.replaceChildren(h("style", {}, style, own), node);
	}

	function draw(): void {
		try {
			const wire = checkTimeline(host.get("timeline"));
			if (view) view.update(wire);
			else {
				view = timelineView(wire, (row) => host.set?.("selected", row));
				place(view.element);
			}
			follow();
		} catch (error) {
			view?.dispose();
			view = null;
			const { message } =
				error instanceof PayloadError
					? error
					: new PayloadError("Cannot show this timeline.", String(error), "run its cell again.");
			place(h("div", { class: "jxp-root jxp-error", role: "alert" }, message));
		}
	}

	function follow(): void {
		const row = host.get("selected");
		view?.select(typeof row === "number" ? row : null);
	}

	function grow(end: TimelineWire): void {
		const wire = host.get("timeline") as TimelineWire;
		if (!view) return;
		if (extend(wire, end)) view.update(wire);
		else host.again?.();
	}

	const stops = [host.on?.("timeline", draw), host.on?.("selected", follow), host.onEnd?.(grow)];
	draw();
	return () => {
		for (const stop of stops) stop?.();
		view?.dispose();
		shadow.replaceChildren();
	};
}
