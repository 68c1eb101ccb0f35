/**
 * The module federation container that JupyterLab 3 and later load, by hand.
 *
 * Its protocol is two functions; a bundler plugin for it would bring 200 packages.
 */

/** The little of JupyterLab's types that is used here. */
export interface Widget {
	readonly node: HTMLElement;
	/** What the widget is shown in. */
	readonly parent: Widget | null;
	dispose(): void;
}
export interface MimeModel {
	readonly data: Readonly<Record<string, unknown>>;
}
export interface RenderMimeRegistry {
	addFactory(factory: unknown, rank: number): void;
}

interface Version {
	readonly loaded?: boolean | number;
	get(): Promise<() => unknown>;
}
type Scope = Record<string, Record<string, Version> | undefined>;

let scope: Scope = {};

/** A module of the running application; the loaded version when there are several. */
export async function shared<T>(name: string): Promise<T> {
	const versions = Object.entries(scope[name] ?? {});
	versions.sort(
		([a, x], [b, y]) =>
			Number(Boolean(y.loaded)) - Number(Boolean(x.loaded)) ||
			b.localeCompare(a, undefined, { numeric: true }),
	);
	const best = versions[0]?.[1];
	if (!best) throw new Error(`jaxplore: this JupyterLab does not share ${name}.`);
	return (await best.get())() as T;
}

/** Offers one module of the extension `name` to the application. */
export function exposeModule(name: string, path: string, load: () => Promise<object>): void {
	const containers = globalThis as { _JUPYTERLAB?: Record<string, unknown> };
	containers._JUPYTERLAB ??= {};
	containers._JUPYTERLAB[name] = {
		init(sharedScope: Scope): void {
			scope = sharedScope;
		},
		async get(wanted: string): Promise<() => object> {
			if (wanted !== path) throw new Error(`jaxplore: there is no module ${wanted}.`);
			const module = { __esModule: true, ...(await load()) };
			return () => module;
		},
	};
}
