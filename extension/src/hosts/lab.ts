/** JupyterLab and Notebook plugin: renders our MIME type, for trusted notebooks and others. */

import { mount } from "../views/mount";
import {
	exposeModule,
	type MimeModel,
	type RenderMimeRegistry,
	shared,
	type Widget,
} from "./federation";

const MIME_TYPE = "application/vnd.jaxplore.view.v1+json";
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
			this.stop = mount(this.node, { get: (key) => (key === "payload" ? payload : null) });
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
