/** Runs in a thread of its own: places frames, so that the page never waits for it. */

import { type Frame, place } from "./compound";

export interface Request {
	readonly id: number;
	readonly frame: Frame;
}

addEventListener("message", ({ data }: MessageEvent<Request>) => {
	postMessage({ id: data.id, placed: place(data.frame) });
});
