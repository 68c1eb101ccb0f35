/** Self-contained page: `<jxp-gradient>` shows the JSON in its own `<script>` child. */

import { mountGradient } from "../views/gradientmount";

/** Where the page holds the explorer too, its element shows the whole program. */
function explorer(holder: HTMLElement, payload: unknown): () => void {
	const view = document.createElement("jxp-view");
	const data = document.createElement("script");
	data.type = "application/json";
	data.textContent = JSON.stringify(payload);
	view.append(data);
	holder.append(view);
	return () => view.remove();
}

class JxpGradient extends HTMLElement {
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
		this.stop = mountGradient(this, JSON.parse(json.textContent ?? ""), explorer);
		return true;
	}
}

// Every output brings its own copy of this script: the first defines, the others only wake
// the elements that came after it.
if (customElements.get("jxp-gradient")) {
	const views = document.querySelectorAll("jxp-gradient");
	for (const view of views) (view as Partial<JxpGradient>).start?.();
} else {
	customElements.define("jxp-gradient", JxpGradient);
}
