/** A long list of equally high rows, of which only those in sight are elements. */

import { countText } from "../model/words";
import { Cleanup, h } from "./dom";

export const ROW_HEIGHT = 18;
const SPARE = 8;
/** Browsers stop growing elements somewhere above this; longer lists are squeezed into it. */
const TALLEST = 12_000_000;
/** Rows that go to paper. */
const PRINTED = 400;

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
	private isPrinting = false;

	constructor(options: VirtualOptions) {
		this.options = options;
		this.squeeze = Math.min(1, TALLEST / Math.max(1, options.count * ROW_HEIGHT));
		this.inner = h("div", { class: "jxp-rows" });
		this.measure();
		this.element = h(
			"div",
			{ class: "jxp-scroll", tabindex: 0, role: "region", "aria-label": options.label },
			this.inner,
		);
		// Wide enough for the greatest number of a line.
		const digits = Math.max(4, String(options.count).length);
		this.element.style.setProperty("--jxp-digits", `${digits + 1.2}ch`);
		this.cleanup.on(this.element, "scroll", () => this.refresh(), { passive: true });
		this.cleanup.on(window, "beforeprint" as "input", () => this.print(true));
		this.cleanup.on(window, "afterprint" as "input", () => this.print(false));
	}

	/** Makes the rows in sight right. */
	refresh(): void {
		const { count, build, paint } = this.options;
		const view = this.element.clientHeight;
		const scroll = this.element.scrollTop;
		const top = this.isPrinting ? 0 : scroll / this.squeeze / ROW_HEIGHT;
		const first = Math.max(0, Math.floor(top) - SPARE);
		const seen = this.isPrinting ? PRINTED : Math.ceil(top + view / ROW_HEIGHT) + SPARE;
		const last = Math.min(count, seen);
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
			row.style.transform = this.isPrinting ? "" : `translateY(${y}px)`;
			paint(row, index);
		}
		this.inner.append(...added);
	}

	/** Builds the rows in sight anew, in order. */
	rebuild(): void {
		this.rows.clear();
		this.inner.replaceChildren();
		this.refresh();
	}

	/**
	 * Brings the nearest of some rows into view; stays still when one of them is. Rows count
	 * from `base`.
	 */
	reveal(indices: readonly number[], base = 0): void {
		const view = this.element.clientHeight;
		if (indices.length === 0 || view === 0) return;
		const top = this.firstRow();
		const bottom = top + view / ROW_HEIGHT - 1;
		let nearest = (indices[0] as number) - base;
		for (const one of indices) {
			const index = one - base;
			if (index >= top && index <= bottom) return;
			if (Math.abs(index - top) < Math.abs(nearest - top)) nearest = index;
		}
		const target = Math.max(0, nearest - view / ROW_HEIGHT / 3) * ROW_HEIGHT * this.squeeze;
		// Never `scrollIntoView`: it would scroll the notebook as well.
		this.element.scrollTop = target;
		this.refresh();
	}

	/** The topmost row in sight. */
	firstRow(): number {
		return this.element.scrollTop / this.squeeze / ROW_HEIGHT;
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

	/** On paper rows are as high and as wide as they come out. */
	private measure(): void {
		const { count, columns } = this.options;
		const { style } = this.inner;
		style.height = this.isPrinting ? "" : `${count * ROW_HEIGHT * this.squeeze}px`;
		style.minWidth = this.isPrinting ? "" : `${columns + 8}ch`;
	}

	/** Paper does not scroll: it gets the first rows, and is told how many there are. */
	private print(isPrinting: boolean): void {
		this.isPrinting = isPrinting;
		this.measure();
		this.rebuild();
		const left = this.options.count - PRINTED;
		if (isPrinting && left > 0) {
			const text = `… ${countText(left, "more line")} not printed`;
			this.inner.append(h("div", { class: "jxp-heading" }, text));
		}
	}
}
