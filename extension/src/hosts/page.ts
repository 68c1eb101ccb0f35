/** Self-contained page: `<jxp-view>` shows the JSON in its own `<script>` child. */

import { mount } from "../views/mount";

class JxpView extends HTMLElement {
	private stop: (() => void) | null = null;

	connectedCallback(): void {
		// A parser that meets the element before its children have come calls this too early.
		if (this.start()) return;
		document.addEventListener("DOMContentLoaded", () => this.start(), { once: true });
	}

	disconnectedCallback(): void {
		this.stop?.();
		this.stop = null;
	}

	start(): boolean {
		const json = this.querySelector(':scope > script[type="application/json"]');
		if (this.stop || !json || !this.isConnected) return this.stop !== null;
		const payload: unknown = JSON.parse(json.textContent ?? "");
		this.stop = mount(this, { get: (key) => (key === "payload" ? payload : null) });
		return true;
	}
}

// Every output brings its own copy of this script: the first defines, the others only wake
// the elements that came after it.
if (customElements.get("jxp-view")) {
	for (const view of document.querySelectorAll("jxp-view")) (view as Partial<JxpView>).start?.();
} else {
	customElements.define("jxp-view", JxpView);
}
