"""Of what a derivative is taken and by what: in records that can be followed."""

from typing import Any

import jax

from jaxplore.capture.gradients.arguments import Arguments
from jaxplore.capture.gradients.dependence import dependence
from jaxplore.capture.programs.walk import Walk
from jaxplore.model.gradients.flow import Taken
from jaxplore.model.gradients.origins import Origins
from jaxplore.model.gradients.passes import Passes
from jaxplore.model.program import Program


def taken_of(program: Program, walk: Walk, arguments: Arguments, out: Any) -> Taken:
    """The derivative of a whole function.

    Args:
        program: The function's own.
        walk: Its walk.
        arguments: Of the call.
        out: Types of its result, auxiliary data left out. Its leaves come first.
    """
    whole = program.regions[0]
    results = whole.outputs[: len(jax.tree.leaves(out))]
    return Taken(
        program=program,
        derivatives=dependence(program, walk),
        wrt=[(whole.inputs[i], path_of(program, i)) for i in arguments.wrt],
        fixed=[(whole.inputs[i], path_of(program, i)) for i in arguments.fixed_wrt],
        results=[value for value in results if _is_real(program, value)],
    )


def taken_inside(program: Program, walk: Walk, arguments: Arguments, passes: Passes) -> Taken:
    """The derivative that a function takes itself. What it is of is read off its forward
    pass: the results that are made there, and numbers that nothing reads, as the value is in
    `jax.grad`."""
    forward = passes.forward
    derivatives = dependence(program, walk)
    origins = Origins(program)
    inputs = program.regions[0].inputs
    by = {inputs[i]: path_of(program, i) for i in arguments.wrt}
    fixed = {inputs[i]: path_of(program, i) for i in arguments.fixed_wrt}
    given = [(v, origins.given(v)) for v in program.regions[passes.region].inputs]
    return Taken(
        program=forward.program,
        derivatives={
            place: derivatives[index]
            for index, place in forward.places.items()
            if index in derivatives
        },
        wrt=[(forward.values[v], by[first]) for v, first in given if first in by],
        fixed=[(forward.values[v], fixed[first]) for v, first in given if first in fixed],
        results=[forward.values[v] for v in _results(program, passes)],
    )


def _results(program: Program, passes: Passes) -> list[int]:
    """What the forward pass returns; and the value, where nothing reads it: the last number
    that is made, for rules of differentiation leave numbers unread too. Where there is neither,
    as where the value itself is kept: all that is kept."""
    region = passes.region
    here = [e for e in program.equations if e.region == region]
    read = {value for e in here for value in e.inputs}
    returned = set(program.regions[region].outputs)
    forward = [program.equations[index] for index in passes.forward.equations]
    made = [v for e in forward if e.region == region for v in e.outputs if _is_real(program, v)]
    results = [v for v in made if v in returned]
    unread = [v for v in made if v not in read and v not in returned]
    last = [v for v in unread if program.values[v].shape == ()][-1:] or unread[-1:]
    has_value = any(program.values[v].shape == () for v in results)
    found = results + last if last == made[-1:] or not has_value else results
    return found or [v for v in passes.handed if v in set(made)]


def _is_real(program: Program, value: int) -> bool:
    return program.values[value].dtype.startswith(("float", "bfloat"))


def path_of(program: Program, place: int) -> str:
    """What an argument's leaf is called in the call."""
    names = program.argument_names
    return names[place] if place < len(names) and names[place] else f"argument {place}"
