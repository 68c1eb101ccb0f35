/** On real programs fewer lines cross than in the drawings of the usual library. */

import dagre from "@dagrejs/dagre";
import { describe, expect, test } from "vitest";
import { layered } from "../src/layout/layered";
import { crossings, type Graph, lines, realGraphs } from "./drawings";

interface Point {
	readonly x: number;
	readonly y: number;
}

function dagreLines({ boxes, from, to }: Graph): number[][] {
	const graph = new dagre.graphlib.Graph();
	graph.setGraph({ nodesep: 22, ranksep: 34, edgesep: 10 });
	graph.setDefaultEdgeLabel(() => ({}));
	boxes.forEach((box, i) => {
		graph.setNode(String(i), { ...box });
	});
	from.forEach((a, i) => {
		graph.setEdge(String(a), String(to[i]));
	});
	dagre.layout(graph);
	return graph.edges().map((edge: object): number[] => {
		return graph.edge(edge).points.flatMap(({ x, y }: Point) => [x, y]);
	});
}

// The larger ones take dagre ten seconds and more.
const some = realGraphs().filter(([, { boxes }]) => boxes.length < 400);

describe.each(some)("%s", (_, graph) => {
	test("has at most as many crossings as dagre's drawing of it", () => {
		const layout = layered(graph.boxes, graph.from, graph.to);
		expect(layout.routes.filter((route) => route.long)).toEqual([]);
		expect(crossings(lines(graph, layout))).toBeLessThanOrEqual(crossings(dagreLines(graph)));
	}, 30_000);
});
