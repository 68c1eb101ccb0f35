/** Self-contained page: `<jxp-diff>` shows the JSON in its own `<script>` child. */

import { mountDiff } from "../views/diffmount";

class JxpDiff extends HTMLElement {
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
		this.stop = mountDiff(this, JSON.parse(json.textContent ?? ""));
		return true;
	}
}

// Every output brings its own copy of this script: the first defines, the others only wake
// the elements that came after it.
if (customElements.get("jxp-diff")) {
	for (const view of document.querySelectorAll("jxp-diff")) (view as Partial<JxpDiff>).start?.();
} else {
	customElements.define("jxp-diff", JxpDiff);
}
