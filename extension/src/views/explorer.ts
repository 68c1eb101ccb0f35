/** The explorer: source beside stages and graph, everything linked to everything. */

import { Focus, type Origin, sameOrigin } from "../model/focus";
import type { Heat, MeasuredTime } from "../model/heat";
import { type Program, STAGES, type StageName } from "../model/program";
import { fitCell, roomForLarge } from "./bodysize";
import { columns } from "./columns";
import { Cleanup, h } from "./dom";
import { header } from "./header";
import type { Host } from "./host";
import { inspector } from "./inspector";
import { type Action, actionOf } from "./keys";
import { type Found, PANE_LABELS, type Pane, type PaneEvents, type PaneName } from "./pane";
import { message, panesOf, SOURCE } from "./panes";
import { followTheme } from "./theme";

export interface Explorer {
	readonly element: HTMLElement;
	/** Selects as if the reader had, but tells nobody. */
	select(equation: number | null): void;
	dispose(): void;
}

/** From this width on there is room for source, jaxpr and graph. */
const WIDE = 1180;

/** `selected` is called with the reader's own choice of an equation, or null. */
export function explorer(
	program: Program,
	host: Host,
	measured: MeasuredTime | null,
	selected: (equation: number | null) => void,
): Explorer {
	const cleanup = new Cleanup();
	const panes = new Map<PaneName, Pane>();
	const stages = panesOf(program);
	const makers = new Map([SOURCE, ...stages].map((maker) => [maker.name, maker]));
	let hover: Focus | null = null;
	let kept: Focus | null = null;
	let heat: Heat | null = null;
	/** The pane that the reader used last. */
	let active: PaneName = "jaxpr";

	const frames = new Map<PaneName, HTMLElement>();
	for (const name of makers.keys()) {
		const style = name === "source" ? "jxp-pane jxp-source" : "jxp-pane";
		frames.set(name, h("div", { class: style, "data-pane": name }));
	}
	const frameOf = (name: PaneName) => frames.get(name) as HTMLElement;
	const head = header(program, measured, {
		find,
		heat(next) {
			heat = next;
			each((shown) => warm(shown));
		},
		split: () => body.split(!body.isSplit()),
		large: () => enlarge(!element.classList.contains("jxp-large")),
		full: fillScreen,
		moves() {
			body.show("moves");
			focus("moves");
		},
	});
	const strip = inspector(
		program,
		{
			hover: (origin) => point("inspector", origin),
			select: (origin) => choose("inspector", origin),
		},
		(line) => {
			body.show("hlo");
			const block = program.stage("hlo")?.links().at(line) ?? -1;
			const moves = program.moves?.onLine(line).map(({ index }) => index) ?? [];
			if (moves.length > 0) choose("inspector", { kind: "moves", moves });
			else if (block >= 0) choose("inspector", { kind: "line", stage: "hlo", block });
		},
	);
	const stageFrames = new Map(stages.map(({ name }) => [name, frameOf(name)]));
	const body = columns(frameOf("source"), stageFrames, arranged);
	fitCell(program, body.element);
	const element = h(
		"div",
		{ class: "jxp-root", role: "group", "aria-label": `program ${program.wire.name}` },
		head.element,
		body.element,
		strip.element,
	);

	function pane(name: PaneName): Pane | undefined {
		const known = panes.get(name);
		const frame = frameOf(name);
		if (known || frame.hasChildNodes()) return known;
		const events: PaneEvents = {
			hover: (origin) => point(name, origin),
			select: (origin) => choose(name, origin),
		};
		try {
			const made = makers.get(name)?.make(program, events, host);
			if (!made) return undefined;
			frame.append(made instanceof HTMLElement ? made : made.element);
			if (made instanceof HTMLElement) return undefined;
			panes.set(name, made);
			return made;
		} catch (error) {
			frame.replaceChildren(message(`Cannot show ${PANE_LABELS[name]}.`, String(error)));
			return undefined;
		}
	}

	/** Calls with each pane in sight. A fault in one must not take the others with it. */
	function each(call: (shown: Pane) => void): void {
		for (const name of ["source" as const, ...body.open()]) {
			const shown = pane(name);
			if (!shown) continue;
			try {
				call(shown);
			} catch (error) {
				console.error(error);
				panes.delete(name);
				frameOf(name).replaceChildren(message(`Cannot show ${PANE_LABELS[name]}.`, String(error)));
			}
		}
	}

	const heated = new Map<PaneName, Heat | null>();
	/** Other panes are in sight, or they have other sizes. */
	function arranged(): void {
		if (active !== "source" && !body.open().includes(active)) aim(body.open()[0] as PaneName);
		head.press(pressed());
		each((shown) => {
			warm(shown);
			shown.show(hover, kept);
			shown.resize();
			if (kept) shown.reveal(kept);
		});
	}

	function warm(shown: Pane): void {
		if ((heated.get(shown.name) ?? null) === heat) return;
		heated.set(shown.name, heat);
		shown.setHeat?.(heat);
	}

	function point(from: PaneName | "inspector", origin: Origin | null): void {
		if (sameOrigin(origin, hover?.origin ?? null)) return;
		hover = origin && new Focus(program, origin);
		each((shown) => shown.show(hover, kept));
		// What is pointed at in the inspector must stay under the pointer.
		if (from !== "inspector") strip.show(hover ?? kept);
		if (hover) reveal(hover, from);
	}

	function choose(from: PaneName | "inspector" | "keys", origin: Origin | null): void {
		// After a key the pointer, wherever it rests, has nothing more to say.
		if (from === "keys" || from === "inspector") hover = null;
		if (sameOrigin(origin, kept?.origin ?? null)) return;
		keep(origin);
		if (kept) reveal(kept, from);
		selected(kept?.equations[0] ?? null);
	}

	function keep(origin: Origin | null): void {
		kept = origin && new Focus(program, origin);
		each((shown) => shown.show(hover, kept));
		strip.show(hover ?? kept);
	}

	function reveal(focus: Focus, except: string): void {
		each((shown) => {
			if (shown.name !== except) shown.reveal(focus);
		});
	}

	function step(by: number): void {
		const order = program.order();
		const current = kept?.equations[0];
		const at =
			current === undefined ? (by > 0 ? -1 : order.length) : (program.place()[current] as number);
		const equation = order[Math.max(0, Math.min(order.length - 1, at + by))];
		if (equation !== undefined) choose("keys", { kind: "equation", equation });
	}

	/** Opens the next tab in which the selection has a counterpart. */
	function counterpart(): void {
		const names = stages.map(({ name }) => name);
		const now = active === "source" ? (body.open()[0] as PaneName) : active;
		const column = Math.max(0, body.open().indexOf(now));
		for (let i = 1; i <= names.length; i++) {
			const name = names[(names.indexOf(now) + i) % names.length] as PaneName;
			if (!isLinked(name)) continue;
			body.show(name, body.open().includes(name) ? body.open().indexOf(name) : column);
			focus(name);
			return;
		}
	}

	function focus(name: PaneName): void {
		frameOf(name).querySelector<HTMLElement>("[tabindex]")?.focus({ preventScroll: true });
	}

	function isLinked(name: PaneName): boolean {
		if (name === "graph") return true;
		const stage = STAGES.find((one): one is StageName => one === name);
		if (!stage || !program.stage(stage)?.lines().length) return false;
		return (kept?.lines(stage).length ?? 1) > 0;
	}

	function find(text: string, by: number): Found | null {
		return pane(active)?.find?.(text, by) ?? null;
	}

	/** Searches go to the pane that was used last. */
	function aim(name: PaneName): void {
		if (name === active) return;
		panes.get(active)?.find?.("", 0);
		active = name;
		head.search.aim(PANE_LABELS[name]);
	}

	function enlarge(isLarge: boolean): void {
		element.style.setProperty("--jxp-large", `${roomForLarge()}px`);
		element.classList.toggle("jxp-large", isLarge);
		head.press(pressed());
	}

	function fillScreen(): void {
		const root = element.getRootNode() as ShadowRoot;
		if (root.fullscreenElement === element) void document.exitFullscreen();
		// A page that does not allow it has the height of its window to give.
		else element.requestFullscreen?.().catch(() => enlarge(true));
	}

	function pressed() {
		const full = (element.getRootNode() as ShadowRoot).fullscreenElement === element;
		return { split: body.isSplit(), large: element.classList.contains("jxp-large"), full };
	}

	const actions: Readonly<Record<Action, () => void>> = {
		previous: () => step(-1),
		next: () => step(1),
		counterpart,
		search: () => head.search.focus(),
		split: () => body.split(!body.isSplit()),
		large: () => enlarge(!element.classList.contains("jxp-large")),
		full: fillScreen,
		more: () => strip.toggleMore(),
		help: () => head.toggleHelp(),
		clear() {
			// Keys must still come here when what they went to has closed.
			if (head.close()) focus(active);
			else choose("keys", null);
		},
	};
	cleanup.on(element, "keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const target = event.composedPath()[0];
		const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
		const isButton = target instanceof HTMLButtonElement;
		const action = actionOf(event.key);
		if (!action || (isTyping && action !== "clear") || (isButton && action === "counterpart"))
			return;
		event.preventDefault();
		// The notebook must not move to another cell on keys meant for this view.
		event.stopPropagation();
		actions[action]();
	});
	for (const type of ["pointerdown", "focusin"] as const) {
		cleanup.on(body.element, type, (event) => {
			const used = event
				.composedPath()
				.find((target) => target instanceof HTMLElement && target.dataset.pane);
			const name = used instanceof HTMLElement ? used.dataset.pane : undefined;
			for (const known of makers.keys()) if (known === name) aim(known);
		});
	}
	cleanup.on(document, "fullscreenchange" as "input", () => head.press(pressed()));
	cleanup.add(
		followTheme(element, () => {
			for (const shown of panes.values()) shown.resize();
		}),
	);
	let isNew = true;
	const sizes = new ResizeObserver(() => {
		if (isNew && body.element.clientWidth >= WIDE) body.split(true, "graph");
		each((shown) => shown.resize());
		const first = program.order().find((equation) => program.spanOf(equation) >= 0);
		if (isNew && !kept && first !== undefined) {
			// A file's imports are not what the reader came for.
			pane("source")?.reveal(new Focus(program, { kind: "equation", equation: first }));
		}
		isNew = false;
	});
	sizes.observe(body.element);
	cleanup.add(() => sizes.disconnect());
	head.search.aim(PANE_LABELS[active]);
	arranged();
	strip.show(null);

	return {
		element,
		select(equation) {
			if (equation === (kept?.equations[0] ?? null)) return;
			keep(equation === null ? null : { kind: "equation", equation });
			if (kept) reveal(kept, "");
		},
		dispose() {
			cleanup.run();
			for (const shown of panes.values()) shown.dispose();
		},
	};
}
