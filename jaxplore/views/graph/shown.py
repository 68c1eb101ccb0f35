"""What a picture of a program shows: boxes within boxes, and the values between them.

The first view opens groups from the whole program on, the largest first, as long as few
boxes are shown. Inputs of many readers are chips on these: their lines would hide the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from jaxplore.model.groups.tree import Child, GroupTree, group
from jaxplore.model.program import Program
from jaxplore.views.graph.boxes import Item, Phase, Section
from jaxplore.views.graph.constants import constants
from jaxplore.views.graph.roles import carried, roles
from jaxplore.views.units import counted, cut

BOXES: Final = 30
"""Boxes of a first view, about."""
_MOST: Final = 60
_PORTS: Final = 6
_READERS: Final = 3
_CONTROL: Final = ("scan", "while", "cond")
_NAME: Final = 32
_TYPE: Final = 26


@dataclass(slots=True)
class _Room:
    """A section while it is filled."""

    section: Section
    region: int
    holder: "tuple[_Room, int] | None"
    """The room and the place of the item that this room is inside; None for a region's."""
    incoming: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    outgoing: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    links: dict[tuple[int, int], list[int]] = field(
        default_factory=dict[tuple[int, int], list[int]]
    )


def first_view(program: Program, boxes: int = BOXES, tree: GroupTree | None = None) -> Section:
    """The picture of a whole program in about so many boxes."""
    return View(program, tree or group(program), boxes, None).root.section


def levels(program: Program, depth: int, boxes: int) -> Section:
    """The picture with the groups of so many levels open, in no more than so many boxes."""
    return View(program, group(program), boxes, depth).root.section


class View:
    """A picture while it is made; `root.section` is all of it."""

    def __init__(self, program: Program, tree: GroupTree, boxes: int, depth: int | None) -> None:
        self.program, self.tree = program, tree
        self.constants = constants(program)
        self.held: dict[int, list[int]] = {}
        for index, one in enumerate(tree.groups):
            holder = program.regions[one.region].equation
            if one.kind == "region" and holder is not None:
                self.held.setdefault(holder, []).append(index)
        frames, equations = program.frames, program.equations
        user = [f is not None and frames[f].owner == "user" for f in (e.frame for e in equations)]
        self.own_before = [0, *accumulate(user[equation] for equation in tree.order)]
        """How many of the equations before a place in `tree.order` stand in the user's code."""
        self.home: dict[int, tuple[_Room, int]] = {}
        self.rooms: list[_Room] = []
        opened = self._opened(boxes) if depth is None else self._levels(depth, boxes)
        self.root = self._room(program.name, 0, 0, None, opened)
        self._connect()
        for room in reversed(self.rooms):
            self._finish(room)

    def seen(self, number: int) -> Item | None:
        """The box that shows an equation, or what holds it; None where it is left out."""
        while number not in self.home:
            holder = self.program.regions[self.program.equations[number].region].equation
            if holder is None:
                return None
            number = holder
        room, place = self.home[number]
        return room.section.items[place]

    # --- what is open -------------------------------------------------------------------

    def _inside(self, child: Child) -> list[int]:
        """The groups that are shown when a box is opened."""
        kind, index = child
        return [index] if kind == "group" else self.held.get(index, [])

    def _children(self, index: int) -> list[Child]:
        """What a group shows as boxes: constants are chips on what reads them."""
        return [child for child in self.tree.children(index) if not self._is_chip(child)]

    def _is_chip(self, child: Child) -> bool:
        kind, index = child
        if kind == "group":
            return all(self._is_chip(inner) for inner in self.tree.children(index))
        outputs = self.program.equations[index].outputs
        return len(outputs) == 1 and outputs[0] in self.constants

    def _weight(self, child: Child) -> tuple[bool, bool, int]:
        """What is opened first: the user's own code, forward before backward, the largest."""
        extents = [self.tree.extent(inner) for inner in self._inside(child)]
        own = sum(self.own_before[end] - self.own_before[first] for first, end in extents)
        starts = [self.tree.order[first] for first, end in extents if first < end]
        forward = any(self.program.equations[e].phase == "forward" for e in starts)
        return own > 0, forward, sum(end - first for first, end in extents)

    def _opened(self, most: int) -> set[Child]:
        opened: set[Child] = {("group", 0)}
        closed = self._children(0) if self.tree.groups else []
        count = len(closed)
        while closed:
            closed.sort(key=self._weight)
            child = closed.pop()
            inner = [c for g in self._inside(child) for c in self._children(g)]
            if inner and self._telling(child) and count + len(inner) - 1 <= most:
                opened.add(child)
                closed += inner
                count += len(inner) - 1
        return opened

    def _levels(self, depth: int, most: int) -> set[Child]:
        opened: set[Child] = {("group", 0)}
        level = self._children(0) if self.tree.groups else []
        count = len(level)
        for _ in range(depth):
            following: list[Child] = []
            for child in level:
                inner = [c for g in self._inside(child) for c in self._children(g)]
                if inner and count + len(inner) - 1 <= most:
                    opened.add(child)
                    following += inner
                    count += len(inner) - 1
            level = following
        return opened

    def _telling(self, child: Child) -> bool:
        """Whether the inside says more than the box: not a repeat's, nor how `scatter` adds."""
        kind, index = child
        if kind == "group":
            return self.tree.groups[index].kind != "repeat"
        return self.program.equations[index].primitive in _CONTROL or self._weight(child)[2] > 2

    # --- boxes --------------------------------------------------------------------------

    def _room(
        self,
        title: str,
        index: int,
        region: int,
        holder: tuple[_Room, int] | None,
        opened: set[Child],
    ) -> _Room:
        room = _Room(Section(title, []), region, holder)
        self.rooms.append(room)
        children = self._children(index)
        for child in children[:_MOST]:
            place = len(room.section.items)
            kind, number = child
            if kind == "equation":
                self.home[number] = (room, place)
                room.section.items.append(self._equation(number))
                if child in opened:
                    self._open_equation(number, room.section.items[-1], opened)
            elif child in opened:
                item = self._group(number)
                room.section.items.append(item)
                item.sections = [self._room("", number, region, (room, place), opened).section]
            else:
                first, end = self.tree.extent(number)
                home = (room, place)
                self.home.update((e, home) for e in self.tree.order[first:end])
                room.section.items.append(self._group(number))
        room.section.hidden = max(0, len(children) - _MOST)
        return room

    def _open_equation(self, number: int, item: Item, opened: set[Child]) -> None:
        for position, inner in enumerate(self.held[number]):
            region = self.tree.groups[inner].region
            title = _section_title(self.program, number, position)
            item.sections.append(self._room(title, inner, region, None, opened).section)

    def _equation(self, number: int) -> Item:
        equation = self.program.equations[number]
        held = [self.program.regions[region] for region in equation.regions]
        title = equation.primitive
        if held and held[0].name and held[0].name != title:
            title += f" {held[0].name}"
        if equation.primitive == "scan" and held[0].runs:
            own = self.program.regions[equation.region].runs
            if own:
                title += f" × {held[0].runs // own:,}"
        types = [self.program.values[v].type_text for v in equation.outputs]
        inside = sum(self.tree.equations(inner) for inner in self.held.get(number, ()))
        detail = types_text(types)
        if inside:
            detail += f" · {counted(inside, 'equation')}"
        return Item("equation", cut(title, _NAME), detail, equation.phase)

    def _group(self, index: int) -> Item:
        one = self.tree.groups[index]
        first, end = self.tree.extent(index)
        phases: set[Phase] = {self.program.equations[e].phase for e in self.tree.order[first:end]}
        turns = self.tree.repeat_count(index)
        title = cut(" ".join(one.name.split()) or one.kind, _NAME)
        return Item(
            "group",
            f"{title} × {turns:,}" if turns > 1 else title,
            counted(end - first, "equation"),
            phases.pop() if len(phases) == 1 else "both",
        )

    # --- values -------------------------------------------------------------------------

    def _connect(self) -> None:
        maker: dict[int, tuple[_Room, int]] = {}
        equations = self.program.equations
        for number, home in self.home.items():
            maker.update(dict.fromkeys(equations[number].outputs, home))
        for number in self.tree.order:
            home = self.home.get(number)
            if home is None:
                continue
            region = equations[number].region
            if home[0].region != region:
                continue  # inside a closed box of another program
            for value in dict.fromkeys(equations[number].inputs):
                text = self._constant(value)
                if text:
                    room, place = home
                    if room.section.items[place].kind == "equation":
                        room.section.items[place].chip(text)
                elif maker.get(value) is not home:
                    self._link(value, maker.get(value), home)
        for room in self.rooms:
            if room.holder is None:
                for value in dict.fromkeys(self.program.regions[room.region].outputs):
                    if value in maker:
                        self._leave(value, maker[value], None)

    def _constant(self, value: int) -> str:
        """What a value is that has no box; empty for others."""
        one = self.program.values[value]
        if value in self.constants:
            return f"{self.constants[value]} {one.type_text}"
        return one.name if one.kind == "literal" else ""

    def _link(self, value: int, made: tuple[_Room, int] | None, home: tuple[_Room, int]) -> None:
        """One value from where it is made, or from outside of its program, to a reader."""
        above: dict[int, tuple[_Room, int]] = {}
        at: tuple[_Room, int] | None = made
        while at is not None:
            above[id(at[0])] = at
            at = at[0].holder
        at = home
        while at is not None and id(at[0]) not in above:
            readers = at[0].incoming.setdefault(value, [])
            if at[1] not in readers:
                readers.append(at[1])
            at = at[0].holder
        if at is None or made is None:
            return
        source = above[id(at[0])]
        if source[1] == at[1]:
            return
        self._leave(value, made, at[0])
        types = at[0].links.setdefault((source[1], at[1]), [])
        if value not in types:
            types.append(value)

    def _leave(self, value: int, made: tuple[_Room, int], until: _Room | None) -> None:
        at: tuple[_Room, int] | None = made
        while at is not None and at[0] is not until:
            makers = at[0].outgoing.setdefault(value, [])
            if at[1] not in makers:
                makers.append(at[1])
            at = at[0].holder

    def _finish(self, room: _Room) -> None:
        """Ports and chips for what comes in, one box for what goes out, edges with types."""
        section = room.section
        names = self._names(room)
        is_program = room.holder is None
        edges: dict[tuple[int, int], list[str]] = {}
        ports: list[Item] = []
        links: list[tuple[int, int, int]] = []
        few = len(room.incoming) <= _PORTS
        for value, readers in room.incoming.items():
            type_text = self.program.values[value].type_text
            name = names.get(value, "")
            if few and len(readers) <= _READERS:
                label = f"{name} {type_text}" if name else type_text
                links += [(len(ports), reader, value) for reader in readers]
                ports.append(Item("input", cut(label, _NAME)))
                continue
            for reader in readers:
                item = section.items[reader]
                # An open group's own readers say it.
                if item.kind != "group" or not item.sections:
                    item.chip(
                        name or (self.program.values[value].name if is_program else type_text)
                    )
        shift = len(ports)
        for port, reader, _ in links:
            edges[port, reader + shift] = []
        for (source, target), values in sorted(room.links.items()):
            shown = [self.program.values[v].type_text for v in values]
            edges[source + shift, target + shift] = shown
        section.items[:0] = ports
        if room.outgoing:
            types = [self.program.values[v].type_text for v in room.outgoing]
            title = self._out(room) if is_program else "to outside"
            for makers in room.outgoing.values():
                for maker in makers:
                    edges.setdefault((maker + shift, len(section.items)), [])
            section.items.append(Item("output", title, types_text(types)))
        section.edges = edges

    def _names(self, room: _Room) -> dict[int, str]:
        if room.holder is not None:
            return {}
        region = self.program.regions[room.region]
        if room.region == 0:
            return dict(zip(region.inputs, self.program.argument_names, strict=False))
        if region.equation is None:
            return {}
        equation = self.program.equations[region.equation]
        return dict(zip(region.inputs, roles(self.program, equation, region), strict=False))

    def _out(self, room: _Room) -> str:
        """What the results of a program are to the loop that runs it."""
        region = self.program.regions[room.region]
        if region.equation is None or region.kind.startswith("cond"):
            return "out"
        equation = self.program.equations[region.equation]
        if equation.primitive not in ("scan", "while"):
            return "out"
        kept = carried(self.program, equation, region)
        rows = len(region.outputs) - kept
        parts = ["carry"] * bool(kept) + ["y"] * bool(rows)
        return ", ".join(parts) or "out"


def types_text(types: Sequence[str]) -> str:
    """The types of several values, as short as they can be."""
    if not types:
        return ""
    first = cut(types[0], _TYPE)
    return f"{first} +{len(types) - 1}" if len(types) > 1 else first


def _section_title(program: Program, number: int, position: int) -> str:
    equation = program.equations[number]
    kind = program.regions[equation.regions[position]].kind
    if equation.primitive == "cond":
        named = ("if false", "if true") if len(equation.regions) == 2 else ()
        return named[position] if named else f"branch {position}"
    if equation.primitive == "while":
        return "condition" if kind.startswith("cond") else "body"
    if equation.primitive == "scan":
        return "each step"
    return "" if len(equation.regions) == 1 else kind
