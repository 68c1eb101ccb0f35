/** What is kept, drawn from the row that makes it to the rows that read it. */

import type { Kept } from "../model/mirror";
import { bytesText } from "../model/words";

const SVG = "http://www.w3.org/2000/svg";
/** More lines than these say nothing. */
const MOST = 300;
const THICKEST = 8;

export interface EdgesIn {
	readonly from: number;
	readonly to: number;
	readonly rowHeight: number;
	/** Rows in sight. */
	readonly first: number;
	readonly last: number;
	/** The place that was pointed at or selected; -1 for none. */
	readonly lit: number;
}

/** The lines of all edges that touch the rows in sight, the largest on top. */
export function edgeLines(
	kept: readonly Kept[],
	names: (kept: Kept) => string,
	within: EdgesIn,
): SVGElement[] {
	const most = kept.find((edge) => edge.isMade)?.bytes ?? 1;
	const seen = kept.filter(
		(edge) =>
			Math.max(edge.source, edge.target) >= within.first &&
			Math.min(edge.source, edge.target) < within.last,
	);
	return seen
		.slice(0, MOST)
		.reverse()
		.map((edge) => line(edge, most, names(edge), within));
}

function line(edge: Kept, most: number, name: string, within: EdgesIn): SVGElement {
	const y = (place: number) => (place + 0.5) * within.rowHeight;
	const [start, end] = [y(edge.source), y(edge.target)];
	const middle = (within.from + within.to) / 2;
	const path = document.createElementNS(SVG, "path");
	const bend =
		start === end ? `H${within.to}` : `C${middle} ${start} ${middle} ${end} ${within.to} ${end}`;
	path.setAttribute("d", `M${within.from} ${start}${bend}`);
	path.setAttribute("class", edge.isMade ? "jxp-grad-made" : "jxp-grad-alive");
	path.dataset.source = String(edge.source);
	if (edge.isMade) {
		const width = 1.2 + (THICKEST - 1.2) * Math.sqrt(edge.bytes / Math.max(1, most));
		path.style.strokeWidth = `${width.toFixed(1)}px`;
	}
	if (within.lit >= 0) {
		const isLit = edge.source === within.lit || edge.target === within.lit;
		path.classList.add(isLit ? "jxp-grad-lit" : "jxp-grad-dim");
	}
	const title = document.createElementNS(SVG, "title");
	title.textContent = `${bytesText(edge.bytes)}: ${name}`;
	path.append(title);
	return path;
}

/** A layer for them; the rows lie in front of it. */
export function edgeLayer(): SVGSVGElement {
	const layer = document.createElementNS(SVG, "svg");
	layer.setAttribute("class", "jxp-grad-edges");
	layer.setAttribute("aria-hidden", "true");
	return layer;
}
