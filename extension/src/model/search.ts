/** The next line that holds some text, going round at the end; -1 for none. Pure. */
export function nextMatch(lines: readonly string[], text: string, after: number, step = 1): number {
	const wanted = text.toLowerCase();
	const count = lines.length;
	for (let i = 1; i <= count; i++) {
		const line = (((after + step * i) % count) + count) % count;
		if (lines[line]?.toLowerCase().includes(wanted)) return line;
	}
	return -1;
}
