/** Colours never change the text, and mean what they say. */

import { expect, test } from "vitest";
import { type Language, pythonTokens, tokens } from "../src/views/colouring";
import { sample } from "./records";

function kinds(language: Language, text: string): string[] {
	return tokens(language, text).map(({ start, end, kind }) => `${kind}:${text.slice(start, end)}`);
}

test.each([
	[
		"jaxpr",
		"a:f32[3,4] = dot_general[name=x] b 1.0:f32[]",
		["t:f32[3,4]", "o:dot_general", "n:1.0", "t:f32[]"],
	],
	[
		"stablehlo",
		"%0 = stablehlo.add %a, %b : tensor<3xf32> loc(#l)",
		["v:%0", "o:stablehlo.add", "v:%a", "v:%b", "t:tensor<3xf32>", "c:loc(#l)"],
	],
	[
		"hlo",
		'ROOT %add.1 = f32[3]{0} add(%a, %b), metadata={op_name="x"}',
		["k:ROOT", "v:%add.1", "t:f32[3]{0}", "o:add", "v:%a", "v:%b", 'c:metadata={op_name="x"}'],
	],
	["python", "def f(x): return x + 1  # 'no'", ["k:def", "o:f", "k:return", "n:1", "c:# 'no'"]],
] as const)("%s", (language, text, expected) => {
	expect(kinds(language, text)).toEqual(expected);
});

test("strings go over lines", () => {
	const lines = ['x = """one', "def two", 'three""" + 1', '# it\'s """ not', "y"];
	const tokensOf = pythonTokens(lines);
	const found = lines.map((text, i) =>
		tokensOf(i).map(({ start, end, kind }) => `${kind}:${text.slice(start, end)}`),
	);
	expect(found).toEqual([
		['s:"""', "s:one"],
		["s:def two"],
		['s:three"""', "n:1"],
		['c:# it\'s """ not'],
		[],
	]);
});

test("tokens come in order and never overlap", () => {
	for (const name of ["jaxpr", "stablehlo", "hlo"] as const) {
		for (const line of sample().stage(name)?.lines() ?? []) {
			let at = 0;
			for (const { start, end } of tokens(name, line)) {
				expect(start).toBeGreaterThanOrEqual(at);
				at = end;
			}
			expect(at).toBeLessThanOrEqual(line.length);
		}
	}
});

test("hostile text is coloured in no time", () => {
	const start = performance.now();
	for (const text of [
		"metadata={".repeat(190),
		"[".repeat(1900),
		'"\\'.repeat(900),
		"a1".repeat(900),
	]) {
		for (const language of ["python", "jaxpr", "stablehlo", "hlo"] as const) tokens(language, text);
	}
	expect(performance.now() - start).toBeLessThan(500);
});
