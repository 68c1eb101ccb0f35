/** A value that is computed when it is first asked for. */
export function lazy<T>(compute: () => T): () => T {
	let value: T;
	let done = false;
	return () => {
		if (!done) {
			value = compute();
			done = true;
		}
		return value;
	};
}
