"""One run of the program that computes a gradient, and the numbers in it."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from jaxplore.capture.gradients.arguments import Arguments
from jaxplore.capture.numerics.measure import Measured, measure
from jaxplore.capture.programs.walk import Walk
from jaxplore.model.gradients.measured import Run
from jaxplore.model.gradients.origins import Origins
from jaxplore.model.gradients.passes import Passes
from jaxplore.model.program import Program


def run_once(
    traced: Any,
    program: Program,
    walk: Walk,
    passes: Passes,
    arguments: Arguments,
    gradients: Sequence[int | None],
) -> Run:
    """Run what was traced, with all its effects, and measure it."""
    flat = [arguments.leaves[place] for place in arguments.traced]
    measured = measure(traced.jaxpr, flat, walk=walk)
    whole = program.regions[0]
    floating = {
        value
        for value, of in enumerate(program.values)
        if of.dtype.startswith(("float", "bfloat", "complex"))
    }
    found = {value: measured.of_value(value) for value in floating}
    return Run(
        norms={value: one.norm for value, one in found.items() if one is not None},
        saturated={
            index: (numbers[0].saturated, numbers[0].size)
            for index in measured.plan.saturations
            if (numbers := measured.of_equation[index])
        },
        value=_value(measured, program, passes),
        leaves=[whole.inputs[place] for place in arguments.wrt],
        gradients=gradients,
    )


def _value(measured: Measured, program: Program, passes: Passes) -> float | None:
    """The scalar that the forward pass returns."""
    before = passes.forward
    origins = Origins(program)
    for value, result in zip(program.regions[0].outputs, measured.results, strict=True):
        maker = origins.of(value).equation
        of = program.values[value]
        is_scalar = of.shape == () and of.dtype.startswith(("float", "bfloat"))
        if is_scalar and (maker in before.places or maker is None):
            return float(np.asarray(jax.device_get(result)).astype(np.float64))
    return None


def gradients_of(program: Program, arguments: Arguments) -> list[int | None]:
    """The results that are the gradient by each leaf: as many as there are leaves, of the
    same types, one after the other, all made by the backward pass."""
    whole = program.regions[0]
    wanted = [_type(program, whole.inputs[place]) for place in arguments.wrt]
    origins = Origins(program)
    outputs = whole.outputs
    for first in reversed(range(len(outputs) - len(wanted) + 1)):
        found = outputs[first : first + len(wanted)]
        if [_type(program, value) for value in found] == wanted and all(
            _is_of_backward(program, origins, value) for value in found
        ):
            return list(found)
    return [None] * len(wanted)


def _type(program: Program, value: int) -> tuple[Any, ...]:
    of = program.values[value]
    return of.shape, of.dtype


def _is_of_backward(program: Program, origins: Origins, value: int) -> bool:
    maker = origins.of(value).equation
    if maker is None:
        # A gradient that is a constant, or a cotangent passed through.
        return program.values[value].kind in ("literal", "constant")
    return program.equations[maker].phase == "backward"
