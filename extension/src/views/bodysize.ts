/** How high the explorer is: as its text in a cell, or as much of the window as there is. */

import type { Program } from "../model/program";
import { ROW_HEIGHT } from "./virtual";

const TALLEST = 520;
const LOWEST = 150;
const CHROME = 44;
/** Keeps the edges of a window in sight. */
const AROUND = 24;

/** Gives `body` the height that fits a cell. */
export function fitCell(program: Program, body: HTMLElement): void {
	const source = program.wire.sources.reduce((sum, { text }) => sum + 1 + lineCount(text), 0);
	const text = program.stage("jaxpr")?.lines().length ?? 0;
	body.style.setProperty("--jxp-height", `${within(Math.max(source, text))}px`);
	body.style.setProperty("--jxp-stacked", `${within(source) + within(text)}px`);
}

/** A frame grows with what is in it, so its own height says nothing about the window's. */
export function roomForLarge(): number {
	const room =
		window.top === window ? window.innerHeight : (window.screen?.availHeight ?? 0) * 0.85;
	return Math.max(TALLEST, Math.round(room - AROUND));
}

function within(lines: number): number {
	return Math.max(LOWEST, Math.min(TALLEST, lines * ROW_HEIGHT + CHROME));
}

function lineCount(text: string): number {
	return text.split("\n").length;
}
