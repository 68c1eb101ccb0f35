"""A program as a tree of groups: what a graph shows first, and opens level by level.

A group is a run of equations of one region that are next to each other in `GroupTree.order`.
So whatever is open or closed, an edge between two things of a level goes from the earlier to
the later: a closed picture has no cycles.
"""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model.program import Program
from jaxplore.model.record import Record
from jaxplore.model.span import Span

GroupKind = Literal["region", "scope", "function", "line", "repeat", "part"]

GROUP_KINDS: tuple[GroupKind, ...] = ("region", "scope", "function", "line", "repeat", "part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Record):
    """Equations that belong together."""

    kind: GroupKind
    """`"region"`: all of a region. `"scope"`: a name scope or a module. `"function"`: one call
    of a function of the user's. `"line"`: one expression. `"repeat"`: siblings of the same
    structure, its children. `"part"`: a stretch of a run too long to be drawn at once."""
    name: str
    """`"encoder"`, `"attention"`, `"x + h"`; of a repeat what its children are called."""
    parent: int | None
    """The group that holds it. A region's group is held by the group of the equation that
    holds the region; None for the whole program."""
    region: int
    """The region that its equations stand in."""
    span: Span | None
    """The call of a function, the expression of a line; None for the other kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTree(Record):
    """All groups of a program."""

    groups: tuple[Group, ...]
    """Parents before their children; children in the order of their equations."""
    leaf: tuple[int, ...]
    """Per equation, the innermost group that it stands in."""
    order: tuple[int, ...]
    """Equations as the groups hold them: a topological order of each region, in which every
    group is one run."""


def group(program: Program) -> GroupTree:
    """The groups of a program."""
    groups: list[Group] = []
    for index, region in enumerate(program.regions):
        holder = region.equation
        parent = None if holder is None else program.equations[holder].region
        groups.append(
            Group(kind="region", name=region.name, parent=parent, region=index, span=None)
        )
    return GroupTree(
        groups=tuple(groups),
        leaf=tuple([e.region for e in program.equations]),
        order=tuple(range(len(program.equations))),
    )
