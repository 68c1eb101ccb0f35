/** Runs in a thread of its own: places frames, so that the page never waits for it. */

import { type Frame, place } from "./compound";

export { place };

export interface Request {
	readonly id: number;
	readonly frame: Frame;
}

// The bundle has this code once, and runs it in the page as well for what is small.
if (typeof document === "undefined") {
	addEventListener("message", ({ data }: MessageEvent<Request>) => {
		postMessage({ id: data.id, placed: place(data.frame) });
	});
}
