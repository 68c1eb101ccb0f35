/** Scrolling in a list. */

/** Scrolls the list alone, never the notebook. */
export function keepInSight(list: HTMLElement, row: HTMLElement): void {
	const top = row.offsetTop;
	if (top < list.scrollTop) list.scrollTop = top;
	const bottom = top + row.offsetHeight - list.clientHeight;
	if (bottom > list.scrollTop) list.scrollTop = bottom;
}
