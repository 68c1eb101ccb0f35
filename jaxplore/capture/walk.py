"""From a jaxpr to equations, values, regions and the jaxpr's text, in one pass.

The text is written here, not by JAX, so that every line is known to belong to its
equation; it reads as JAX prints it, with nested programs indented below the equation
that holds them.
"""

import gc
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import jax.extend.core as jex_core

from jaxplore.capture import flops as costs
from jaxplore.capture import jaxprs
from jaxplore.capture.spans import SpanTable
from jaxplore.model.program import Equation, Link, Phase, Region, Stage, Value, ValueKind
from jaxplore.model.span import Span

# A program whose nested programs are used so often that writing each use out would
# exceed this many equations is written with each nested program once.
_MOST_EXPANDED: Final = 250_000

_TRANSFORM: Final = re.compile(r"^[a-z_]+\((.*)\)$")


@contextmanager
def _collector_resting() -> Generator[None]:
    """Spare the garbage collector: all that a walk makes is kept, and a collection in its
    midst costs as much as the walk itself on a large program."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Walk:
    """The walk over one program. Read its fields when it is done."""

    def __init__(self, jaxpr: Any, name: str, spans: SpanTable) -> None:
        self.values: list[Value] = []
        self.equations: list[Equation] = []
        self.regions: list[Region] = []
        self.paths: list[str] = []
        """Per equation, its name stack as XLA's metadata will carry it."""
        self.stage: Stage
        """The text, one link per equation."""
        self._spans = spans
        self._lines: list[str] = []
        self._line_ranges: list[tuple[int, int]] = []
        self._literals: dict[tuple[str, Any], int] = {}
        self._types: dict[Any, tuple[Any, ...]] = {}
        self._texts: dict[tuple[Any, Any], str] = {}
        self._scopes: dict[str, tuple[str, ...]] = {}
        self._parameters: dict[tuple[Any, ...], str] = {}
        self._named = 0
        self._share = jaxprs.count_equations(jaxpr) > _MOST_EXPANDED
        self._written: dict[int, int] = {}
        with _collector_resting():
            self._region(
                jaxpr, name, "program", equation=None, indent="", path="", scope=(), phase="forward"
            )
            self.stage = self._stage()

    def _stage(self) -> Stage:
        links = [
            Link(
                first_line=first,
                last_line=last,
                equations=(index,),
                spans=() if span is None else (span,),
            )
            for index, ((first, last), span) in enumerate(
                zip(self._line_ranges, [e.span for e in self.equations], strict=True)
            )
        ]
        return Stage(text="\n".join(self._lines), links=tuple(links))

    def _region(
        self,
        jaxpr: Any,
        name: str,
        kind: str,
        *,
        equation: int | None,
        indent: str,
        path: str,
        scope: tuple[str, ...],
        phase: Phase,
        span: Span | None = None,
    ) -> tuple[int, int]:
        """Walk one jaxpr; returns its region's index and its floating-point operations."""
        jaxpr = jaxprs.opened(jaxpr)
        self._written[id(jaxpr)] = len(self._lines) + 1
        index = len(self.regions)
        self.regions.append(_UNFINISHED)
        env: dict[Any, int] = {}
        constants = [self._bind(env, var, "constant") for var in jaxpr.constvars]
        inputs = [self._bind(env, var, "input") for var in jaxpr.invars]
        label = "" if equation is None else f"{kind}="
        self._lines.append(
            f"{indent}{label}{{ lambda {self._declared(constants)}; "
            f"{self._declared(inputs)}. let".replace(" .", ".")
        )
        total = self._equations(jaxpr.eqns, env, index, indent, path, scope, phase, span)
        outputs = [self._read(env, var) for var in jaxpr.outvars]
        shown = [self._use(value) for value in outputs]
        tuple_text = f"({shown[0]},)" if len(shown) == 1 else f"({', '.join(shown)})"
        self._lines.append(f"{indent}  in {tuple_text} }}")
        self.regions[index] = Region(
            name=name,
            kind=kind,
            equation=equation,
            inputs=tuple(inputs),
            constants=tuple(constants),
            outputs=tuple(outputs),
        )
        return index, total

    def _equations(
        self,
        eqns: Sequence[Any],
        env: dict[Any, int],
        region: int,
        indent: str,
        path: str,
        scope: tuple[str, ...],
        phase: Phase,
        outer: Span | None,
    ) -> int:
        total = 0
        read, bind, use = self._read, self._bind, self._use
        for eqn in eqns:
            index = len(self.equations)
            source = eqn.source_info
            stack = str(source.name_stack)
            primitive = str(eqn.primitive.name)
            here = f"{path}/{stack}" if stack else path
            inputs = tuple([read(env, var) for var in eqn.invars])
            outputs = tuple([bind(env, var, "result") for var in eqn.outvars])
            backward = phase == "backward" or "transpose(" in stack
            parameters = self._parameters_of(primitive, eqn.params)
            own_scope = scope + self._scope_of(stack)
            self.paths.append(f"{here}/{primitive}")
            bracket = f"[{parameters}]" if parameters else ""
            reads = " ".join([primitive + bracket, *[use(v) for v in inputs]])
            writes = self._declared(outputs)
            line = f"{indent}    {writes}= {reads}" if writes else f"{indent}    {reads}"
            self._lines.append(line)
            first = len(self._lines)
            self._line_ranges.append((first, first))
            # The nested equations come after this one, which needs their cost: hold its place.
            self.equations.append(_PENDING)
            own_phase: Phase = "backward" if backward else "forward"
            # JAX's own helpers are traced once for all their callers: their equations stand
            # nowhere in the user's text but in the expression that called them.
            span = self._spans.of_traceback(source.traceback) or outer
            regions, nested = (), []
            held = tuple(jaxprs.nested(eqn.params)) if eqn.params else ()
            if held:
                regions, nested = self._nested(
                    held, eqn.params, index, primitive, indent, here, own_scope, own_phase, span
                )
                self._line_ranges[index] = (first, len(self._lines))
            work = costs.count(
                primitive,
                [var.aval for var in eqn.invars],
                [var.aval for var in eqn.outvars],
                eqn.params,
                nested,
            )
            total += work
            values = self.values
            self.equations[index] = Equation(
                primitive=primitive,
                inputs=inputs,
                outputs=outputs,
                span=span,
                scope=own_scope,
                phase=own_phase,
                region=region,
                flops=work,
                bytes=sum([values[v].size_bytes for v in inputs + outputs]),
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
        indent: str,
        path: str,
        scope: tuple[str, ...],
        phase: Phase,
        span: Span | None,
    ) -> tuple[tuple[int, ...], list[int]]:
        regions: list[int] = []
        work: list[int] = []
        for parameter, inner in held:
            name = params.get("name")
            name = name if isinstance(name, str) else primitive
            seen_at = self._written.get(id(jaxprs.opened(inner)))
            if self._share and seen_at is not None:
                self._lines.append(f"{indent}      {parameter}=(as in line {seen_at})")
                continue
            inside = f"{path}/{primitive}({name})" if primitive == "jit" else f"{path}/{primitive}"
            region, cost = self._region(
                inner,
                name,
                parameter,
                equation=index,
                indent=indent + "      ",
                path=inside,
                scope=(*scope, name) if primitive == "jit" else scope,
                phase=phase,
                span=span,
            )
            regions.append(region)
            work.append(cost)
        return tuple(regions), work

    def _bind(self, env: dict[Any, int], var: Any, kind: ValueKind) -> int:
        index = env[var] = len(self.values)
        if isinstance(var, jex_core.DropVar):
            name = "_"
        else:
            name = letters(self._named)
            self._named += 1
        self.values.append(self._value(name, var.aval, kind))
        return index

    def _read(self, env: dict[Any, int], var: Any) -> int:
        if not isinstance(var, jex_core.Literal):
            return env[var]
        facts = self._facts(var.aval)
        key = (self._literal_text(var.val), facts)
        index = self._literals.get(key)
        if index is None:
            index = self._literals[key] = len(self.values)
            self.values.append(self._value(key[0], var.aval, "literal"))
        return index

    def _literal_text(self, value: Any) -> str:
        # Printing a numpy scalar is slow, and programs repeat the same few numbers.
        if getattr(value, "shape", None) != ():
            return _literal_text(value)
        key = (value.dtype, value.item())
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = _literal_text(value)
        return text

    def _facts(self, aval: Any) -> tuple[Any, ...]:
        known = self._types.get(aval)
        if known is None:
            known = self._types[aval] = (
                jaxprs.dimensions(aval),
                jaxprs.dtype_name(aval),
                bool(getattr(aval, "weak_type", False)),
                jaxprs.size_bytes(aval),
                jaxprs.sharding_text(aval),
            )
        return known

    def _value(self, name: str, aval: Any, kind: ValueKind) -> Value:
        shape, dtype, weak_type, size_bytes, sharding = self._facts(aval)
        return Value(
            name=name,
            shape=shape,
            dtype=dtype,
            weak_type=weak_type,
            size_bytes=size_bytes,
            sharding=sharding,
            kind=kind,
        )

    def _declared(self, values: Sequence[int]) -> str:
        if not values:
            return ""
        rows = [self.values[v] for v in values]
        return " ".join([f"{row.name}:{row.type_text}" for row in rows]) + " "

    def _use(self, value: int) -> str:
        row = self.values[value]
        return f"{row.name}:{row.type_text}" if row.kind == "literal" else row.name

    def _scope_of(self, stack: str) -> tuple[str, ...]:
        if not stack:
            return ()
        known = self._scopes.get(stack)
        if known is None:
            known = self._scopes[stack] = scope_names(stack)
        return known

    def _parameters_of(self, primitive: str, params: dict[str, Any]) -> str:
        if not params:
            return ""
        try:
            key = (primitive, *params.values())
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


def _literal_text(value: Any) -> str:
    # JAX wraps Python numbers in subclasses whose text names the type once more.
    if isinstance(value, float):
        value = float(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = int(value)
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"


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


def letters(index: int) -> str:
    """The name of the index-th value: a, b, ..., z, ba, bb, ... as JAX names them.

    >>> [letters(i) for i in (0, 25, 26, 27, 676)]
    ['a', 'z', 'ba', 'bb', 'baa']
    """
    name = ""
    while True:
        index, letter = divmod(index, 26)
        name = chr(97 + letter) + name
        if index == 0:
            return name
