"""A program as a Mermaid flowchart, for Markdown files and GitHub."""

from collections.abc import Iterator
from typing import Final

from jaxplore.model.program import Program
from jaxplore.views.graph.boxes import Item, Section
from jaxplore.views.graph.dot import input_name
from jaxplore.views.graph.shown import levels, types_text

EQUATIONS: Final = 250
"""Nodes, at most: GitHub refuses a chart of more than 500 edges or 50,000 characters."""


def mermaid(program: Program, *, groups: bool = False, depth: int | None = None) -> str:
    """A flowchart of the whole program's own equations; nested programs are a node each.

    Args:
        program: What to draw. Of a large one the first equations, and a note.
        groups: Subgraphs of the user's own functions, lines and name scopes instead.
        depth: How many levels of groups are open, 1 when not given. Implies `groups`.
    """
    if groups or depth is not None:
        section = levels(program, 1 if depth is None else depth, EQUATIONS)
        return "\n".join(["flowchart TD", *_section(section, "n", "  ")])
    return "\n".join(["flowchart TD", *_plain(program)])


def _plain(program: Program) -> Iterator[str]:
    region = program.regions[0]
    made: dict[int, str] = {}
    for value in (*region.inputs, *region.constants):
        made[value] = f"v{value}"
        name = f"{input_name(program, 0, value)} {program.values[value].type_text}"
        yield f"  v{value}([{_quoted(name)}])"
    own = [i for i, equation in enumerate(program.equations) if equation.region == 0]
    for position in own[:EQUATIONS]:
        equation = program.equations[position]
        yield f"  e{position}[{_quoted(equation.primitive)}]"
        for value in dict.fromkeys(equation.inputs):
            if value in made:
                label = _quoted(program.values[value].type_text)
                yield f"  {made[value]} -->|{label}| e{position}"
        made.update(dict.fromkeys(equation.outputs, f"e{position}"))
    if len(own) > EQUATIONS:
        rest = f"{len(own) - EQUATIONS:,} more equations are not drawn"
        yield f"  note>{_quoted(rest + '; .to_mermaid(depth=1) draws groups')}]"


def _section(section: Section, prefix: str, indent: str) -> Iterator[str]:
    for place, item in enumerate(section.items):
        yield from _item(item, f"{prefix}{place}", indent)
    for (source, target), types in section.edges.items():
        label = f"|{_quoted(types_text(types))}|" if types else ""
        yield f"{indent}{prefix}{source} -->{label} {prefix}{target}"
    if section.hidden:
        yield f"{indent}{prefix}x>{_quoted(f'{section.hidden:,} more boxes are not drawn')}]"


def _item(item: Item, name: str, indent: str) -> Iterator[str]:
    label = _quoted(" ".join(filter(None, (item.title, item.detail, *item.shown_chips()))))
    if not item.sections:
        opening, closing = {
            "input": ("([", "])"),
            "output": ("([", "])"),
            "group": ("[[", "]]"),
        }.get(item.kind, ("[", "]"))
        yield f"{indent}{name}{opening}{label}{closing}"
        return
    yield f"{indent}subgraph {name}[{label}]"
    for place, section in enumerate(item.sections):
        yield from _section(section, f"{name}_{place}_", indent + "  ")
    yield f"{indent}end"


def _quoted(text: str) -> str:
    """Text as Mermaid takes it literally: quoted, with its own markup as entities."""
    for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    text = " ".join(text.splitlines())
    return f'"{text}"'
