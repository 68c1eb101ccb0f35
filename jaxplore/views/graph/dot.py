"""A program as a graph in the DOT language."""

import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Final

from jaxplore.errors import JaxploreError
from jaxplore.model.program import Equation, Program
from jaxplore.views.graph.boxes import Item, Section
from jaxplore.views.graph.shown import levels, types_text

if TYPE_CHECKING:
    import graphviz

_TINT: Final = {"forward": "#d9e8f6", "backward": "#fbe3cf", "both": "#ececec"}

EQUATIONS: Final = 4000
"""Equations in a graph, at most: `dot` itself needs minutes for more."""


def dot(program: Program, *, groups: bool = False, depth: int | None = None) -> str:
    """DOT source: an equation per node, a nested program per cluster.

    Needs no `dot` program: the text is written by the graphviz package.

    Args:
        program: What to draw. Of a very large one the first equations, and a note.
        groups: Clusters of the user's own functions, lines and name scopes instead.
        depth: How many levels of groups are open, 1 when not given; the others are a node
            each. Implies `groups`.
    """
    import graphviz

    graph = graphviz.Digraph(
        name=graphviz.escape(program.name),
        node_attr={"shape": "box", "style": "rounded,filled", "fontname": "sans-serif"},
        edge_attr={"fontname": "sans-serif", "fontsize": "10"},
    )
    if groups or depth is not None:
        section = levels(program, 1 if depth is None else depth, EQUATIONS)
        graph.attr(compound="true")  # pyright: ignore
        _Grouped().section(graph, section)
    else:
        _Plain(program).region(graph, 0)
        if len(program.equations) > EQUATIONS:
            rest = len(program.equations) - EQUATIONS
            note = f"{rest:,} more equations are not drawn; .to_dot(depth=1) draws groups."
            graph.node("note", label=note, shape="note", fillcolor="#ffffff")
    return str(graph.source)


class _Plain:
    """Equations as nodes, nested programs as clusters."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.members: dict[int, list[int]] = {}
        for position, equation in enumerate(program.equations[:EQUATIONS]):
            self.members.setdefault(equation.region, []).append(position)

    def region(self, graph: "graphviz.Digraph", index: int) -> None:
        import graphviz

        program = self.program
        region = program.regions[index]
        for value in (*region.inputs, *region.constants):
            row = program.values[value]
            label = graphviz.escape(f"{input_name(program, index, value)}\n{row.type_text}")
            graph.node(f"v{value}", label=label, fillcolor="#eeeeee", shape="ellipse")
        made: dict[int, str] = {}
        for position in self.members.get(index, ()):
            equation = program.equations[position]
            self._equation(graph, position, equation)
            made.update(dict.fromkeys(equation.outputs, f"e{position}"))
        own = {*region.inputs, *region.constants}
        for position in self.members.get(index, ()):
            for value in dict.fromkeys(program.equations[position].inputs):
                if value in made or value in own:
                    text = graphviz.escape(program.values[value].type_text)
                    graph.edge(made.get(value, f"v{value}"), f"e{position}", label=text)

    def _equation(self, graph: "graphviz.Digraph", position: int, equation: Equation) -> None:
        import graphviz

        program = self.program
        rows = [program.values[v] for v in equation.inputs]
        literals = [row.name for row in rows if row.kind == "literal"]
        attributes: dict[str, Any] = {"fillcolor": _TINT[equation.phase]}
        if equation.span is not None:
            attributes["tooltip"] = graphviz.escape(f"{equation.span} {equation.span.text}")
        label = graphviz.escape(" ".join([equation.primitive, *literals]))
        graph.node(f"e{position}", label=label, **attributes)
        for inner in equation.regions:
            region = program.regions[inner]
            with graph.subgraph(name=f"cluster_{inner}") as cluster:  # pyright: ignore
                cluster.attr(label=graphviz.escape(f"{equation.primitive}: {region.name}"))  # pyright: ignore
                self.region(cluster, inner)  # pyright: ignore


class _Grouped:
    """Groups as clusters where they are open, as nodes where they are not."""

    def __init__(self) -> None:
        self.count = 0

    def section(self, graph: "graphviz.Digraph", section: Section) -> tuple[str, str] | None:
        """Draws it; the names of its first and of its last node."""
        import graphviz

        ends = [self._item(graph, item) for item in section.items]
        for (source, target), types in section.edges.items():
            start, end = ends[source], ends[target]
            attributes = {"label": graphviz.escape(types_text(types))} if types else {}
            # An edge to a cluster is one to a node in it, cut at the cluster's border.
            if start[2]:
                attributes["ltail"] = start[2]
            if end[2]:
                attributes["lhead"] = end[2]
            graph.edge(start[1], end[0], **attributes)
        if section.hidden:
            self.count += 1
            note = f"{section.hidden:,} more boxes are not drawn"
            graph.node(f"n{self.count}", label=note, shape="note", fillcolor="#ffffff")
        return (ends[0][0], ends[-1][1]) if ends else None

    def _item(self, graph: "graphviz.Digraph", item: Item) -> tuple[str, str, str]:
        """First node, last node, and the cluster's name if it is one."""
        import graphviz

        self.count += 1
        own = f"n{self.count}"
        lines = [item.title, item.detail, " ".join(item.shown_chips())]
        label = graphviz.escape("\n".join(line for line in lines if line))
        if item.sections:
            with graph.subgraph(name=f"cluster_{own}") as cluster:  # pyright: ignore
                cluster.attr(label=label)  # pyright: ignore
                found = [self.section(cluster, section) for section in item.sections]  # pyright: ignore
            ends = [pair for pair in found if pair is not None]
            if ends:
                return ends[0][0], ends[-1][1], f"cluster_{own}"
        shape = {"input": "ellipse", "output": "ellipse", "group": "box3d"}.get(item.kind, "box")
        color = "#eeeeee" if item.kind in ("input", "output") else _TINT[item.phase]
        graph.node(own, label=label, fillcolor=color, shape=shape)
        return own, own, ""


def input_name(program: Program, region: int, value: int) -> str:
    """As the user calls it, where that is known."""
    inputs = program.regions[region].inputs
    if region == 0 and value in inputs and inputs.index(value) < len(program.argument_names):
        return program.argument_names[inputs.index(value)]
    return program.values[value].name


_PROGRAMS = ("dot", "graphviz-pure")


def svg(program: Program) -> str:
    """The picture that a `dot` program draws of the graph.

    Raises:
        JaxploreError: There is no `dot` on this machine, or it fails.
    """
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        raise JaxploreError.of(
            failed="Cannot draw the graph with graphviz.",
            given=f"no program named {' or '.join(_PROGRAMS)} on PATH",
            do="`pip install 'jaxplore[dot]'`, or leave `engine` out: jaxplore draws it itself.",
        )
    done = subprocess.run([found, "-Tsvg"], input=dot(program).encode(), capture_output=True)
    if done.returncode != 0:
        raise JaxploreError.of(
            failed="Cannot draw the graph with graphviz.",
            given=f"{found} said: {done.stderr.decode(errors='replace').strip()[:200]}",
            do="leave `engine` out: jaxplore draws it itself.",
        )
    return done.stdout.decode()
