/** The explorer: source beside stages and graph, everything linked to everything. */

import { Focus, type Origin, sameOrigin } from "../model/focus";
import { type Program, STAGES, type StageName } from "../model/program";
import { nextMatch } from "../model/search";
import { Cleanup, h } from "./dom";
import { graphPane } from "./graphpane";
import { header } from "./header";
import { inspector } from "./inspector";
import { actionOf } from "./keys";
import { PANE_LABELS, type Pane, type PaneEvents, type PaneName } from "./pane";
import { sourcePane } from "./sourcepane";
import { splitBody } from "./split";
import { tabs } from "./tabs";
import { textPane } from "./textpane";
import { followTheme } from "./theme";

export interface Explorer {
	readonly element: HTMLElement;
	/** Selects as if the reader had, but tells nobody. */
	select(equation: number | null): void;
	dispose(): void;
}

const TABS: readonly PaneName[] = [...STAGES, "graph"];

/** `selected` is called with the reader's own choice of an equation, or null. */
export function explorer(program: Program, selected: (equation: number | null) => void): Explorer {
	const cleanup = new Cleanup();
	const panes = new Map<PaneName, Pane>();
	let open: PaneName = "jaxpr";
	let hover: Focus | null = null;
	let kept: Focus | null = null;

	const frames = new Map<PaneName, HTMLElement>();
	for (const name of ["source", ...TABS] as const) {
		const style = name === "source" ? "jxp-pane jxp-source" : "jxp-pane";
		frames.set(name, h("div", { class: style, "data-pane": name }));
	}
	const head = header(program, find);
	const strip = inspector(program, (equation) =>
		choose("inspector", { kind: "equation", equation }),
	);
	const tabRow = tabs(
		TABS.map((name) => PANE_LABELS[name]),
		TABS.map((name) => frames.get(name) as HTMLElement),
		(index) => show(TABS[index] as PaneName),
	);
	const body = splitBody(
		program,
		[h("div", { class: "jxp-caption" }, sourceTitle(program)), frames.get("source") as HTMLElement],
		[tabRow.element, ...TABS.map((name) => frames.get(name) as HTMLElement)],
	);
	const element = h(
		"div",
		{ class: "jxp-root", role: "group", "aria-label": `program ${program.wire.name}` },
		head.element,
		body,
		strip.element,
	);

	function pane(name: PaneName): Pane | undefined {
		const known = panes.get(name);
		const frame = frames.get(name) as HTMLElement;
		if (known || frame.hasChildNodes()) return known;
		const events: PaneEvents = {
			hover: (origin) => point(name, origin),
			select: (origin) => choose(name, origin),
		};
		try {
			const made = makePane(program, name, events);
			frame.append(made instanceof HTMLElement ? made : made.element);
			if (made instanceof HTMLElement) return undefined;
			panes.set(name, made);
			return made;
		} catch (error) {
			// A fault in one pane must not take the others with it.
			frame.append(message(`Cannot show ${PANE_LABELS[name]}.`, String(error)));
			return undefined;
		}
	}

	function visible(): Pane[] {
		return [pane("source"), pane(open)].filter((made) => made !== undefined);
	}

	function show(name: PaneName): void {
		open = name;
		const shown = pane(name);
		shown?.show(hover, kept);
		shown?.resize();
		if (kept) shown?.reveal(kept);
	}

	function point(from: PaneName, origin: Origin | null): void {
		if (sameOrigin(origin, hover?.origin ?? null)) return;
		hover = origin && new Focus(program, origin);
		update();
		if (hover) reveal(hover, from);
	}

	function choose(from: PaneName | "inspector" | "keys", origin: Origin | null): void {
		// After a key the pointer, wherever it rests, has nothing more to say.
		if (from === "keys") hover = null;
		if (sameOrigin(origin, kept?.origin ?? null)) return;
		keep(origin);
		if (kept) reveal(kept, from);
		selected(kept?.equations[0] ?? null);
	}

	function keep(origin: Origin | null): void {
		kept = origin && new Focus(program, origin);
		update();
	}

	function update(): void {
		for (const shown of visible()) shown.show(hover, kept);
		strip.show(hover ?? kept);
	}

	function reveal(focus: Focus, except: string): void {
		for (const shown of visible()) if (shown.name !== except) shown.reveal(focus);
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
		const start = TABS.indexOf(open);
		for (let i = 1; i <= TABS.length; i++) {
			const index = (start + i) % TABS.length;
			const name = TABS[index] as PaneName;
			const isLinked = name === "graph" || (kept?.lines(name as StageName).length ?? 1) > 0;
			if (!isLinked || (name !== "graph" && !program.stage(name as StageName)?.lines().length))
				continue;
			tabRow.select(index);
			frames.get(name)?.querySelector<HTMLElement>("[tabindex]")?.focus();
			return;
		}
	}

	/** Selects the next place that holds `text`; false when there is none. */
	function find(text: string, by: number): boolean {
		const name: StageName = open === "graph" || open === "source" ? "jaxpr" : open;
		const stage = program.stage(name);
		if (!stage || text === "") return false;
		const after = head.foundLine(name) ?? (kept?.lines(name)[0] ?? 0) - 1;
		const line = nextMatch(stage.lines(), text, after, by);
		head.setFoundLine(name, line);
		if (line < 0) return false;
		const block = stage.links().at(line + 1);
		choose("keys", block < 0 ? null : { kind: "line", stage: name, block });
		const shown = pane(open);
		if (shown?.revealLine) shown.revealLine(line + 1);
		return true;
	}

	cleanup.on(element, "keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const target = event.composedPath()[0];
		const isTyping = target instanceof HTMLInputElement;
		const isButton = target instanceof HTMLButtonElement;
		const action = actionOf(event.key);
		if (!action || (isTyping && action !== "clear") || (isButton && action === "counterpart"))
			return;
		event.preventDefault();
		// The notebook must not move to another cell on keys meant for this view.
		event.stopPropagation();
		if (action === "previous") step(-1);
		if (action === "next") step(1);
		if (action === "counterpart") counterpart();
		if (action === "search") head.search();
		if (action === "help") head.toggleHelp();
		if (action === "clear") {
			if (head.close()) return;
			choose("keys", null);
		}
	});
	cleanup.add(
		followTheme(element, () => {
			for (const shown of panes.values()) shown.resize();
		}),
	);
	let isNew = true;
	const sizes = new ResizeObserver(() => {
		for (const shown of visible()) shown.resize();
		const first = program.order().find((equation) => program.spanOf(equation) >= 0);
		if (isNew && !kept && first !== undefined) {
			// A file's imports are not what the reader came for.
			pane("source")?.reveal(new Focus(program, { kind: "equation", equation: first }));
		}
		isNew = false;
	});
	sizes.observe(body);
	cleanup.add(() => sizes.disconnect());
	tabRow.select(0);
	update();

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

function makePane(program: Program, name: PaneName, events: PaneEvents): Pane | HTMLElement {
	if (name === "graph") return graphPane(program, events);
	if (name === "source") {
		if (program.wire.sources.length > 0) return sourcePane(program, events);
		return message("No source.", "The text of this program's functions could not be read.");
	}
	const stage = program.stage(name);
	if (stage?.error)
		return message(`There is no ${PANE_LABELS[name]} for this program.`, stage.error);
	if (stage && stage.lines().length > 0) return textPane(program, name, stage, events);
	return message(`There is no ${PANE_LABELS[name]} for this program.`, "It was not asked for.");
}

/** One source needs no heading of its own. */
function sourceTitle(program: Program): string {
	const [only, ...others] = program.wire.sources;
	return only && others.length === 0 ? only.file : "source";
}

function message(title: string, text: string): HTMLElement {
	return h("div", { class: "jxp-message" }, h("strong", {}, title), h("pre", {}, text));
}
