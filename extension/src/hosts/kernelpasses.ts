/** XLA's passes from the kernel that made an output, asked for when the reader clicks. */

import { isRecord } from "../wire/payload";

/** The little of a kernel connection of JupyterLab that is used here. */
export interface Comm {
	readonly subshellStarted?: Promise<void>;
	readonly commsOverSubshells?: string;
	readonly isDisposed: boolean;
	onMsg: (message: { readonly content: { readonly data: unknown } }) => void;
	onClose: () => void;
	open(data: unknown): unknown;
	close(): unknown;
	/** Without a word to the kernel. */
	dispose(): void;
}
type Change = (kernel: unknown, status: unknown) => void;
export interface Kernel {
	readonly info: Promise<unknown>;
	readonly supportsSubshells?: boolean;
	readonly isDisposed: boolean;
	readonly statusChanged: { connect(slot: Change): void; disconnect(slot: Change): void };
	readonly disposed: { connect(slot: Change): void; disconnect(slot: Change): void };
	createComm(target: string): Comm;
}

const TARGET = "jaxplore.ask";
/** A subshell is there in some milliseconds, or never. */
const SUBSHELL_MS = 2000;

const NO_KERNEL = "There is no kernel to ask. Start one and run the cell again.";
const UNKNOWN =
	"The kernel does not hold this program any more: it was restarted, is another one, or has " +
	"shown many programs since. Run the cell again.";
const WAITS = "asking the kernel, which answers when no cell runs";
const GONE = "The kernel has ended. Run the cell again.";

export class KernelPasses {
	/** As a widget's trait `passes`: see `passesjob.py`. */
	state: unknown = { state: "ready" };
	private comm: Comm | null = null;
	private kernel: Kernel | null = null;
	private isAnswered = false;
	private round = 0;
	private readonly listeners = new Set<() => void>();

	constructor(
		private readonly serial: string,
		/** The kernel now; another one when the notebook has changed it. */
		private readonly kernelNow: () => Kernel | null,
	) {}

	on(callback: () => void): () => void {
		this.listeners.add(callback);
		return () => this.listeners.delete(callback);
	}

	/** What the pane asks for: its passes, or to cancel. */
	request(value: unknown): void {
		const what = isRecord(value) ? value.what : undefined;
		if (what === "passes") void this.ask();
		if (what !== "cancel" || !this.kernel) return;
		if (this.isAnswered) {
			// A comm of its own: a message over one that is open would run the hooks of cells.
			void this.open(this.kernel, what, this.round);
			return;
		}
		this.leave();
		this.enter({ state: "ready" });
	}

	dispose(): void {
		this.listeners.clear();
		this.leave();
	}

	private async ask(): Promise<void> {
		const kernel = this.kernelNow();
		if (!kernel || kernel.isDisposed) {
			this.enter({ state: "failed", error: NO_KERNEL });
			return;
		}
		this.leave();
		const mine = this.round;
		this.kernel = kernel;
		kernel.statusChanged.connect(this.changed);
		kernel.disposed.connect(this.ended);
		this.isAnswered = false;
		this.enter({ state: "running", step: "asking the kernel" });
		const comm = await this.open(kernel, "passes", mine, (state) => {
			this.isAnswered = true;
			this.enter(state);
		});
		if (mine !== this.round) close(comm);
		else this.comm = comm;
	}

	/** Asks one thing. Of the kernels, those with subshells hear it while a cell runs. */
	private async open(
		kernel: Kernel,
		what: string,
		mine: number,
		told: ((state: unknown) => void) | null = null,
	): Promise<Comm | null> {
		try {
			await kernel.info;
			if (mine !== this.round) return null;
			const comm = kernel.createComm(TARGET);
			const isSplit = kernel.supportsSubshells && comm.commsOverSubshells !== "disabled";
			if (isSplit && comm.subshellStarted) {
				const late = new Promise((resolve) => setTimeout(resolve, SUBSHELL_MS));
				await Promise.race([comm.subshellStarted, late]).catch(() => undefined);
			} else if (told) this.enter({ state: "running", step: WAITS });
			if (mine !== this.round) {
				comm.dispose();
				return null;
			}
			if (told) {
				comm.onMsg = ({ content }) => mine === this.round && told(content.data);
				comm.onClose = () => mine === this.round && this.closed();
			}
			comm.open({ serial: this.serial, what });
			return comm;
		} catch {
			if (told && mine === this.round) this.end(GONE);
			return null;
		}
	}

	private enter(state: unknown): void {
		this.state = state;
		for (const callback of this.listeners) callback();
	}

	/** After the last state; before any, by a kernel that does not know the serial. */
	private closed(): void {
		const wasRunning = isRecord(this.state) && this.state.state === "running";
		this.comm = null;
		this.leave();
		if (wasRunning) this.enter({ state: "failed", error: UNKNOWN });
	}

	private end(error: string): void {
		this.comm = null;
		this.leave();
		this.enter({ state: "failed", error });
	}

	private readonly ended = () => this.end(GONE);
	private readonly changed: Change = (_, status) => {
		if (["restarting", "autorestarting", "terminating", "dead"].includes(String(status))) {
			this.end(GONE);
		}
	};

	private leave(): void {
		this.round++;
		close(this.comm);
		this.comm = null;
		this.kernel?.statusChanged.disconnect(this.changed);
		this.kernel?.disposed.disconnect(this.ended);
		this.kernel = null;
	}
}

function close(comm: Comm | null): void {
	try {
		if (comm && !comm.isDisposed) comm.close();
	} catch {
		// The connection is gone, and the comm with it.
	}
}
