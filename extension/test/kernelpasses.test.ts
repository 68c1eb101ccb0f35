/** What a page asks of its kernel, over a comm that only seems to be one. */

import { beforeEach, expect, test, vi } from "vitest";
import { type Comm, type Kernel, KernelPasses } from "../src/hosts/kernelpasses";

class FakeComm implements Comm {
	subshellStarted?: Promise<void>;
	isDisposed = false;
	opened: unknown = null;
	onMsg: Comm["onMsg"] = () => {};
	onClose: Comm["onClose"] = () => {};

	open(data: unknown): void {
		this.opened = data;
	}
	close(): void {
		this.isDisposed = true;
	}
	dispose(): void {
		this.isDisposed = true;
	}
	/** The kernel says something, or closes it. */
	say(data: unknown): void {
		this.onMsg({ content: { data } });
	}
	end(): void {
		this.onClose();
		this.isDisposed = true;
	}
}

type Slot = (sender: unknown, value: unknown) => void;
class Signal {
	readonly slots = new Set<Slot>();
	connect(slot: Slot): void {
		this.slots.add(slot);
	}
	disconnect(slot: Slot): void {
		this.slots.delete(slot);
	}
	emit(value?: unknown): void {
		for (const slot of [...this.slots]) slot(this, value);
	}
}

class FakeKernel implements Kernel {
	info = Promise.resolve();
	supportsSubshells = false;
	isDisposed = false;
	readonly statusChanged = new Signal();
	readonly disposed = new Signal();
	readonly comms: FakeComm[] = [];
	subshellStarted: Promise<void> | undefined;

	createComm(target: string): Comm {
		expect(target).toBe("jaxplore.ask");
		const comm = new FakeComm();
		if (this.subshellStarted) comm.subshellStarted = this.subshellStarted;
		this.comms.push(comm);
		return comm;
	}
	/** The comm that was opened last. */
	async heard(count: number): Promise<FakeComm> {
		await vi.waitFor(() => expect(this.comms[count - 1]?.opened).toBeTruthy());
		return this.comms[count - 1] as FakeComm;
	}
}

const RUNNING = { state: "running", step: "XLA compiles", elapsed_s: 1 };
const DONE = { state: "done", data: { format: "jaxplore.passes/1" } };
let kernel: FakeKernel;
let passes: KernelPasses;
let states: unknown[];

beforeEach(() => {
	kernel = new FakeKernel();
	passes = new KernelPasses("abc-1", () => kernel);
	states = [];
	passes.on(() => states.push(passes.state));
});

const ask = (what: string) => passes.request({ what, serial: "1" });
const error = () => (passes.state as { error?: string }).error;

test("nothing is asked before the reader clicks", () => {
	expect(passes.state).toEqual({ state: "ready" });
	expect(kernel.comms).toEqual([]);
});

test("a click opens a comm with the output's serial, and its states are told", async () => {
	ask("passes");
	const comm = await kernel.heard(1);
	expect(comm.opened).toEqual({ serial: "abc-1", what: "passes" });
	for (const state of [RUNNING, DONE]) comm.say(state);
	comm.end();
	expect(states.slice(-2)).toEqual([RUNNING, DONE]);
	expect(passes.state).toBe(DONE);
	kernel.statusChanged.emit("restarting"); // what is there stays
	expect(passes.state).toBe(DONE);
});

test("where the kernel has subshells, the comm waits for its own", async () => {
	kernel.supportsSubshells = true;
	let start = () => {};
	kernel.subshellStarted = new Promise((resolve) => {
		start = resolve;
	});
	ask("passes");
	await vi.waitFor(() => expect(kernel.comms).toHaveLength(1));
	await Promise.resolve();
	expect(kernel.comms[0]?.opened).toBeNull();
	expect(passes.state).toEqual({ state: "running", step: "asking the kernel" });
	start();
	await kernel.heard(1);
});

test("where it has none, the page says when the kernel answers", async () => {
	ask("passes");
	await kernel.heard(1);
	const step = "asking the kernel, which answers when no cell runs";
	expect(passes.state).toEqual({ state: "running", step });
});

test("a cancel goes over a comm of its own, and the answer comes over the first", async () => {
	ask("passes");
	const comm = await kernel.heard(1);
	comm.say(RUNNING);
	ask("cancel");
	const cancel = await kernel.heard(2);
	expect(cancel.opened).toEqual({ serial: "abc-1", what: "cancel" });
	cancel.end();
	expect(passes.state).toEqual(RUNNING);
	comm.say({ state: "failed", error: "XLA was stopped: cancelled" });
	comm.end();
	expect(error()).toBe("XLA was stopped: cancelled");
});

test("before the kernel has answered, a cancel takes the question back", async () => {
	ask("passes");
	const comm = await kernel.heard(1);
	await vi.waitFor(() => expect(passes.state).toMatchObject({ state: "running" }));
	await Promise.resolve();
	ask("cancel");
	expect(passes.state).toEqual({ state: "ready" });
	expect(comm.isDisposed).toBe(true);
	comm.say(RUNNING);
	expect(passes.state).toEqual({ state: "ready" });
});

test("a kernel that does not know the program closes, and the page says what to do", async () => {
	ask("passes");
	(await kernel.heard(1)).end();
	expect(passes.state).toMatchObject({ state: "failed" });
	expect(error()).toMatch(
		/^The kernel does not hold this program any more: .* Run the cell again\.$/,
	);
	ask("passes");
	(await kernel.heard(2)).say(DONE);
	expect(passes.state).toBe(DONE);
});

test("without a kernel, and when it ends, the page says what to do", async () => {
	const alone = new KernelPasses("abc-1", () => null);
	alone.request({ what: "passes" });
	expect(alone.state).toEqual({
		state: "failed",
		error: "There is no kernel to ask. Start one and run the cell again.",
	});
	for (const end of [() => kernel.statusChanged.emit("restarting"), () => kernel.disposed.emit()]) {
		ask("passes");
		const comm = await kernel.heard(kernel.comms.length + 1);
		comm.say(RUNNING);
		kernel.statusChanged.emit("busy");
		expect(passes.state).toBe(RUNNING);
		end();
		expect(error()).toBe("The kernel has ended. Run the cell again.");
		expect(kernel.statusChanged.slots.size + kernel.disposed.slots.size).toBe(0);
	}
});

test("an output that is removed leaves the kernel", async () => {
	ask("passes");
	const comm = await kernel.heard(1);
	await Promise.resolve();
	passes.dispose();
	await vi.waitFor(() => expect(comm.isDisposed).toBe(true));
	expect(kernel.statusChanged.slots.size).toBe(0);
});
