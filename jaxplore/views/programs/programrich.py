"""A program for terminals with colours: the tree of its groups, then its jaxpr."""

from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from jaxplore.model.program import Program
from jaxplore.views.graph.boxes import Item, Section
from jaxplore.views.graph.shown import first_view
from jaxplore.views.programs.program import text

_STYLE: Final = {"forward": "blue", "backward": "dark_orange3", "both": ""}
_JAXPR: Final = (
    (r"#.*$", "dim"),
    (r"\b(?:lambda|let|in)\b", "bold"),
    (r"(?<==\s)[\w.-]+", "bold cyan"),
    (r":(?P<green>[a-z]\w*\[[^\]]*\])", ""),
)


def rendered(program: Program) -> RenderableType:
    """What `rich.print` shows."""
    first, *lines = text(program).split("\n")
    tree = Tree(Text(first, style="bold"))
    _branch(tree, first_view(program))
    jaxpr = [Text(line) for line in lines]
    for line in jaxpr:
        for pattern, style in _JAXPR:
            line.highlight_regex(pattern, style)
    return Group(tree, Text(), *jaxpr)


def _branch(tree: Tree, section: Section) -> None:
    for item in section.items:
        if item.kind not in ("input", "output"):
            branch = tree.add(_line(item))
            for inner in item.sections:
                _branch(
                    branch.add(Text(inner.title, style="dim")) if inner.title else branch, inner
                )
    if section.hidden:
        tree.add(Text(f"… {section.hidden:,} more", style="dim"))


def _line(item: Item) -> Text:
    line = Text(item.title, style=_STYLE[item.phase])
    detail = " ".join((item.detail, *item.shown_chips()))
    return line.append(f"  {detail}", style="dim")
