"""Which results of an equation have a derivative by which of its inputs: asked of JAX.

JAX's own rule of a primitive says it, when the derivative is traced: where no tangent of an
input reaches the tangent of a result, there is none. Programs repeat few kinds of equations;
each is asked about once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import jax
import jax.numpy as jnp

from jaxplore.capture import _hooks
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.walk import Walk
from jaxplore.model.gradients.activity import Derivative
from jaxplore.model.gradients.cut import inside_of
from jaxplore.model.gradients.ports import are_known, ports_of
from jaxplore.model.program import Program

# What they hold does not say their derivative: their rule does.
_RULED: Final = frozenset(["custom_jvp_call", "custom_vjp_call"])


def dependence(program: Program, walk: Walk) -> Mapping[int, Derivative]:
    """For each equation that is not followed inside: its own derivative.

    Args:
        program: As captured.
        walk: Its walk, which has JAX's own equations.
    """
    table = _Table()
    found: dict[int, Derivative] = {}
    for inside, jaxpr in zip(inside_of(program), walk.jaxprs, strict=True):
        for index, equation in zip(inside, jaxpr.eqns, strict=True):
            row = program.equations[index]
            follow = row.regions and row.primitive not in _RULED
            if not follow or not are_known(ports_of(program, index)):
                found[index] = table.of(equation)
    return found


class _Table:
    """Asks JAX once for each kind of equation."""

    def __init__(self) -> None:
        self._known: dict[Any, Derivative] = {}

    def of(self, equation: Any) -> Derivative:
        ins = [var.aval for var in equation.invars]
        outs = [var.aval for var in equation.outvars]
        if not any(map(_is_real, outs)) or not any(map(_is_real, ins)):
            return tuple([frozenset[int]()] * len(outs))
        try:
            key = (equation.primitive, tuple(map(_type, ins)), *equation.params.items())
            known = self._known.get(key)
        except Exception:  # a parameter that cannot be hashed
            return _asked(equation, ins, outs)
        if known is None:
            known = self._known[key] = _asked(equation, ins, outs)
        return known


def _type(aval: Any) -> tuple[Any, ...]:
    return jaxprs.dtype_name(aval), jaxprs.dimensions(aval)


def _is_real(aval: Any) -> bool:
    dtype = getattr(aval, "dtype", None)
    return dtype is not None and bool(jnp.issubdtype(dtype, jnp.inexact))


def _asked(equation: Any, ins: Sequence[Any], outs: Sequence[Any]) -> Derivative:
    by = [place for place, aval in enumerate(ins) if _is_real(aval)]
    try:
        ask = _backward if equation.primitive.name == "custom_vjp_call" else _forward
        return ask(equation, ins, outs, by)
    except Exception:  # JAX has no rule, or needs what is about the equation: a mapped axis
        return tuple([frozenset(by if _is_real(aval) else ()) for aval in outs])


def _forward(
    equation: Any, ins: Sequence[Any], outs: Sequence[Any], by: Sequence[int]
) -> Derivative:
    """From each input's tangent to the results'."""

    def tangents(values: list[Any], directions: list[Any]) -> Any:
        real = [values[place] for place in by]
        return jax.jvp(_bound(equation, values, outs, by), tuple(real), tuple(directions))[1]

    types = [_given(aval) for aval in ins]
    reached = _reached(jax.make_jaxpr(tangents)(types, [types[place] for place in by]), len(by))
    return _by_output(outs, [[by[i] for i in one] for one in reached])


def _backward(
    equation: Any, ins: Sequence[Any], outs: Sequence[Any], by: Sequence[int]
) -> Derivative:
    """From each result's cotangent to the inputs'."""

    def cotangents(values: list[Any], given: list[Any]) -> Any:
        real = [values[place] for place in by]
        return jax.vjp(_bound(equation, values, outs, by), *real)[1](given)

    results = [_given(aval) for aval in outs if _is_real(aval)]
    traced = jax.make_jaxpr(cotangents)([_given(aval) for aval in ins], results)
    reached = _reached(traced, len(results))
    return _by_output(
        outs,
        [[by[i] for i, one in enumerate(reached) if place in one] for place in range(len(results))],
    )


def _bound(equation: Any, values: list[Any], outs: Sequence[Any], by: Sequence[int]) -> Any:
    """The equation as a function of its real inputs, giving its real results."""

    def run(*real: Any) -> list[Any]:
        given = list(values)
        for place, value in zip(by, real, strict=True):
            given[place] = value
        primitive = equation.primitive
        made = primitive.bind(*given, **primitive.get_bind_params(equation.params))
        made = made if primitive.multiple_results else [made]
        return [value for value, aval in zip(made, outs, strict=True) if _is_real(aval)]

    return run


def _given(aval: Any) -> Any:
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype)


def _by_output(outs: Sequence[Any], real: list[list[int]]) -> Derivative:
    rest = iter(real)
    return tuple([frozenset(next(rest) if _is_real(aval) else ()) for aval in outs])


def _reached(jaxpr: Any, last: int) -> list[set[int]]:
    """For each result of a program, which of its last inputs it depends on."""
    opened = jaxprs.opened(jaxpr)
    depends: dict[Any, set[int]] = {}
    given = opened.invars[len(opened.invars) - last :]
    for place, var in enumerate(given):
        depends[var] = {place}
    for equation in opened.eqns:
        read = [v for v in equation.invars if not isinstance(v, _hooks.Literal)]
        found = set[int]().union(*[depends.get(var, ()) for var in read])
        if found:
            depends.update(dict.fromkeys(equation.outvars, found))
    return [
        set() if isinstance(var, _hooks.Literal) else depends.get(var, set())
        for var in opened.outvars
    ]
