"""The forward pass as rows in the making: groups down to the user's expressions.

Equations of one expression are one row, whatever jitted functions of libraries they stand in:
what a reader sees is the text that was written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from jaxplore.model.groups.tree import GroupTree, group
from jaxplore.model.mirror.mirror import RowKind
from jaxplore.model.program import Program, Region
from jaxplore.model.span import Span

NAME_LENGTH: Final = 60


@dataclass(slots=True, eq=False)
class Draft:
    """A row in the making."""

    kind: RowKind
    name: str
    span: Span | None = None
    parent: "Draft | None" = None
    times: int | None = 1
    forward: list[int] = field(default_factory=list[int])
    backward: list[int] = field(default_factory=list[int])
    children: list["Draft"] = field(default_factory=list["Draft"])
    norm: float | None = None
    has_gradient: bool = True
    stops: list[int] = field(default_factory=list[int])
    index: int = 0
    is_named: bool = False
    """Whether it is a module or a scope of its own, although it is one expression."""

    @property
    def is_expression(self) -> bool:
        return self.kind == "expression" and not self.children

    def add(self, child: "Draft") -> None:
        child.parent = self
        self.children.append(child)


class ForwardRows:
    """The rows of a forward pass below `root`, and the row of each equation."""

    def __init__(self, forward: Program, name: str) -> None:
        self._program = forward
        self._tree: GroupTree = group(forward)
        self._of_group: dict[int, Draft] = {}
        self._of_holder: dict[int, Draft] = {}
        self._made: list[Draft] = []
        self.root = Draft("call", name)
        self._of_group[0] = self.root
        for index in self._tree.order:
            self._add(index)
        for draft in reversed([self.root, *self._made]):
            self._simplify(draft)
        self.of: dict[int, Draft] = {}
        waiting = [self.root]
        while waiting:
            draft = waiting.pop()
            self.of.update(dict.fromkeys(draft.forward, draft))
            waiting.extend(draft.children)

    def _add(self, index: int) -> None:
        equation = self._program.equations[index]
        text = "" if equation.span is None else equation.span.quoted(NAME_LENGTH)
        draft = Draft("expression", text or equation.primitive, equation.span, forward=[index])
        if equation.regions:
            region = self._program.regions[equation.regions[0]]
            draft.kind = _HOLDERS.get(equation.primitive, "call")
            draft.times = self._length(region)
            if draft.kind == "call":
                draft.name = region.name or draft.name
            self._of_holder[index] = draft
        self._made.append(draft)
        self._of(self._tree.leaf[index]).add(draft)

    def _of(self, index: int) -> Draft:
        """The row of a group; it and those about it are made when first asked for."""
        missing: list[int] = []
        at: int | None = index
        while at is not None and at not in self._of_group:
            missing.append(at)
            at = self._tree.groups[at].parent
        for one in reversed(missing):
            self._of_group[one] = self._group(one)
        return self._of_group[index]

    def _group(self, index: int) -> Draft:
        row = self._tree.groups[index]
        if row.kind == "region":
            region = self._program.regions[row.region]
            holder = None if region.equation is None else self._of_holder.get(region.equation)
            if holder is None:
                return self.root
            held = self._program.equations[region.equation or 0].regions
            if len(held) == 1:
                return holder
            name = "condition" if "cond" in region.kind else ""
            draft = Draft("branch", name or _branch_name(region, held.index(row.region)))
            parent = holder
        else:
            draft = Draft(row.kind, " ".join(row.name.split()), row.span)
            if row.kind == "repeat":
                draft.times = self._tree.repeat_count(index)
            parent = self._of_group[row.parent or 0]
        self._made.append(draft)
        parent.add(draft)
        return draft

    def _length(self, region: Region) -> int | None:
        """How often it runs each time that the program about it does."""
        if region.runs is None or region.equation is None:
            return None
        about = self._program.regions[self._program.equations[region.equation].region].runs
        return region.runs // about if about else None

    def _simplify(self, draft: Draft) -> None:
        if not draft.children:
            draft.kind = "expression"  # or it holds a program without equations
            return
        if draft is self.root:
            draft.children = list(self._without_itself(draft.children))
            for child in draft.children:
                child.parent = draft
        holder = draft.parent if draft.kind == "branch" else draft
        if holder is not None and holder.kind in _HOLDING:
            draft.children = list(_inside(draft.children, holder))
        if not _is_repeat(draft):
            draft.children = _merged(draft.children)
        if draft is self.root or draft.kind == "repeat":
            return
        if not draft.children and draft.kind != "loop":
            self._close(draft)
        elif len(draft.children) == 1:
            _simplify_one(draft, draft.children[0])

    def _close(self, draft: Draft) -> None:
        """What holds nothing but its own expression is that expression."""
        draft.kind = "expression"
        if draft.span is not None:
            draft.name = draft.span.quoted(NAME_LENGTH) or draft.name

    def _without_itself(self, children: list[Draft]) -> Iterator[Draft]:
        """Without the function that all of it is in."""
        for child in children:
            if child.kind == "function" and child.name == self.root.name and child.span is None:
                yield from child.children
            else:
                yield child


_HOLDING: Final = ("loop", "branches", "call")
_HOLDERS: Final[dict[str, RowKind]] = {"scan": "loop", "while": "loop", "cond": "branches"}


def _branch_name(region: Region, place: int) -> str:
    return f"branch {place}" if region.kind == "branches" else region.name or region.kind


def _is_repeat(draft: Draft) -> bool:
    while draft.kind == "part" and draft.parent is not None:
        draft = draft.parent
    return draft.kind == "repeat"


def _simplify_one(draft: Draft, only: Draft) -> None:
    """A group of one thing that says no more than it."""
    if draft.kind in ("branch", "loop") and only.kind in ("function", "line"):
        draft.children = only.children
        for child in draft.children:
            child.parent = draft
    is_same = not draft.forward or draft.span == only.span or draft.span is None
    if only.is_expression and is_same and draft.kind not in ("branch", "loop"):
        if draft.kind == "scope":
            draft.is_named = True
        else:
            draft.name, draft.is_named = only.name, only.is_named
        draft.kind, draft.span, draft.children = "expression", only.span, []
        draft.forward += only.forward


def _inside(children: list[Draft], holder: Draft) -> Iterator[Draft]:
    """What is in a loop or a branch, without what is there for the loop itself."""
    for child in children:
        is_own = child.span is not None and child.span == holder.span
        if is_own and child.is_expression and not child.is_named:
            holder.forward += child.forward
        else:
            yield child


def _merged(children: list[Draft]) -> list[Draft]:
    """Neighbours of one expression as one; what has no expression goes with its neighbour."""
    kept: list[Draft] = []
    holders = {child.span: child for child in children if child.kind in _HOLDING}
    for child in children:
        last = kept[-1] if kept else None
        holder = None if child.span is None else holders.get(child.span)
        if holder is not None and child.is_expression:
            holder.forward += child.forward  # what a loop needs beside its body
            continue
        is_plain = not child.is_named and child.is_expression
        if last is None or last.is_named or not (last.is_expression and is_plain):
            kept.append(child)
        elif child.span is None or child.span == last.span or last.span is None:
            if last.span is None:
                last.name, last.span = child.name, child.span
            last.forward += child.forward
        else:
            kept.append(child)
    return kept
