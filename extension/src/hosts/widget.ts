/** anywidget shell: read traits, draw, write traits back, clean up. No logic here. */

import { mount } from "../views/mount";

interface Model {
	get(key: string): unknown;
	set(key: string, value: unknown): void;
	save_changes(): void;
	on(event: string, callback: () => void): void;
	off(event: string, callback: () => void): void;
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
	return mount(el, {
		get: (key) => model.get(key),
		on(key, callback) {
			model.on(`change:${key}`, callback);
			return () => model.off(`change:${key}`, callback);
		},
		set(key, value) {
			model.set(key, value);
			model.save_changes();
		},
	});
}

export default { render };
