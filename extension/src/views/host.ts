/** What a view may ask of the page around it. */

export interface Host {
	get(key: string): unknown;
	on?(key: string, callback: () => void): () => void;
	set?(key: string, value: unknown): void;
}
