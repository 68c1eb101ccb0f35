/** JupyterLab and Notebook plugin: renders our MIME type, for trusted notebooks and others. */

import { mountGradient } from "../views/gradientmount";
import type { Host } from "../views/host";
import { mount } from "../views/mount";
import { isRecord } from "../wire/payload";
import {
	exposeModule,
	type MimeModel,
	type RenderMimeRegistry,
	shared,
	type Widget,
} from "./federation";
import { type Kernel, KernelPasses } from "./kernelpasses";

const MIME_TYPE = "application/vnd.jaxplore.view.v1+json";
/** A notebook or a console: what has a kernel that may change. */
interface Session {
	readonly sessionContext?: { readonly session?: { readonly kernel?: Kernel | null } | null };
}

/** The kernel of the notebook that a widget is shown in. */
function kernelOf(widget: Widget): Kernel | null {
	for (let above: Widget | null = widget; above; above = above.parent) {
		const context = (above as Session).sessionContext;
		if (context) return context.session?.kernel ?? null;
	}
	return null;
}

/** An output's own data, and the kernel where that may be asked for more. */
function hostOf(payload: unknown, widget: Widget): Host & { dispose?(): void } {
	const serial = isRecord(payload) ? payload.ask : undefined;
	if (typeof serial !== "string") return { get: (key) => (key === "payload" ? payload : null) };
	const passes = new KernelPasses(serial, () => kernelOf(widget));
	return {
		get: (key) => (key === "payload" ? payload : key === "passes" ? passes.state : null),
		on: (key, callback) => (key === "passes" ? passes.on(callback) : () => {}),
		set: (key, value) => key === "request" && passes.request(value),
		dispose: () => passes.dispose(),
	};
}

/** The whole program of a gradient. */
function explore(holder: HTMLElement, payload: unknown): () => void {
	return mount(holder, { get: (key) => (key === "payload" ? payload : null) });
}

/** Below (preferred over) text/html, which has 50. */
const RANK = 10;

async function plugins(): Promise<unknown[]> {
	const [{ IRenderMimeRegistry }, { Widget: Base }] = await Promise.all([
		shared<{ IRenderMimeRegistry: unknown }>("@jupyterlab/rendermime"),
		shared<{ Widget: new () => Widget }>("@lumino/widgets"),
	]);

	class Renderer extends Base {
		private stop: (() => void) | null = null;

		async renderModel(model: MimeModel): Promise<void> {
			this.stop?.();
			const payload = model.data[MIME_TYPE];
			if (isRecord(payload) && payload.view === "gradient") {
				this.stop = mountGradient(this.node, payload, explore);
				return;
			}
			const host = hostOf(payload, this);
			const stop = mount(this.node, host);
			this.stop = () => {
				stop();
				host.dispose?.();
			};
		}

		override dispose(): void {
			this.stop?.();
			this.stop = null;
			super.dispose();
		}
	}

	return [
		{
			id: "jaxplore:plugin",
			description: "Shows programs as JAX saw them, linked to their source.",
			autoStart: true,
			requires: [IRenderMimeRegistry],
			activate(_app: unknown, registry: RenderMimeRegistry): void {
				const createRenderer = () => new Renderer();
				registry.addFactory({ safe: true, mimeTypes: [MIME_TYPE], createRenderer }, RANK);
			},
		},
	];
}

exposeModule("jaxplore", "./extension", async () => ({ default: await plugins() }));
