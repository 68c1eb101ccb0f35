/** Light or dark as the host is, and the colours of the canvas from the same style sheet. */

import type { Palette } from "./graphdraw";

/** Keeps `data-theme` of `root` in step with the host; returns how to stop. */
export function followTheme(root: HTMLElement, changed: () => void): () => void {
	const system = matchMedia("(prefers-color-scheme: dark)");
	const update = () => {
		root.dataset.theme = isDark(system.matches) ? "dark" : "light";
		changed();
	};
	const observer = new MutationObserver(update);
	for (const target of [document.body, document.documentElement]) {
		observer.observe(target, { attributes: true });
	}
	system.addEventListener("change", update);
	update();
	return () => {
		observer.disconnect();
		system.removeEventListener("change", update);
	};
}

/** JupyterLab, VS Code and Colab say what they are; elsewhere the system does. */
function isDark(system: boolean): boolean {
	const { body, documentElement: html } = document;
	if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
	const kind = body.dataset.vscodeThemeKind;
	if (kind) return kind.includes("dark") || kind === "vscode-high-contrast";
	const said = html.dataset.theme ?? html.getAttribute("theme");
	if (said === "dark" || said === "light") return said === "dark";
	return system;
}

/** Colours as the style sheet gives them to `element`. */
export function readPalette(element: Element): Palette {
	const style = getComputedStyle(element);
	const read = (name: string) => style.getPropertyValue(`--jxp-${name}`).trim();
	return {
		background: read("background"),
		text: read("text"),
		quiet: read("quiet"),
		line: read("edge"),
		box: read("background"),
		forward: read("forward"),
		backward: read("backward"),
		mark: read("mark"),
		kept: read("kept"),
		chip: read("chip"),
		font: style.fontFamily,
	};
}
