/** A long list of equally high rows, of which only those in sight are elements. */

import { Cleanup, h } from "./dom";

export const ROW_HEIGHT = 18;
const SPARE = 8;
/** Browsers stop growing elements somewhere above this; longer lists are squeezed into it. */
const TALLEST = 12_000_000;

export interface VirtualOptions {
	readonly label: string;
	readonly count: number;
	/** Length of the longest row, in characters. */
	readonly columns: number;
	build(index: number): HTMLElement;
	/** Called for each row in sight whenever something may have changed. */
	paint(row: HTMLElement, index: number): void;
}

export class VirtualRows {
	readonly element: HTMLElement;
	private readonly options: VirtualOptions;
	private readonly inner: HTMLElement;
	private readonly rows = new Map<number, HTMLElement>();
	private readonly cleanup = new Cleanup();
	private readonly squeeze: number;

	constructor(options: VirtualOptions) {
		this.options = options;
		const height = options.count * ROW_HEIGHT;
		this.squeeze = Math.min(1, TALLEST / Math.max(1, height));
		this.inner = h("div", { class: "jxp-rows" });
		this.inner.style.height = `${height * this.squeeze}px`;
		this.inner.style.minWidth = `${options.columns + 8}ch`;
		this.element = h(
			"div",
			{ class: "jxp-scroll", tabindex: 0, role: "region", "aria-label": options.label },
			this.inner,
		);
		this.cleanup.on(this.element, "scroll", () => this.refresh(), { passive: true });
	}

	/** Makes the rows in sight right. */
	refresh(): void {
		const { count, build, paint } = this.options;
		const view = this.element.clientHeight;
		const scroll = this.element.scrollTop;
		const top = scroll / this.squeeze / ROW_HEIGHT;
		const first = Math.max(0, Math.floor(top) - SPARE);
		const last = Math.min(count, Math.ceil(top + view / ROW_HEIGHT) + SPARE);
		for (const [index, row] of this.rows) {
			if (index < first || index >= last) {
				row.remove();
				this.rows.delete(index);
			}
		}
		const added: HTMLElement[] = [];
		for (let index = first; index < last; index++) {
			let row = this.rows.get(index);
			if (!row) {
				row = build(index);
				this.rows.set(index, row);
				added.push(row);
			}
			// A squeezed list moves its rows against the scroll, so that they stay 18 px apart.
			const y = this.squeeze === 1 ? index * ROW_HEIGHT : scroll + (index - top) * ROW_HEIGHT;
			row.style.transform = `translateY(${y}px)`;
			paint(row, index);
		}
		this.inner.append(...added);
	}

	/** Brings the nearest of some rows into view; stays still when one of them is. */
	reveal(indices: readonly number[]): void {
		const view = this.element.clientHeight;
		if (indices.length === 0 || view === 0) return;
		const top = this.element.scrollTop / this.squeeze / ROW_HEIGHT;
		const bottom = top + view / ROW_HEIGHT - 1;
		let nearest = indices[0] as number;
		for (const index of indices) {
			if (index >= top && index <= bottom) return;
			if (Math.abs(index - top) < Math.abs(nearest - top)) nearest = index;
		}
		const target = Math.max(0, nearest - view / ROW_HEIGHT / 3) * ROW_HEIGHT * this.squeeze;
		// Never `scrollIntoView`: it would scroll the notebook as well.
		this.element.scrollTop = target;
		this.refresh();
	}

	/** The row under an event, or -1. */
	indexAt(event: Event): number {
		for (const target of event.composedPath()) {
			if (target === this.element) break;
			if (target instanceof HTMLElement && target.dataset.index)
				return Number(target.dataset.index);
		}
		return -1;
	}

	dispose(): void {
		this.cleanup.run();
	}
}
