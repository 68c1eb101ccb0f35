"""From a function and its arguments to a `Gradient`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax

from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.gradients.arguments import Arguments, Wrt, plain_function, read_arguments
from jaxplore.capture.gradients.numbers import gradients_of, run_once
from jaxplore.capture.gradients.phases import with_phases_of_one
from jaxplore.capture.gradients.taken import path_of, taken_inside, taken_of
from jaxplore.capture.gradients.traced import (
    function_alone,
    is_real_scalar,
    value_and_gradient,
)
from jaxplore.capture.programs.program import capture_program
from jaxplore.capture.programs.tracing import Progress, trace
from jaxplore.capture.programs.walk import Walk
from jaxplore.errors import NotAProgramError
from jaxplore.faults import contained
from jaxplore.model.gradient import Gradient, GradientInput
from jaxplore.model.gradients.build import gradient_of
from jaxplore.model.gradients.cut import inside_of
from jaxplore.model.gradients.flow import Flow, Taken, flow_of
from jaxplore.model.gradients.measured import Run, with_numbers
from jaxplore.model.gradients.names import argument_names_of
from jaxplore.model.gradients.passes import Passes, derivative_region, passes_of
from jaxplore.model.program import Program


@dataclass(frozen=True, slots=True)
class Captured:
    """What was traced to see a gradient."""

    traced: Any
    """As `jax.jit(...).trace(...)` returned it: of the program that has the derivative."""
    program: Program
    walk: Walk
    passes: Passes
    arguments: Arguments
    taken: Taken
    gradients: Sequence[int | None]
    """For each leaf that the gradient is taken by: the value that is its gradient, where the
    program returns it."""


def capture_gradient(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    wrt: Wrt = 0,
    has_aux: bool = False,
    progress: Progress | None = None,
) -> Gradient:
    """The gradient of a function at some arguments; see `jaxplore.gradient`.

    `progress` is called before each step that may take long, as by `capture_program`.

    Raises:
        UserCodeFailed: The function raised while JAX traced it.
        JaxploreError: `wrt` names nothing that has a gradient.
    """
    if not callable(f):
        raise NotAProgramError.of(
            failed="Cannot take the gradient of this.",
            given=f"{' '.join(repr(f).split())[:80]} ({type(f).__name__})",
            do="pass a function and its arguments.",
        )
    f = plain_function(f)
    arguments = read_arguments(f, args, kwargs, wrt)
    say = progress or _say_nothing
    with observer.paused():
        captured = _captured(f, arguments, has_aux=has_aux, say=say)
        run = None
        if arguments.is_concrete():
            say("compiling them with a measurement after each", len(captured.program.equations))
            run = _run(captured)
    made = _gradient(captured)
    return made if run is None else with_numbers(made, captured.passes, run)


def _run(captured: Captured) -> Run | None:
    """What happens in the user's own code while it runs, such as in a callback, is theirs."""
    with contained("measure the gradient", passing=(jax.errors.JaxRuntimeError,)):
        return run_once(
            captured.traced,
            captured.program,
            captured.walk,
            captured.passes,
            captured.arguments,
            captured.gradients,
        )
    return None


def _gradient(captured: Captured) -> Gradient:
    program, passes = captured.program, captured.passes
    forward = passes.forward
    kept = [forward.values[value] for value in passes.handed]
    flow = flow_of(captured.taken, forward.program, kept)
    return gradient_of(
        program,
        passes,
        name=program.name,
        argument_names=argument_names_of(program, passes.region),
        inputs=_inputs(captured, flow),
        effects=_effects(captured.walk, program),
        stops=flow.stops,
        without_gradient=flow.without_gradient,
    )


def _captured(
    f: Callable[..., Any], arguments: Arguments, *, has_aux: bool, say: Progress
) -> Captured:
    args, kwargs = arguments.given()
    alone = trace(function_alone(f, arguments), args, kwargs, say).traced
    out = _result(alone, has_aux)
    program, walk = _program(alone)
    if not is_real_scalar(jax.tree.leaves(out)):
        region = derivative_region(program)
        if region is not None:
            passes = passes_of(program, region, argument_names_of(program, region))
            taken = taken_inside(program, walk, arguments, passes)
            made = gradients_of(program, arguments)
            return Captured(alone, program, walk, passes, arguments, taken, made)
    taken = taken_of(program, walk, arguments, out)
    say("tracing its gradient", len(program.equations))
    both = value_and_gradient(f, arguments, has_aux=has_aux)
    traced = trace(both, args, kwargs, say).traced
    program, walk = _program(traced, gradients=len(arguments.wrt))
    passes = passes_of(program, derivative_region(program) or 0, program.argument_names)
    made = program.regions[0].outputs[-len(arguments.wrt) :]
    return Captured(traced, program, walk, passes, arguments, taken, made)


def _say_nothing(_step: str, _equations: int) -> None:
    return


def _program(traced: Any, *, gradients: int = 0) -> tuple[Program, Walk]:
    """What was traced; so many of its last results are gradients."""
    walks: list[Walk] = []
    program = capture_program(traced, stages=("jaxpr",), walked=walks.append)
    made = program.regions[0].outputs[-gradients:] if gradients else ()
    return with_phases_of_one(program, walks[0].paths, made), walks[0]


def _result(traced: Any, has_aux: bool) -> Any:
    out = traced.out_info
    return out[0] if has_aux and isinstance(out, tuple | list) and out else out


def _inputs(captured: Captured, flow: Flow) -> tuple[GradientInput, ...]:
    program, arguments = captured.program, captured.arguments
    whole = program.regions[0]
    reached: dict[str, bool] = {}
    for (_, path), is_reached in zip(captured.taken.wrt, flow.reached, strict=True):
        reached[path] = reached.get(path, False) or is_reached
    return tuple(
        [
            GradientInput(
                path=path_of(program, place),
                shape=program.values[whole.inputs[place]].shape,
                dtype=program.values[whole.inputs[place]].dtype,
                norm=None,
                is_reached=reached.get(path_of(program, place), False),
            )
            for place in arguments.wrt
        ]
    )


def _effects(walk: Walk, program: Program) -> frozenset[int]:
    """Equations that do more than make their results."""
    found: set[int] = set()
    for inside, jaxpr in zip(inside_of(program), walk.jaxprs, strict=True):
        for index, equation in zip(inside, jaxpr.eqns, strict=True):
            # The names of mapped axes are written as effects, but have none.
            if any(type(e).__name__ != "NamedAxisEffect" for e in equation.effects):
                found.add(index)
    return frozenset(found)
