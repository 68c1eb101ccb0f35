"""A program as a tree of groups: what a graph shows first, and opens level by level.

A group is a run of equations of one region that are next to each other in `GroupTree.order`.
So whatever is open or closed, an edge between two things of a level goes from the earlier to
the later: a closed picture has no cycles.
"""

import gc
import weakref
from dataclasses import dataclass, field
from typing import Literal, cast

from jaxplore.model.groups.levels import Levels, Node
from jaxplore.model.groups.loops import Loops
from jaxplore.model.groups.order import inner_first, members_of, ordered
from jaxplore.model.groups.paths import PathTable, rooted
from jaxplore.model.groups.structure import Run, Structure
from jaxplore.model.program import Program
from jaxplore.model.record import Record
from jaxplore.model.span import Span

# "group" or "equation", and its index.
Child = tuple[Literal["group", "equation"], int]
GroupKind = Literal["region", "scope", "function", "line", "repeat", "part"]

GROUP_KINDS: tuple[GroupKind, ...] = ("region", "scope", "function", "line", "repeat", "part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Record):
    """Equations that belong together."""

    kind: GroupKind
    """`"region"`: all of a region. `"scope"`: a name scope or a module. `"function"`: one call
    of a function. `"line"`: one expression, or neighbouring lines. `"repeat"`: siblings of the
    same structure, its children. `"part"`: a stretch of children too many to be drawn at once,
    those of a repeat too: then its turns are the children of its parts."""
    name: str
    """`"encoder"`, `"attention"`, `"x + h"`; of a repeat what its children are called."""
    parent: int | None
    """The group that holds it. A region's group is held by the group of the equation that
    holds the region; None for the whole program."""
    region: int
    """The region that its equations stand in."""
    span: Span | None
    """The call of a function, the expression of a line; None for the other kinds."""


@dataclass(frozen=True, slots=True)
class _Contents:
    """What groups hold; found when it is first asked for."""

    children: list[list[Child]]
    extents: list[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTree(Record):
    """All groups of a program."""

    groups: tuple[Group, ...]
    """Parents before their children; children in the order of their equations."""
    leaf: tuple[int, ...]
    """Per equation, the innermost group that it stands in."""
    order: tuple[int, ...]
    """Equations as the groups hold them: a topological order of each region, in which every
    group is one run. What an equation holds comes right behind it."""
    _known: list["_Contents"] = field(
        default_factory=list["_Contents"], init=False, repr=False, compare=False
    )

    def children(self, group: int) -> tuple[Child, ...]:
        """`("group", index)` and `("equation", index)`, in order.

        A program that an equation holds is no child beside it, but its contents.
        """
        return tuple(self._contents.children[group])

    def equations(self, group: int) -> int:
        """How many equations it holds, with those of nested programs."""
        first, end = self.extent(group)
        return end - first

    def extent(self, group: int) -> tuple[int, int]:
        """Where its equations begin and end in `order`, with those of nested programs."""
        return self._contents.extents[group]

    def path(self, equation: int) -> tuple[int, ...]:
        """The groups about an equation, outermost first."""
        groups: list[int] = []
        group: int | None = self.leaf[equation]
        while group is not None:
            groups.append(group)
            group = self.groups[group].parent
        return tuple(reversed(groups))

    def repeat_count(self, group: int) -> int:
        """How many turns a repeat has; 1 for other groups.

        The turns of a very long one stand in parts.
        """
        if self.groups[group].kind != "repeat":
            return 1
        count, waiting = 0, [group]
        while waiting:
            for kind, index in self.children(waiting.pop()):
                if kind == "group" and self.groups[index].kind == "part":
                    waiting.append(index)
                else:
                    count += 1
        return count

    def text(self, program: Program, depth: int = 4) -> str:
        """The tree to a depth, indented, a repeat by its first turn."""
        from jaxplore.model.groups.text import tree_text

        return tree_text(self, program, depth)

    @property
    def _contents(self) -> "_Contents":
        if not self._known:
            self._known.append(_contents(self))
        return self._known[0]


# The wire, the picture and the text of one program all ask for its groups.
_known: dict[int, tuple[weakref.ref[Program], GroupTree]] = {}


def group(program: Program) -> GroupTree:
    """The groups of a program; made once for as long as it lives."""
    key = id(program)
    known = _known.get(key)
    if known is not None and known[0]() is program:
        return known[1]
    tree = _uncollected(program)
    _known[key] = weakref.ref(program, lambda _: _known.pop(key, None)), tree
    return tree


def _uncollected(program: Program) -> GroupTree:
    was_on = gc.isenabled()
    gc.disable()  # all that is made is kept: a collection in its midst finds nothing
    try:
        return _grouped(program)
    finally:
        if was_on:
            gc.enable()


def _grouped(program: Program) -> GroupTree:
    inner = inner_first(program)
    members = members_of(program)
    if inner is None:
        return _regions_only(program, members)
    table = PathTable(program)
    structure = Structure(program, inner, members)
    loops = Loops(program.sources)
    roots: list[Node] = []
    sequences: list[list[int]] = []
    for index, region in enumerate(program.regions):
        sequence = ordered(program, members[index])
        levels = Levels(
            Run(structure, program, sequence),
            structure,
            rooted([table.paths[table.of[e]] for e in sequence], region.name),
            [program.equations[e].phase == "backward" for e in sequence],
            loops,
        )
        roots.append(levels.tree(region.name))
        sequences.append(sequence)
    return _written(program, roots, sequences)


def _written(program: Program, roots: list[Node], sequences: list[list[int]]) -> GroupTree:
    held: dict[int, list[int]] = {}
    for index, region in enumerate(program.regions):
        if region.equation is not None:
            held.setdefault(region.equation, []).append(index)
    groups: list[Group] = []
    leaf = [0] * len(program.equations)
    order: list[int] = []
    waiting: list[tuple[Node | int, int | None, int]] = [(roots[0], None, 0)]
    while waiting:
        part, parent, region = waiting.pop()
        if isinstance(part, Node):
            own = len(groups)
            kind = cast(GroupKind, part.kind)
            groups.append(
                Group(kind=kind, name=part.name, parent=parent, region=region, span=part.span)
            )
            waiting.extend((child, own, region) for child in reversed(part.children))
            continue
        equation = sequences[region][part]
        leaf[equation] = 0 if parent is None else parent
        order.append(equation)
        inner = reversed(held.get(equation, ()))
        waiting.extend((roots[region], parent, region) for region in inner)
    return GroupTree(groups=tuple(groups), leaf=tuple(leaf), order=tuple(order))


def _regions_only(program: Program, members: list[list[int]]) -> GroupTree:
    """For a program whose regions do not nest: its regions side by side in the whole."""
    groups = tuple(
        Group(kind="region", name=region.name, parent=0 if index else None, region=index, span=None)
        for index, region in enumerate(program.regions)
    )
    return GroupTree(
        groups=groups,
        leaf=tuple([e.region for e in program.equations]),
        order=tuple([index for rows in members for index in rows]),
    )


def _contents(tree: GroupTree) -> _Contents:
    children: list[list[Child]] = [[] for _ in tree.groups]
    firsts = [len(tree.order)] * len(tree.groups)
    ends = [0] * len(tree.groups)
    entered = [False] * len(tree.groups)
    for place, equation in enumerate(tree.order):
        leaf = tree.leaf[equation]
        group: int | None = leaf
        while group is not None and not entered[group]:
            entered[group], firsts[group] = True, place
            row = tree.groups[group]
            if row.parent is not None and row.kind != "region":
                children[row.parent].append(("group", group))
            group = row.parent
        children[leaf].append(("equation", equation))
        ends[leaf] = place + 1
    for group in range(len(tree.groups) - 1, 0, -1):
        parent = tree.groups[group].parent
        if parent is not None:
            ends[parent] = max(ends[parent], ends[group])
    extents = [(min(first, end), end) for first, end in zip(firsts, ends, strict=True)]
    return _Contents(children=children, extents=extents)
