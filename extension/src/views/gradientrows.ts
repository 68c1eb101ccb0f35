/** The mirror as a tree of rows, of which only those in sight are elements. */

import { type Kept, Mirror } from "../model/mirror";
import { bars } from "../model/norms";
import type { GradientWire } from "../wire/gradient";
import { Cleanup, h } from "./dom";
import { edgeLayer, edgeLines } from "./gradientedges";
import { type Colouring, gradientRow, type RowLook } from "./gradientrow";

export const ROW_HEIGHT = 30;
const SPARE = 6;
let numbered = 0;

export interface RowEvents {
	/** A row, or -1. */
	hover(row: number): void;
	select(row: number): void;
}

export class GradientRows {
	readonly element: HTMLElement;
	readonly mirror: Mirror;
	private readonly inner: HTMLElement;
	private readonly layer = edgeLayer();
	private readonly rows = new Map<number, HTMLElement>();
	private readonly cleanup = new Cleanup();
	private readonly prefix = `jxp-grad-${++numbered}-`;
	private readonly share: (norm: number | null) => number;
	private readonly bytes: Float64Array;
	private readonly hasNorms: boolean;
	private mostBytes = 1;
	private kept: readonly Kept[] = [];
	private colouring: Colouring = "norm";
	private hovered = -1;
	private selected = -1;

	constructor(wire: GradientWire, events: RowEvents) {
		this.mirror = new Mirror(wire);
		const norms = Array.from({ length: this.mirror.count }, (_, row) => this.mirror.norm(row));
		this.share = bars(norms);
		this.hasNorms = norms.some((norm) => norm !== null);
		this.bytes = this.mirror.bytes();
		this.inner = h("div", { class: "jxp-grad-inner" }, this.layer as unknown as HTMLElement);
		this.element = h(
			"div",
			{ class: "jxp-grad-rows", role: "tree", tabindex: 0, "aria-label": "forward and backward" },
			this.inner,
		);
		this.cleanup.on(this.element, "scroll", () => this.refresh(), { passive: true });
		this.cleanup.on(this.element, "pointermove", (event) => {
			if (event.buttons === 0) events.hover(this.rowAt(event));
		});
		this.cleanup.on(this.element, "pointerleave", () => events.hover(-1));
		this.cleanup.on(this.element, "click", (event) => {
			const row = this.rowAt(event);
			if (row < 0) return;
			events.select(row);
			if (this.isCaret(event)) this.toggle(row);
		});
		this.cleanup.on(this.element, "dblclick", (event) => {
			if (!this.isCaret(event)) this.toggle(this.rowAt(event));
		});
		this.arranged();
	}

	colour(colouring: Colouring): void {
		this.colouring = colouring;
		this.rebuild();
	}

	toggle(row: number): void {
		if (row < 0 || !this.mirror.holds(row)) return;
		this.mirror.toggle(row);
		this.arranged();
	}

	openAll(isAll: boolean): void {
		this.mirror.openAll(isAll);
		this.arranged();
	}

	/** Brings a row into sight, with all about it open. */
	reveal(row: number): void {
		const before = this.mirror.shown.length;
		this.mirror.reveal(row);
		if (this.mirror.shown.length !== before) this.arranged();
		const top = this.mirror.place(row) * ROW_HEIGHT;
		const { scrollTop, clientHeight } = this.element;
		// Never `scrollIntoView`: it would scroll the notebook as well.
		if (top < scrollTop || top + ROW_HEIGHT > scrollTop + clientHeight) {
			this.element.scrollTop = Math.max(0, top - clientHeight / 3);
		}
		this.refresh();
	}

	/** The rows that are pointed at and selected; -1 for none. */
	light(hovered: number, selected: number): void {
		this.hovered = hovered;
		this.selected = selected;
		const active = selected < 0 ? -1 : this.mirror.place(selected);
		if (active < 0) this.element.removeAttribute("aria-activedescendant");
		else this.element.setAttribute("aria-activedescendant", `${this.prefix}${active}`);
		this.refresh();
	}

	/** Makes the rows in sight right. */
	refresh(): void {
		const { scrollTop, clientHeight } = this.element;
		const shown = this.mirror.shown;
		const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - SPARE);
		const last = Math.min(shown.length, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + SPARE);
		for (const [place, row] of this.rows) {
			if (place >= first && place < last) continue;
			row.remove();
			this.rows.delete(place);
		}
		const look = this.look();
		const partners = this.partners();
		for (let place = first; place < last; place++) {
			let element = this.rows.get(place);
			if (!element) {
				const one = shown[place];
				if (!one) continue;
				element = gradientRow(this.mirror, one, look);
				element.id = `${this.prefix}${place}`;
				element.dataset.place = String(place);
				element.style.transform = `translateY(${place * ROW_HEIGHT}px)`;
				this.rows.set(place, element);
				this.inner.append(element);
			}
			const isSelected = this.selected >= 0 && this.mirror.place(this.selected) === place;
			element.setAttribute("aria-selected", String(isSelected));
			const isHovered = this.hovered >= 0 && this.mirror.place(this.hovered) === place;
			element.classList.toggle("jxp-grad-hovered", isHovered);
			element.classList.toggle("jxp-grad-partner", partners.has(place));
		}
		this.drawEdges(first, last);
	}

	rebuild(): void {
		for (const row of this.rows.values()) row.remove();
		this.rows.clear();
		this.refresh();
	}

	/** What a row keeps and what it reads, as edges in sight. */
	edgesOf(row: number): Kept[] {
		const place = this.mirror.place(row);
		return this.kept.filter((edge) => edge.source === place || edge.target === place);
	}

	dispose(): void {
		this.cleanup.run();
	}

	private look(): RowLook {
		return {
			colouring: this.colouring,
			norm: (row) => this.share(this.mirror.norm(row)),
			bytes: (row) => this.bytes[row] as number,
			mostBytes: this.mostBytes,
			hasNorms: this.hasNorms,
		};
	}

	private arranged(): void {
		this.kept = this.mirror.kept();
		this.mostBytes = 1;
		for (const { row } of this.mirror.shown) {
			this.mostBytes = Math.max(this.mostBytes, this.bytes[row] as number);
		}
		const height = this.mirror.shown.length * ROW_HEIGHT;
		this.inner.style.height = `${height}px`;
		this.layer.setAttribute("height", String(height));
		this.rebuild();
	}

	private lit(): number {
		if (this.hovered >= 0) return this.mirror.place(this.hovered);
		return this.selected >= 0 ? this.mirror.place(this.selected) : -1;
	}

	private partners(): Set<number> {
		const lit = this.lit();
		const found = new Set<number>();
		for (const edge of this.kept) {
			if (edge.source === lit) found.add(edge.target);
			if (edge.target === lit) found.add(edge.source);
		}
		found.delete(lit);
		return found;
	}

	private drawEdges(first: number, last: number): void {
		const middle = this.inner.querySelector<HTMLElement>(".jxp-grad-middle");
		const from = middle?.offsetLeft ?? 0;
		const within = { from, to: from + (middle?.offsetWidth ?? 0), rowHeight: ROW_HEIGHT };
		const names = ({ residuals }: Kept) => {
			const all = residuals.slice(0, 4).map((one) => this.mirror.wire.residuals[one]?.name ?? "");
			return `${all.join(", ")}${residuals.length > 4 ? ", …" : ""}`;
		};
		const lines = edgeLines(this.kept, names, { ...within, first, last, lit: this.lit() });
		this.layer.replaceChildren(...lines);
	}

	/** The row of an event: of a row or of a line, which is its maker's; -1 for none. */
	private rowAt(event: Event): number {
		for (const target of event.composedPath()) {
			if (target === this.element) break;
			if (!(target instanceof HTMLElement || target instanceof SVGElement)) continue;
			const place = target.dataset.place ?? target.dataset.source;
			if (place !== undefined) return this.mirror.shown[Number(place)]?.row ?? -1;
		}
		return -1;
	}

	private isCaret(event: Event): boolean {
		const target = event.composedPath()[0];
		return target instanceof HTMLElement && target.classList.contains("jxp-grad-caret");
	}
}
