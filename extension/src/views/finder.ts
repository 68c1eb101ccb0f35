/** Search in a text of many lines: what is marked, and which match comes next. */

import { lazy } from "../model/lazy";
import { type Matches, matchesIn, nextMatch, TextSearch } from "../model/search";
import type { Mark } from "./colouring";
import type { Found } from "./pane";

export interface FinderEvents {
	/** Line index from which a new search starts. */
	from(): number;
	/** Other places are marked now. */
	changed(): void;
	/** Shows a line index; `isChosen` when the reader went there. */
	go(line: number, isChosen: boolean): void;
}

const NOTHING: Matches = { lines: new Int32Array(0), more: false };

export class Finder {
	private readonly lines: readonly string[];
	private readonly events: FinderEvents;
	private readonly search: () => TextSearch;
	private wanted = "";
	private matches = NOTHING;
	private at = -1;

	constructor(lines: readonly string[], events: FinderEvents) {
		this.lines = lines;
		this.events = events;
		this.search = lazy(() => new TextSearch(lines));
	}

	find(text: string, by: number): Found | null {
		if (text !== this.wanted) {
			this.wanted = text;
			this.matches = text === "" ? NOTHING : this.search().find(text);
			this.at = -1;
		}
		const next = nextMatch(this.matches, this.at, this.events.from(), by);
		if (by !== 0) this.at = next;
		this.events.changed();
		if (next < 0) return null;
		this.events.go(this.matches.lines[next] as number, by !== 0);
		return { count: this.matches.lines.length, index: this.at, more: this.matches.more };
	}

	marks(line: number): Mark[] {
		if (this.wanted === "") return [];
		const first = this.at < 0 ? -1 : this.matches.lines.indexOf(this.matches.lines[this.at] ?? -1);
		const isHere = this.at >= 0 && this.matches.lines[this.at] === line;
		return matchesIn(this.lines[line] ?? "", this.wanted).map(([start, end], i) => ({
			start,
			end,
			style: isHere && first + i === this.at ? "jxp-found jxp-current" : "jxp-found",
		}));
	}
}
