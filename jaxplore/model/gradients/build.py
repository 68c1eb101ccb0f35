"""A `Gradient` from the program that computes it: all that its records tell."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from jaxplore.model.gradient import Gradient, GradientInput, Residual, Stop
from jaxplore.model.gradients.links import REMATTED, linked
from jaxplore.model.gradients.liveness import Liveness
from jaxplore.model.gradients.passes import Passes
from jaxplore.model.gradients.residuals import residuals_of
from jaxplore.model.program import Program


def gradient_of(
    program: Program,
    passes: Passes,
    *,
    name: str,
    argument_names: tuple[str, ...],
    inputs: tuple[GradientInput, ...],
    effects: Collection[int],
    stops: tuple[Stop, ...] = (),
    without_gradient: Sequence[int] = (),
) -> Gradient:
    """The record, without numbers.

    Args:
        program: Computes value and gradient.
        passes: Cut out of it.
        name: Of the function.
        argument_names: Of the inputs of the region that the passes stand in.
        inputs: What the gradient is taken by.
        effects: Equations of `program` that have to run whoever reads their results.
        stops: Where the gradient stops.
        without_gradient: Equations of `passes.forward` that no gradient comes from.
    """
    alive = Liveness(program, effects=effects)
    forward, backward = passes.forward, passes.backward
    residuals = residuals_of(passes, alive, argument_names)
    return Gradient(
        name=name,
        value=None,
        inputs=inputs,
        residuals=residuals,
        stops=stops,
        forward=forward.program,
        backward=_named(backward.program, residuals),
        program=program,
        forward_equations=forward.equations,
        backward_equations=backward.equations,
        links=linked(forward.program, backward.program),
        without_gradient=tuple(without_gradient),
        recomputed=tuple(
            [
                place
                for place, equation in enumerate(backward.program.equations)
                if REMATTED in equation.scope
            ]
        ),
        dead=tuple([i for i in range(len(program.equations)) if i not in alive.equations]),
    )


def _named(backward: Program, residuals: Sequence[Residual]) -> Program:
    """The backward pass, its inputs called by what they are."""
    names = {residual.read_as: residual.name for residual in residuals}
    given = backward.regions[0].inputs
    return replace(
        backward, argument_names=tuple([names.get(v, backward.values[v].name) for v in given])
    )
