"""From a function and its arguments to a `Gradient`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.gradients.arguments import Arguments, Wrt, plain_function, read_arguments
from jaxplore.capture.gradients.phases import with_phases_of_one
from jaxplore.capture.gradients.traced import (
    function_alone,
    is_real_scalar,
    value_and_gradient,
)
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.program import capture_program, trace
from jaxplore.capture.programs.walk import Walk
from jaxplore.errors import NotAProgramError
from jaxplore.model.gradient import Gradient, GradientInput
from jaxplore.model.gradients.build import gradient_of
from jaxplore.model.gradients.cut import inside_of
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
    is_contained: bool
    """Whether the function computes the derivative itself."""


def capture_gradient(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    wrt: Wrt = 0,
    has_aux: bool = False,
) -> Gradient:
    """The gradient of a function at some arguments; see `jaxplore.gradient`.

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
    with observer.paused():
        captured = _captured(f, arguments, has_aux=has_aux)
    program, passes = captured.program, captured.passes
    return gradient_of(
        program,
        passes,
        name=program.name,
        argument_names=argument_names_of(program, passes.region),
        inputs=_inputs(captured),
        effects=_effects(captured.walk, program),
    )


def _captured(f: Callable[..., Any], arguments: Arguments, *, has_aux: bool) -> Captured:
    args, kwargs = arguments.given()
    alone = trace(function_alone(f, arguments), args, kwargs, _say_nothing).traced
    if _has_derivative(alone.jaxpr) and not is_real_scalar(_results(alone, has_aux)):
        program, walk = _program(alone)
        region = derivative_region(program)
        if region is not None:
            passes = passes_of(program, region, argument_names_of(program, region))
            return Captured(alone, program, walk, passes, arguments, True)
    both = value_and_gradient(f, arguments, has_aux=has_aux)
    traced = trace(both, args, kwargs, _say_nothing).traced
    program, walk = _program(traced)
    passes = passes_of(program, derivative_region(program) or 0, program.argument_names)
    return Captured(traced, program, walk, passes, arguments, False)


def _say_nothing(_step: str, _equations: int) -> None:
    return


def _program(traced: Any) -> tuple[Program, Walk]:
    walks: list[Walk] = []
    program = capture_program(traced, stages=("jaxpr",), walked=walks.append)
    return with_phases_of_one(program, walks[0].paths), walks[0]


def _results(traced: Any, has_aux: bool) -> list[Any]:
    out = traced.out_info
    if has_aux and isinstance(out, tuple | list) and out:
        out = out[0]
    return jax.tree.leaves(out)


def _has_derivative(jaxpr: Any) -> bool:
    """Whether a program has a backward pass anywhere."""
    waiting, seen = [jaxprs.opened(jaxpr)], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        stacks = {equation.source_info.name_stack for equation in current.eqns}
        if any("transpose(" in str(stack) for stack in stacks):
            return True
        waiting += [jaxprs.opened(inner) for inner in jaxprs.held(current)]
    return False


def _inputs(captured: Captured) -> tuple[GradientInput, ...]:
    program, arguments = captured.program, captured.arguments
    whole = program.regions[0]
    names = program.argument_names
    return tuple(
        [
            GradientInput(
                path=names[place] if place < len(names) else f"argument {place}",
                shape=program.values[whole.inputs[place]].shape,
                dtype=program.values[whole.inputs[place]].dtype,
                norm=None,
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
