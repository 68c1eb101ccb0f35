"""What a program's own text says about placement: its sharding constraints."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import jax

from jaxplore.capture.programs import jaxprs
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.span import Span

_ASKING: Final = {
    "sharding_constraint": ("with_sharding_constraint", "sharding"),
    "reshard": ("reshard", "dst_sharding"),
}


@dataclass(frozen=True, slots=True)
class Constraint:
    """One sharding that the program asks for."""

    name: str
    """`"with_sharding_constraint"`, `"shard_map in_specs[0]"`, ...; `"reshard (2)"` for the
    second."""
    sharding: Any
    aval: Any
    span: Span | None


def constraints(jaxpr: Any, spans: SpanTable) -> Iterator[Constraint]:
    """The constraints of a program and of those nested in it, in order."""
    counts: Counter[str] = Counter()
    for equation in _equations(jaxpr):
        for name, sharding, aval in _asked(equation):
            counts[name] += 1
            number = f" ({counts[name]})" if counts[name] > 1 else ""
            span = spans.of_traceback(equation.source_info.traceback)
            yield Constraint(name + number, sharding, aval, span)


def _equations(jaxpr: Any) -> Iterator[Any]:
    """All equations in the order of the program, those of a nested one behind its holder; one
    that is used in several places only once."""
    seen: set[int] = set()
    open_: list[Iterator[Any]] = [iter(jaxpr.eqns)]
    while open_:
        equation = next(open_[-1], None)
        if equation is None:
            open_.pop()
            continue
        yield equation
        inner = [jaxprs.opened(one) for _, one in jaxprs.nested(equation.params)]
        new = [one for one in inner if id(one) not in seen]
        seen.update(map(id, new))
        open_.extend(iter(one.eqns) for one in reversed(new))


def _asked(equation: Any) -> Iterator[tuple[str, Any, Any]]:
    """(name, sharding, type) of what an equation asks for."""
    params, primitive = equation.params, equation.primitive.name
    inputs = [var.aval for var in equation.invars]
    outputs = [var.aval for var in equation.outvars]
    if primitive in _ASKING:
        name, parameter = _ASKING[primitive]
        yield name, params[parameter], outputs[0]
    elif primitive == "shard_map":
        for name, types in (("in_specs", inputs), ("out_specs", outputs)):
            for place, (spec, aval) in enumerate(zip(params[name], types, strict=True)):
                sharding = jax.sharding.NamedSharding(params["mesh"], spec)
                yield f"shard_map {name}[{place}]", sharding, aval
    else:
        if isinstance(params.get("out_sharding"), jax.sharding.Sharding):
            yield "out_sharding", params["out_sharding"], outputs[0]
        for name, types in (("in_shardings", inputs), ("out_shardings", outputs)):
            listed: tuple[Any, ...] = params.get(name) or ()
            for place, (sharding, aval) in enumerate(zip(listed, types, strict=False)):
                if isinstance(sharding, jax.sharding.Sharding):
                    yield f"{jaxprs.called_name(primitive, params)} {name}[{place}]", sharding, aval
