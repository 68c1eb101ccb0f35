/** Elements without a framework. Text only ever becomes text: there is no way to pass markup. */

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** An element with attributes (`true` is an empty one, `false` none) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	attributes: Attributes = {},
	...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
	}
	element.append(...children);
	return element;
}

/** Things to undo when a view goes away. */
export class Cleanup {
	private readonly undo: (() => void)[] = [];

	add(undo: () => void): void {
		this.undo.push(undo);
	}

	on<K extends keyof HTMLElementEventMap>(
		target: EventTarget,
		type: K,
		listener: (event: HTMLElementEventMap[K]) => void,
		options?: AddEventListenerOptions,
	): void {
		target.addEventListener(type, listener as EventListener, options);
		this.add(() => target.removeEventListener(type, listener as EventListener, options));
	}

	run = (): void => {
		for (const undo of this.undo.splice(0).reverse()) undo();
	};
}
