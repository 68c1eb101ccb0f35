/**
 * Builds what the Python package ships: one bundle per host.
 *
 * `--watch` builds again whenever a source changes.
 */

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../jaxplore");
const lab = join(out, "labextension");
const own = JSON.parse(await readFile(join(here, "package.json"), "utf8"));

/** `import text from "x.css?inline"` is the minified style sheet. */
const inlineStyles = {
	name: "inline-styles",
	setup(build) {
		build.onResolve({ filter: /\.css\?inline$/ }, ({ path, resolveDir }) => ({
			// Relative, so that a bundle is the same bytes wherever it is built.
			path: relative(here, join(resolveDir, path.replace("?inline", ""))),
			namespace: "inline-style",
		}));
		build.onLoad({ filter: /.*/, namespace: "inline-style" }, async (found) => {
			const path = join(here, found.path);
			const text = await readFile(path, "utf8");
			const { code } = await esbuild.transform(text, { loader: "css", minify: true });
			return { contents: code, loader: "text", watchFiles: [path] };
		});
	},
};

/**
 * `import Worker from "./x.ts?worker&inline"` is a worker whose code is in the bundle, once: the
 * page, which places small graphs itself, takes its `place`, and the worker gets its text.
 */
const inlineWorkers = {
	name: "inline-workers",
	setup(build) {
		build.onResolve({ filter: /\.ts\?worker&inline$/ }, ({ path, resolveDir }) => ({
			path: relative(here, join(resolveDir, path.replace("?worker&inline", ""))),
			namespace: "inline-worker",
		}));
		build.onResolve({ filter: /^\.\/compound$/ }, ({ importer }) => {
			if (basename(importer) !== "placer.ts") return null;
			return { path: "src/layout/worker.ts", namespace: "inline-worker" };
		});
		build.onLoad({ filter: /.*/, namespace: "inline-worker" }, async ({ path }) => {
			const found = await esbuild.build({
				...common,
				plugins: [],
				entryPoints: [path],
				format: "iife",
				globalName: "exported",
				write: false,
				metafile: true,
			});
			const run = `function run(){${found.outputFiles[0].text};return exported}`;
			const url = 'URL.createObjectURL(new Blob(["("+run+")()"],{type:"text/javascript"}))';
			const watchFiles = Object.keys(found.metafile.inputs).map((name) => join(here, name));
			const contents = `${run}
				export const {place}=run();
				export default function(){return new Worker(${url})}`;
			return { contents, watchFiles };
		});
	},
};

const common = {
	absWorkingDir: here,
	bundle: true,
	minify: true,
	charset: "utf8",
	legalComments: "none",
	target: ["es2022"],
	logLevel: "warning",
	plugins: [inlineStyles, inlineWorkers],
};

const explorer = {
	...common,
	entryPoints: ["src/hosts/page.ts"],
	outfile: join(out, "static/explorer.js"),
	format: "iife",
	write: false,
	plugins: [...common.plugins, packed(asScript)],
};
const widget = {
	...common,
	entryPoints: ["src/hosts/widget.ts"],
	outfile: join(out, "static/widget.js"),
	format: "esm",
	write: false,
	plugins: [...common.plugins, packed(asModule)],
};
const diff = {
	...explorer,
	entryPoints: ["src/hosts/diff.ts"],
	outfile: join(out, "static/diff.js"),
};
const gradient = {
	...explorer,
	entryPoints: ["src/hosts/gradient.ts"],
	outfile: join(out, "static/gradient.js"),
};
const timeline = {
	...widget,
	entryPoints: ["src/hosts/timeline.ts"],
	outfile: join(out, "static/timeline.js"),
};
const extension = {
	...common,
	entryPoints: ["src/hosts/lab.ts"],
	outdir: join(lab, "static"),
	entryNames: "remoteEntry.[hash]",
	format: "iife",
	plugins: [...common.plugins, describeExtension()],
};

/**
 * Writes a bundle as packed text and the few lines that unpack it.
 *
 * These bundles stand in the outputs of notebooks, where each byte is stored again: packed
 * they are less than half. Base64 also holds nothing that could end a `<script>`.
 */
function packed(wrap) {
	return {
		name: "packed",
		setup(build) {
			build.onEnd(async ({ errors, outputFiles }) => {
				if (errors.length > 0) return;
				const [{ path, text }] = outputFiles;
				const name = basename(path);
				const code = `${text}\n//# sourceURL=jaxplore/${name}\n`;
				const base64 = gzipSync(code, { level: 9 }).toString("base64");
				const bytes = `Uint8Array.from(atob("${base64}"),c=>c.charCodeAt(0))`;
				const stream = `new Blob([${bytes}]).stream().pipeThrough(new DecompressionStream("gzip"))`;
				const note = `/* jaxplore ${own.version} ${name}, gzip and base64 of a bundle of extension/src. */`;
				await mkdir(dirname(path), { recursive: true });
				await writeFile(path, `${note}\n${wrap(`await new Response(${stream}).text()`)}\n`);
			});
		},
	};
}

/** For `<script>`: runs the code as a script of its own, which shares the page's nonce. */
function asScript(code) {
	return `(async(n)=>{const s=document.createElement("script");if(n)s.nonce=n;s.textContent=${code};document.head.append(s);s.remove()})(document.currentScript?.nonce);`;
}

/** For anywidget: a module with the same default export. */
function asModule(code) {
	return `const u=URL.createObjectURL(new Blob([${code}],{type:"text/javascript"}));const m=await import(u);URL.revokeObjectURL(u);export default m.default;`;
}

/** Writes the package.json from which JupyterLab learns what to load. */
function describeExtension() {
	return {
		name: "describe-extension",
		setup(build) {
			build.onStart(() => rm(join(lab, "static"), { recursive: true, force: true }));
			build.onEnd(async ({ errors }) => {
				if (errors.length > 0) return;
				const names = await readdir(join(lab, "static"));
				const load = names.find((name) => /^remoteEntry\.\w+\.js$/.test(name));
				const { name, version, description, license } = own;
				const jupyterlab = {
					extension: true,
					_build: { load: `static/${load}`, extension: "./extension" },
				};
				await mkdir(lab, { recursive: true });
				const text = JSON.stringify(
					{ name, version, description, license, jupyterlab },
					null,
					"\t",
				);
				await writeFile(join(lab, "package.json"), `${text}\n`);
			});
		},
	};
}

const bundles = [explorer, widget, diff, gradient, timeline, extension];
if (process.argv.includes("--watch")) {
	for (const bundle of bundles) await (await esbuild.context(bundle)).watch();
	console.log("Watching extension/src.");
} else {
	await Promise.all(bundles.map((bundle) => esbuild.build(bundle)));
	for (const bundle of [explorer, widget, diff, gradient, timeline]) await report(bundle.outfile);
	for (const name of await readdir(join(lab, "static"))) await report(join(lab, "static", name));
}

async function report(path) {
	const bytes = await readFile(path);
	console.log(`${path.slice(out.length + 1).padEnd(48)} ${(bytes.length / 1000).toFixed(1)} KB`);
}
