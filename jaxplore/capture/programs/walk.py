"""From a jaxpr to equations, values, regions and the jaxpr's text, in one pass.

The text is written here, not by JAX, so that every line is known to belong to its
equation; it reads as JAX prints it, with nested programs indented below the equation
that holds them.
"""

import gc
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from jaxplore.capture import _hooks
from jaxplore.capture.programs import flops as costs
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.valuetable import ValueTable
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.program import Equation, EquationLinks, Phase, Region, Stage
from jaxplore.model.span import Span

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
    span: Span | None = None


class Walk:
    """The walk over one program. Read its fields when it is done."""

    def __init__(self, jaxpr: Any, name: str, spans: SpanTable) -> None:
        self.equations: list[Equation] = []
        self.regions: list[Region] = []
        self.paths: list[str] = []
        """Per equation, its name stack as XLA's metadata will carry it."""
        self._table = ValueTable()
        self.values = self._table.values
        self._spans = spans
        self._lines: list[str] = []
        self._first_lines: list[int] = []
        self._last_lines: list[int] = []
        self._scopes: dict[str, tuple[str, ...]] = {"": ()}
        self._parameters: dict[tuple[Any, ...], str] = {}
        self._share = jaxprs.count_equations(jaxpr) > _MOST_EXPANDED
        self._written: dict[int, int] = {}
        self._costs: dict[int, int] = {}
        self._region(jaxpr, name, "program", None, _Place())

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
    ) -> tuple[int, int]:
        """Walk one jaxpr; returns its region's index and its floating-point operations."""
        jaxpr = jaxprs.opened(jaxpr)
        table = self._table
        self._written[id(jaxpr)] = len(self._lines) + 1
        index = len(self.regions)
        self.regions.append(_UNFINISHED)
        env: dict[Any, int] = {}
        constants = [table.bind(env, var, "constant") for var in jaxpr.constvars]
        inputs = [table.bind(env, var, "input") for var in jaxpr.invars]
        label = "" if equation is None else f"{kind}="
        head = " ".join(["lambda", table.declared(constants), ";", table.declared(inputs)])
        self._lines.append(f"{place.indent}{label}{{ {' '.join(head.split())}. let")
        work = self._equations(jaxpr, env, index, place)
        self._costs[id(jaxpr)] = work
        outputs = [table.read(env, var) for var in jaxpr.outvars]
        shown = [table.use(value) for value in outputs]
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
        return index, work

    def _equations(self, jaxpr: Any, env: dict[Any, int], region: int, place: _Place) -> int:
        # The one hot loop: a large program comes through here a hundred thousand times.
        total = 0
        table, values, lines = self._table, self.values, self._lines
        read, bind, use, span_of = table.read, table.bind, table.use, self._spans.of_traceback
        uses = [var for eqn in jaxpr.eqns for var in eqn.invars]
        used = {v for v in [*uses, *jaxpr.outvars] if not isinstance(v, _hooks.Literal)}
        for eqn in jaxpr.eqns:
            params, primitive = eqn.params, eqn.primitive.name
            stack = str(eqn.source_info.name_stack)
            path = f"{place.path}/{stack}" if stack else place.path
            inputs = tuple([read(env, var) for var in eqn.invars])
            outputs = tuple([bind(env, var, "result", read=var in used) for var in eqn.outvars])
            backward = place.phase == "backward" or "transpose(" in stack
            phase: Phase = "backward" if backward else "forward"
            scope = place.scope + self._scope_of(stack) if stack else place.scope
            # JAX's own helpers are traced once for all their callers: their equations stand
            # nowhere in the user's text but in the expression that called them.
            span = span_of(eqn.source_info.traceback) or place.span
            parameters = self._parameters_of(primitive, params) if params else ""
            bracket = f"{primitive}[{parameters}]" if parameters else primitive
            reads = " ".join([bracket, *[use(value) for value in inputs]])
            writes = f"{table.declared(outputs)} = " if outputs else ""
            lines.append(f"{place.indent}    {writes}{reads}")
            index = len(self.equations)
            self.paths.append(f"{path}/{primitive}")
            self._first_lines.append(len(lines))
            self._last_lines.append(len(lines))
            # The nested equations come after this one, which needs their cost: hold its place.
            self.equations.append(_PENDING)
            regions: tuple[int, ...] = ()
            nested: list[int] = []
            held = tuple(jaxprs.nested(params)) if params else ()
            if held:
                inside = _Place(place.indent + "      ", path, scope, phase, span)
                regions, nested = self._nested(held, params, index, primitive, inside)
                self._last_lines[index] = len(lines)
            work = costs.count(primitive, eqn, nested)
            total += work
            self.equations[index] = Equation(
                primitive=primitive,
                inputs=inputs,
                outputs=outputs,
                span=span,
                scope=scope,
                phase=phase,
                region=region,
                flops=work,
                bytes=sum([values[value].size_bytes for value in inputs + outputs]),
                parameters=parameters,
                regions=regions,
            )
        return total

    def _nested(
        self,
        held: Sequence[tuple[str, Any]],
        params: dict[str, Any],
        index: int,
        primitive: str,
        place: _Place,
    ) -> tuple[tuple[int, ...], list[int]]:
        """Walk the programs an equation holds; returns their regions and their costs."""
        name = params.get("name")
        name = name if isinstance(name, str) else primitive
        if primitive == "jit":
            place = replace(
                place, path=f"{place.path}/jit({name})", scope=place.scope + scope_names(name)
            )
        else:
            place = replace(place, path=f"{place.path}/{primitive}")
        regions: list[int] = []
        work: list[int] = []
        for parameter, inner in held:
            seen_at = self._written.get(id(jaxprs.opened(inner)))
            if self._share and seen_at is not None:
                self._lines.append(f"{place.indent}{parameter}=(as in line {seen_at})")
                work.append(self._costs.get(id(jaxprs.opened(inner)), 0))
                continue
            region, cost = self._region(inner, name, parameter, index, place)
            regions.append(region)
            work.append(cost)
        return tuple(regions), work

    def _scope_of(self, stack: str) -> tuple[str, ...]:
        known = self._scopes.get(stack)
        if known is None:
            known = self._scopes[stack] = scope_names(stack)
        return known

    def _parameters_of(self, primitive: str, params: dict[str, Any]) -> str:
        try:
            # 1, 1.0 and True are equal, but read otherwise; so do 0.0 and -0.0.
            key = (
                primitive,
                *[(type(v), repr(v)) if isinstance(v, int | float) else v for v in params.values()],
            )
            known = self._parameters.get(key)
        except TypeError:  # a parameter that cannot be hashed
            return jaxprs.parameters_text(params)
        if known is None:
            known = self._parameters[key] = jaxprs.parameters_text(params)
        return known


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
