"""From a jaxpr to equations, values, regions and the jaxpr's text, in one pass.

The text is written here, not by JAX, so that every line is known to belong to its
equation; it reads as JAX prints it, with nested programs indented below the equation
that holds them.
"""

import gc
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from jaxplore.capture import _hooks
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.details import DetailsTable, Held, times, with_nested
from jaxplore.capture.programs.runs import Runs
from jaxplore.capture.programs.valuetable import ValueTable
from jaxplore.capture.source.frames import FrameTable
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.program import Equation, EquationLinks, Phase, Region, Stage

# A program whose nested programs are used so often that writing each use out would
# exceed this many equations is written with each nested program once.
_MOST_EXPANDED: Final = 250_000

_TRANSFORM: Final = re.compile(r"^[a-z_]+\((.*)\)$")


@contextmanager
def collector_resting() -> Generator[None]:
    """Spare the garbage collector: all that a walk makes is kept, and a collection in its
    midst costs as much as the walk itself on a large program."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the program a nested jaxpr stands."""

    indent: str = ""
    path: str = ""
    """Name stack of the equation that holds it, as in XLA's metadata."""
    scope: tuple[str, ...] = ()
    phase: Phase = "forward"
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class _Stack:
    """What a name stack says of the equations of one region that have it."""

    path: str
    scope: tuple[str, ...]
    phase: Phase


class _Stacks(dict[Any, _Stack]):
    """JAX's name stacks in one region, read as they are met."""

    def __init__(self, place: _Place) -> None:
        super().__init__()
        self._place = place

    def __missing__(self, stack: Any) -> _Stack:
        text, place = str(stack), self._place
        backward = place.phase == "backward" or "transpose(" in text
        made = self[stack] = _Stack(
            path=f"{place.path}/{text}" if text else place.path,
            scope=place.scope + scope_names(text),
            phase="backward" if backward else "forward",
        )
        return made


# A region of the program being walked: it hands out the regions within it, and is given
# what they count. So the depth of a program is no depth of Python's calls.
_Visit = Generator["_Visit", tuple[int, int], tuple[int, int]]


class Walk:
    """The walk over one program. Read its fields when it is done."""

    def __init__(self, jaxpr: Any, name: str, spans: SpanTable) -> None:
        self.equations: list[Equation] = []
        self.regions: list[Region] = []
        self.paths: list[str] = []
        """Per equation, its name stack as XLA's metadata will carry it."""
        self.jaxprs: list[Any] = []
        """Per region, what JAX has of it."""
        self._table = ValueTable()
        self.values = self._table.values
        self._details = DetailsTable(self._table)
        self._frames = FrameTable(spans)
        self.frames = self._frames.frames
        self._lines: list[str] = []
        self._first_lines: list[int] = []
        self._last_lines: list[int] = []
        self._share = jaxprs.count_equations(jaxpr) > _MOST_EXPANDED
        self._seen: dict[int, _Seen] = {}
        self._runs = Runs()
        _visit(self._region(jaxpr, name, "program", None, _Place()))
        for index, runs in self._runs.of_regions():
            self.regions[index] = replace(self.regions[index], runs=runs)

    def stage(self) -> Stage:
        """The text, one link per equation."""
        links = EquationLinks(
            first_lines=tuple(self._first_lines),
            last_lines=tuple(self._last_lines),
            spans=tuple([equation.span for equation in self.equations]),
        )
        return Stage(text="\n".join(self._lines), links=links)

    def _region(
        self, jaxpr: Any, name: str, kind: str, equation: int | None, place: _Place
    ) -> _Visit:
        """Walk one jaxpr; returns its region's index and its floating-point operations."""
        jaxpr = jaxprs.opened(jaxpr)
        table = self._table
        index = len(self.regions)
        seen = self._seen[id(jaxpr)] = _Seen(index, len(self._lines) + 1)
        self.regions.append(_UNFINISHED)
        self.jaxprs.append(jaxpr)
        env: dict[Any, int] = {}
        constants = [table.bind(env, var, "constant") for var in jaxpr.constvars]
        inputs = [table.bind(env, var, "input") for var in jaxpr.invars]
        label = "" if equation is None else f"{kind}="
        head = " ".join(["lambda", table.declared(constants), ";", table.declared(inputs)])
        self._lines.append(f"{place.indent}{label}{{ {' '.join(head.split())}. let")
        seen.flops = yield from self._equations(jaxpr, env, index, place)
        outputs = [table.read(env, var) for var in jaxpr.outvars]
        shown = [table.uses[value] for value in outputs]
        result = f"({shown[0]},)" if len(shown) == 1 else f"({', '.join(shown)})"
        self._lines.append(f"{place.indent}  in {result} }}")
        self.regions[index] = Region(
            name=name,
            kind=kind,
            equation=equation,
            inputs=tuple(inputs),
            constants=tuple(constants),
            outputs=tuple(outputs),
        )
        self._runs.finished(index)
        return index, seen.flops

    def _equations(
        self, jaxpr: Any, env: dict[Any, int], region: int, place: _Place
    ) -> Generator[_Visit, tuple[int, int], int]:
        # The one hot loop: a large program comes through here a hundred thousand times.
        total = 0
        table, lines, rows = self._table, self._lines, self.equations
        read, bind, uses = table.read, table.bind, table.uses
        details_of, declared = self._details.of, table.declared
        places, stacks = self._frames.below(place.frame), _Stacks(place)
        read_vars = [var for eqn in jaxpr.eqns for var in eqn.invars]
        used = {v for v in [*read_vars, *jaxpr.outvars] if not isinstance(v, _hooks.Literal)}
        before = f"{place.indent}    "
        for eqn in jaxpr.eqns:
            source = eqn.source_info
            stack = stacks[source.name_stack]
            # JAX's own helpers are traced once for all their callers: their equations stand
            # nowhere in the user's text but in the expression that called them.
            frame, span = places[source.traceback]
            inputs = tuple([read(env, var) for var in eqn.invars])
            outputs = tuple([bind(env, var, "result", read=var in used) for var in eqn.outvars])
            details = details_of(eqn, inputs + outputs)
            reads = " ".join([details.text, *[uses[value] for value in inputs]])
            lines.append(
                f"{before}{declared(outputs)} = {reads}" if outputs else f"{before}{reads}"
            )
            index = len(rows)
            primitive = eqn.primitive.name
            self.paths.append(f"{stack.path}/{primitive}")
            self._first_lines.append(len(lines))
            self._last_lines.append(len(lines))
            regions: tuple[int, ...] = ()
            if details.held:
                # The nested equations come after this one, which needs their cost.
                rows.append(_PENDING)
                inside = _Place(
                    f"{place.indent}      ", stack.path, stack.scope, stack.phase, frame
                )
                regions, nested = yield from self._nested(details.held, eqn, index, region, inside)
                self._last_lines[index] = len(lines)
                details = with_nested(eqn, details, nested)
            total += details.flops
            row = Equation(
                primitive=primitive,
                inputs=inputs,
                outputs=outputs,
                span=span,
                scope=stack.scope,
                phase=stack.phase,
                region=region,
                flops=details.flops,
                bytes=details.bytes,
                parameters=details.parameters,
                regions=regions,
                frame=frame,
                meaning=details.meaning,
            )
            if details.held:
                rows[index] = row
            else:
                rows.append(row)
        return total

    def _nested(
        self, held: Held, eqn: Any, index: int, region: int, place: _Place
    ) -> Generator[_Visit, tuple[int, int], tuple[tuple[int, ...], list[int]]]:
        """Walk the programs an equation holds; returns their regions and their costs."""
        primitive = eqn.primitive.name
        name = jaxprs.called_name(primitive, eqn.params)
        if primitive == "jit":
            place = replace(
                place, path=f"{place.path}/jit({name})", scope=place.scope + scope_names(name)
            )
        else:
            place = replace(place, path=f"{place.path}/{primitive}")
        regions: list[int] = []
        work: list[int] = []
        for position, (parameter, inner) in enumerate(held):
            runs = times(eqn, position)
            seen = self._seen.get(id(jaxprs.opened(inner))) if self._share else None
            if seen is not None:
                self._lines.append(f"{place.indent}{parameter}=(as in line {seen.line})")
                self._runs.used(seen.region, region, runs)
                work.append(seen.flops)
                continue
            inner_region, cost = yield self._region(inner, name, parameter, index, place)
            self._runs.used(inner_region, region, runs)
            regions.append(inner_region)
            work.append(cost)
        return tuple(regions), work


@dataclass(slots=True)
class _Seen:
    """A jaxpr that was written already."""

    region: int
    line: int
    flops: int = 0


def _visit(visit: _Visit) -> None:
    """Run a visit and those it hands out, each before its holder goes on."""
    open_: list[_Visit] = [visit]
    result: Any = None
    while open_:
        try:
            open_.append(open_[-1].send(result))
            result = None
        except StopIteration as done:
            open_.pop()
            result = done.value


_UNFINISHED: Final = Region(name="", kind="", equation=None, inputs=(), constants=(), outputs=())
_PENDING: Final = Equation(
    primitive="",
    inputs=(),
    outputs=(),
    span=None,
    scope=(),
    phase="forward",
    region=0,
    flops=0,
    bytes=0,
    parameters="",
)


def scope_names(stack: str) -> tuple[str, ...]:
    """The names in a name stack, without the transformations about them.

    >>> scope_names("transpose(jvp(encoder))/layer"), scope_names("jvp()")
    (('encoder', 'layer'), ())
    """
    names: list[str] = []
    for part in stack.split("/"):
        while match := _TRANSFORM.match(part):
            part = match[1]
        if part:
            names.append(part)
    return tuple(names)
