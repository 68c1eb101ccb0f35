/** Light syntax colours: one regular expression per language, one line at a time. Pure. */

export interface Token {
	readonly start: number;
	readonly end: number;
	/** k keyword, t type, o operation, n number, s string, c comment, v value name. */
	readonly kind: string;
}

export type Language = "python" | "jaxpr" | "stablehlo" | "hlo";

const NUMBER = String.raw`(?<n>\b\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?\b)`;
const STRING = String.raw`(?<s>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)`;
const SHAPE = String.raw`\b(?:bool|token|pred|[a-z]{1,4}\d+(?:\w+)?|key<\w+>)\[[^\]]*\](?:\{[\d,]*\})?`;

const PYTHON_WORDS =
	"and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|None|True|False";

const PATTERNS: Readonly<Record<Language, RegExp>> = {
	python: new RegExp(
		String.raw`(?<c>#.*)|${STRING}|(?<k>\b(?:${PYTHON_WORDS})\b)|(?<o>(?<=\bdef )\w+|@[\w.]+)|${NUMBER}`,
		"g",
	),
	jaxpr: new RegExp(
		String.raw`(?<t>${SHAPE})|(?<o>(?<== )[a-z_][\w.]*)|(?<k>\b(?:lambda|let|in)\b)|${STRING}|${NUMBER}`,
		"g",
	),
	stablehlo: new RegExp(
		String.raw`(?<c>loc\(.*\)$|^#loc.*|//.*)|(?<t>tensor<[^>]*>)|(?<v>[%@#][\w$.]+)|(?<o>\b(?:stablehlo|chlo|func|sdy|mhlo)\.\w+|\bcall\b|\breturn\b|\bmodule\b)|${STRING}|${NUMBER}`,
		"g",
	),
	hlo: new RegExp(
		String.raw`(?<c>metadata=\{.*?\}|/\*.*?\*/)|(?<t>${SHAPE})|(?<v>%[\w.-]+)|(?<o>(?<=\} |\] |\) )[a-z][\w-]*(?=\())|(?<k>\b(?:ROOT|ENTRY|HloModule)\b)|${STRING}|${NUMBER}`,
		"g",
	),
};

/** Longer lines are data, not text to read. */
const LONGEST = 2000;

export function tokens(language: Language, text: string): Token[] {
	if (text.length > LONGEST) return [];
	const found: Token[] = [];
	for (const match of text.matchAll(PATTERNS[language])) {
		const kind = Object.entries(match.groups ?? {}).find(([, part]) => part !== undefined)?.[0];
		if (kind) found.push({ start: match.index, end: match.index + match[0].length, kind });
	}
	return found;
}

/**
 * Tokens of a line of Python source; knows strings that go over several lines. Which string
 * each line starts in is found at once, the tokens only for lines that are asked for.
 */
export function pythonTokens(lines: readonly string[]): (line: number) => Token[] {
	const open: string[] = [];
	let now = "";
	for (const text of lines) {
		open.push(now);
		if (text.includes('"""') || text.includes("'''")) now = pythonLine(text, now, null);
	}
	return (line) => {
		const found: Token[] = [];
		pythonLine(lines[line] ?? "", open[line] ?? "", found);
		return found;
	};
}

/** Adds the tokens of a line that starts in the string `open`; the string it ends in. */
function pythonLine(text: string, open: string, found: Token[] | null): string {
	let inside = open;
	let at = 0;
	while (at < text.length) {
		if (inside) {
			const end = text.indexOf(inside, at);
			const stop = end < 0 ? text.length : end + 3;
			found?.push({ start: at, end: stop, kind: "s" });
			at = stop;
			if (end >= 0) inside = "";
			continue;
		}
		const next = /"""|'''/.exec(text.slice(at));
		const hash = text.indexOf("#", at);
		// A comment may hold quotes, and no docstring starts inside one.
		const begins = next && (hash < 0 || hash > at + next.index) ? at + next.index : -1;
		const stop = begins < 0 ? text.length : begins;
		for (const token of found ? tokens("python", text.slice(at, stop)) : []) {
			found?.push({ ...token, start: token.start + at, end: token.end + at });
		}
		at = stop;
		if (begins >= 0) {
			inside = next?.[0] ?? "";
			found?.push({ start: begins, end: begins + 3, kind: "s" });
			at = begins + 3;
		}
	}
	return inside;
}

/** Part of a line to be marked. */
export interface Mark {
	readonly start: number;
	readonly end: number;
	readonly style: string;
}

/** `text[start:end]` as text nodes and coloured spans, with marks around parts of it. */
export function coloured(
	text: string,
	list: readonly Token[],
	start = 0,
	end = text.length,
	marks: readonly Mark[] = [],
): Node[] {
	const nodes: Node[] = [];
	let at = start;
	for (const mark of marks) {
		const from = Math.max(mark.start, at);
		const to = Math.min(mark.end, end);
		if (to <= from) continue;
		nodes.push(...colouredPart(text, list, at, from));
		const around = document.createElement("mark");
		around.className = mark.style;
		around.append(...colouredPart(text, list, from, to));
		nodes.push(around);
		at = to;
	}
	nodes.push(...colouredPart(text, list, at, end));
	return nodes;
}

function colouredPart(text: string, list: readonly Token[], start: number, end: number): Node[] {
	const nodes: Node[] = [];
	const plain = (from: number, to: number) => {
		if (to > from) nodes.push(document.createTextNode(text.slice(from, to)));
	};
	let at = start;
	for (const token of list) {
		const from = Math.max(token.start, at);
		const to = Math.min(token.end, end);
		if (to <= from) continue;
		plain(at, from);
		const span = document.createElement("span");
		span.className = `jxp-${token.kind}`;
		span.textContent = text.slice(from, to);
		nodes.push(span);
		at = to;
	}
	plain(at, end);
	return nodes;
}
