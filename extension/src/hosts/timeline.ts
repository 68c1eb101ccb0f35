/** anywidget shell of the timeline: read traits, take what is new, write traits back. */

import { mountTimeline } from "../views/timelinemount";
import type { TimelineWire } from "../wire/timeline";
import { extend } from "../wire/timelinepayload";

interface Model {
	get(key: string): unknown;
	set(key: string, value: unknown): void;
	save_changes(): void;
	send(content: unknown): void;
	on(event: string, callback: (content: never) => void): void;
	off(event: string, callback: (content: never) => void): void;
}

/** The model grows while no view shows it, too. */
function initialize({ model }: { model: Model }): () => void {
	const grow = (end: TimelineWire) => {
		extend(model.get("timeline") as TimelineWire, end);
	};
	model.on("msg:custom", grow);
	return () => model.off("msg:custom", grow);
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
	return mountTimeline(el, {
		get: (key) => model.get(key),
		on(key, callback) {
			model.on(`change:${key}`, callback);
			return () => model.off(`change:${key}`, callback);
		},
		set(key, value) {
			model.set(key, value);
			model.save_changes();
		},
		onEnd(callback) {
			model.on("msg:custom", callback);
			return () => model.off("msg:custom", callback);
		},
		again: () => model.send("again"),
	});
}

export default { initialize, render };
