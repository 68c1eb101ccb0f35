/** Places frames: small ones at once, others in a worker, and here where there is none. */

import { type Frame, type Placed, place } from "./compound";
import LayoutWorker from "./worker.ts?worker&inline";

/** Boxes and edges that take less time than a message to a worker and back. */
const SMALL = 160;
/** What is kept for when a group is closed again. */
const KEPT = 24;

export class Placer {
	private worker: Worker | null = null;
	private failed = false;
	private last = 0;
	private readonly known = new Map<string, Placed>();
	private readonly waiting = new Map<number, { frame: Frame; done: (placed: Placed) => void }>();

	/** Calls `done` now or later; only the latest request is answered. */
	place(key: string, frame: Frame, done: (placed: Placed) => void): void {
		const id = ++this.last;
		const finish = (placed: Placed) => {
			this.keep(key, placed);
			if (id === this.last) done(placed);
		};
		const known = this.known.get(key);
		const worker = !known && sizeOf(frame) > SMALL ? this.start() : null;
		if (!worker) {
			finish(known ?? place(frame));
			return;
		}
		this.waiting.set(id, { frame, done: finish });
		worker.postMessage({ id, frame });
	}

	/** Starts the worker before it is needed: what is opened first does not wait for that. */
	warm(): void {
		setTimeout(() => this.start(), 300);
	}

	/** Here and now. */
	placeNow(key: string, frame: Frame): Placed {
		const placed = this.known.get(key) ?? place(frame);
		this.keep(key, placed);
		return placed;
	}

	dispose(): void {
		this.worker?.terminate();
		this.worker = null;
		this.failed = true;
		this.waiting.clear();
		this.last++;
	}

	private keep(key: string, placed: Placed): void {
		this.known.delete(key);
		this.known.set(key, placed);
		for (const oldest of this.known.keys()) {
			if (this.known.size <= KEPT) break;
			this.known.delete(oldest);
		}
	}

	private start(): Worker | null {
		if (this.worker || this.failed) return this.worker;
		try {
			const worker = new LayoutWorker();
			worker.addEventListener("message", ({ data }) => {
				const asked = this.waiting.get(data.id);
				this.waiting.delete(data.id);
				asked?.done(data.placed as Placed);
			});
			// A page may forbid workers, and say so only now.
			worker.addEventListener("error", () => this.giveUp());
			this.worker = worker;
		} catch {
			this.failed = true;
		}
		return this.worker;
	}

	private giveUp(): void {
		this.failed = true;
		this.worker?.terminate();
		this.worker = null;
		const asked = [...this.waiting.values()];
		this.waiting.clear();
		for (const { frame, done } of asked) done(place(frame));
	}
}

function sizeOf(frame: Frame): number {
	return frame.boxes.reduce(
		(sum, box) => sum + (box.frame ? sizeOf(box.frame) : 0),
		frame.boxes.length + frame.from.length,
	);
}
