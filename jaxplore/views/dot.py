"""A program as a graph in the DOT and Mermaid languages."""

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from jaxplore.errors import JaxploreError
from jaxplore.model.program import Equation, Program

if TYPE_CHECKING:
    import graphviz

_TINT = {"forward": "#d9e8f6", "backward": "#fbe3cf"}


def dot(program: Program) -> str:
    """DOT source: an equation per node, a nested program per cluster.

    Needs no `dot` program: the text is written by the graphviz package.
    """
    import graphviz

    graph = graphviz.Digraph(
        name=graphviz.escape(program.name),
        node_attr={"shape": "box", "style": "rounded,filled", "fontname": "sans-serif"},
        edge_attr={"fontname": "sans-serif", "fontsize": "10"},
    )
    _region(graph, program, 0)
    return str(graph.source)


def _region(graph: "graphviz.Digraph", program: Program, index: int) -> None:
    import graphviz

    region = program.regions[index]
    for value in (*region.inputs, *region.constants):
        row = program.values[value]
        label = graphviz.escape(f"{_input_name(program, index, value)}\n{row.type_text}")
        graph.node(f"v{value}", label=label, fillcolor="#eeeeee", shape="ellipse")
    made: dict[int, str] = {}
    for position, equation in enumerate(program.equations):
        if equation.region != index:
            continue
        _equation(graph, program, position, equation)
        made.update(dict.fromkeys(equation.outputs, f"e{position}"))
    own = {*region.inputs, *region.constants}
    for position, equation in enumerate(program.equations):
        if equation.region == index:
            for value in dict.fromkeys(equation.inputs):
                if value in made or value in own:
                    text = graphviz.escape(program.values[value].type_text)
                    graph.edge(made.get(value, f"v{value}"), f"e{position}", label=text)


def _equation(
    graph: "graphviz.Digraph", program: Program, position: int, equation: Equation
) -> None:
    import graphviz

    literals = [program.values[v] for v in equation.inputs if program.values[v].kind == "literal"]
    label = " ".join([equation.primitive, *(row.name for row in literals)])
    attributes: dict[str, Any] = {"fillcolor": _TINT[equation.phase]}
    if equation.span is not None:
        attributes["tooltip"] = graphviz.escape(f"{equation.span} {equation.span.text}")
    graph.node(f"e{position}", label=graphviz.escape(label), **attributes)
    for inner in equation.regions:
        region = program.regions[inner]
        with graph.subgraph(name=f"cluster_{inner}") as cluster:  # pyright: ignore
            cluster.attr(label=graphviz.escape(f"{equation.primitive}: {region.name}"))  # pyright: ignore
            _region(cluster, program, inner)  # pyright: ignore


def _input_name(program: Program, region: int, value: int) -> str:
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
            failed="Cannot draw the graph as SVG.",
            given=f"no program named {' or '.join(_PROGRAMS)} on PATH",
            do="`pip install 'jaxplore[dot]'`, or use .to_dot() where a `dot` is.",
        )
    done = subprocess.run([found, "-Tsvg"], input=dot(program).encode(), capture_output=True)
    if done.returncode != 0:
        raise JaxploreError.of(
            failed="Cannot draw the graph as SVG.",
            given=f"{found} said: {done.stderr.decode(errors='replace').strip()[:200]}",
            do="draw a part of the program, or use .to_dot() and another tool.",
        )
    return done.stdout.decode()


def mermaid(program: Program) -> str:
    """A Mermaid flowchart of the whole program's own equations, for Markdown files."""
    region = program.regions[0]
    lines = ["flowchart TD"]
    made: dict[int, str] = {}
    for value in (*region.inputs, *region.constants):
        made[value] = f"v{value}"
        name = f"{_input_name(program, 0, value)} {program.values[value].type_text}"
        lines.append(f"  v{value}([{_quoted(name)}])")
    for position, equation in enumerate(program.equations):
        if equation.region != 0:
            continue
        lines.append(f"  e{position}[{_quoted(equation.primitive)}]")
        for value in dict.fromkeys(equation.inputs):
            if value in made:
                label = _quoted(program.values[value].type_text)
                lines.append(f"  {made[value]} -->|{label}| e{position}")
        made.update(dict.fromkeys(equation.outputs, f"e{position}"))
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Text as Mermaid takes it literally: quoted, with its own markup as entities."""
    for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    text = " ".join(text.splitlines())
    return f'"{text}"'
