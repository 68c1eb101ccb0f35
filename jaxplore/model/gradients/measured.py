"""The numbers of one run, put where a gradient shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot

from jaxplore.model.gradient import Gradient
from jaxplore.model.gradients.layers import layers_of
from jaxplore.model.gradients.passes import Passes


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of a program gave."""

    norms: Mapping[int, float]
    """Per floating value of the whole program: its Euclidean norm over all iterations."""
    saturated: Mapping[int, tuple[int, int]]
    """Per activation of the whole program: how many of how many elements are saturated."""
    value: float | None
    leaves: Sequence[int]
    """The values that the gradient is taken by."""
    gradients: Sequence[int | None] = field(default=())
    """For each leaf its gradient; None where the program does not return it."""


def with_numbers(gradient: Gradient, passes: Passes, run: Run) -> Gradient:
    """A gradient with what one run gave."""
    norms = run.norms
    inputs = [
        replace(
            leaf,
            value_norm=norms.get(value),
            norm=None if made is None else norms.get(made),
        )
        for leaf, value, made in zip(gradient.inputs, run.leaves, run.gradients, strict=True)
    ]
    return replace(
        gradient,
        value=run.value,
        inputs=tuple(inputs),
        cotangent_norms=tuple([_norm(gradient, i, norms) for i in passes.backward.equations]),
        layers=layers_of(gradient, passes, run.leaves, inputs, norms, run.saturated),
    )


def _norm(gradient: Gradient, index: int, norms: Mapping[int, float]) -> float | None:
    """Of all results of an equation together."""
    outputs = gradient.program.equations[index].outputs
    found = [norms[value] for value in outputs if value in norms]
    return hypot(*found) if found else None
