"""Where a gradient stops, and why: in words."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from jaxplore.model.gradient import Stop, StopKind
from jaxplore.model.gradients.activity import Activity, Derivative
from jaxplore.model.program import Program

_COMPARISONS: Final = frozenset(["eq", "ge", "gt", "is_finite", "le", "lt", "ne"])
_STEPS: Final = frozenset(["ceil", "floor", "round", "sign"])
_CUSTOM: Final = {"custom_jvp_call": "custom_jvp", "custom_vjp_call": "custom_vjp"}


def stops_of(
    program: Program,
    activity: Activity,
    derivatives: Mapping[int, Derivative],
    needed: Collection[int],
    paths: Sequence[str],
) -> tuple[Stop, ...]:
    """The equations that a derivative reaches and does not pass, though their result is needed.

    Args:
        program: Computes the result, without any derivative.
        activity: Of its values.
        derivatives: Of its equations.
        needed: Values that the result needs, differentiably or not.
        paths: Of what the derivative is taken by, in the order of the activity's bits.
    """
    found: list[Stop] = []
    for index in sorted(derivatives):
        stopped = activity.stopped(index, needed)
        if stopped is None:
            continue
        output, sources = stopped
        kind, reason = _reason(program, index, output)
        found.append(
            Stop(
                equation=index,
                span=program.equations[index].span,
                kind=kind,
                reason=reason,
                inputs=tuple([path for at, path in enumerate(paths) if sources >> at & 1]),
            )
        )
    return tuple(found)


def _reason(program: Program, index: int, output: int) -> tuple[StopKind, str]:
    equation = program.equations[index]
    dtype = program.values[equation.outputs[output]].dtype
    name = equation.primitive
    if name in _CUSTOM:
        return "custom rule", f"its {_CUSTOM[name]} rule gives no derivative by these inputs"
    if name == "stop_gradient":
        return "stop_gradient", "stop_gradient lets no gradient pass"
    if name in _COMPARISONS:
        return "integer result", "a comparison gives booleans, which have no derivative"
    if name == "convert_element_type":
        return "integer result", f"a cast to {dtype} has no derivative"
    if dtype.startswith("bool"):
        return "integer result", f"{name} gives booleans, which have no derivative"
    if dtype.startswith(("int", "uint")):
        return "integer result", f"{name} gives integers, which have no derivative"
    if name in _STEPS:
        return "piecewise constant", f"{name} is flat: its derivative is zero where it has one"
    return "zero derivative", f"JAX's rule for {name} gives no derivative here"


def stops_of_inputs(
    program: Program,
    activity: Activity,
    needed: Collection[int],
    wrt: Sequence[tuple[int, str]],
    fixed: Sequence[tuple[int, str]],
) -> tuple[Stop, ...]:
    """The inputs that nothing is taken by, or that the result does not read.

    Args:
        program: As for `stops_of`.
        activity: Of its values.
        needed: Values that the result needs.
        wrt: (value, path) of what the derivative is taken by.
        fixed: The same, of leaves beside them that have no derivative.
    """
    unused = [path for value, path in wrt if value not in needed]
    flat = [(program.values[value].dtype, path) for value, path in fixed if value in needed]
    return (
        *[
            _at_input("unused input", f"{path} is unused: the result does not depend on it", path)
            for path in unused
        ],
        *[
            _at_input("not differentiable input", f"{path} holds {dtype}: no derivative", path)
            for dtype, path in flat
        ],
    )


def _at_input(kind: StopKind, reason: str, path: str) -> Stop:
    return Stop(equation=None, span=None, kind=kind, reason=reason, inputs=(path,))
