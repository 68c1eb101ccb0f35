"""From a function and its arguments to the record of the numbers inside one run."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax

from jaxplore.capture import _hooks
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.numerics.firstbad import Made, all_made
from jaxplore.capture.numerics.flow import Flow
from jaxplore.capture.numerics.measure import Measured, measure
from jaxplore.capture.numerics.names import Names
from jaxplore.capture.numerics.statistics import Numbers
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.program import capture_program
from jaxplore.capture.programs.tracing import Progress, UserCodeFailed, is_traceable, trace
from jaxplore.errors import JaxploreError
from jaxplore.model.numerics import FirstBad, Input, Numerics, NumericsRow, Range
from jaxplore.model.program import Program


def capture_numerics(
    f: Any,
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    *,
    progress: Progress | None = None,
) -> Numerics:
    """Run a function once, and say what the numbers inside were.

    Raises:
        JaxploreError: An argument is a type without numbers, or `f` is a program that was
            made already.
        UserCodeFailed: The function raised while JAX traced it.
    """
    kwargs = kwargs or {}
    _check(f, args, kwargs)
    with observer.paused():
        say = progress or (lambda _step, _equations: None)
        made = trace(f, args, kwargs, say)
        program = capture_program(made.traced, stages=("jaxpr",))
        program = replace(program, name=made.name)
        flat = _flat(made, f, args, kwargs)
        say("compiling them with a measurement after each", len(program.equations))
        measured = _measured(made.jaxpr, flat, program)
        result = jax.tree.unflatten(made.traced.out_tree, measured.results)
    return _record(program, measured, result)


def _measured(jaxpr: Any, flat: list[Any], program: Program) -> Measured:
    try:
        return measure(jaxpr, flat, walk=program)
    except jax.errors.JaxRuntimeError as fault:
        # A function on the host that raised is the user's own; all else is ours.
        if "callback" in str(fault).lower():
            raise UserCodeFailed(fault) from fault
        raise


def _check(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if not callable(f) or isinstance(f, jax.stages.Traced | jax.stages.Compiled):
        raise JaxploreError.of(
            failed="Cannot measure the numbers of this: they are made when a function runs.",
            given=f"{' '.join(repr(f).split())[:80]} ({type(f).__name__})",
            do="pass the function and its arguments: jaxplore.numerics(f, x).",
        )
    for path, leaf in jax.tree_util.tree_leaves_with_path((args, kwargs)):
        if isinstance(leaf, jax.ShapeDtypeStruct):
            raise JaxploreError.of(
                failed="Cannot measure numbers where only a type is given.",
                given=f"{leaf} at {jax.tree_util.keystr(path)}",
                do="pass an array, such as jnp.ones(shape, dtype).",
            )


def _flat(made: Any, f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The arrays that go in, in the order of the program's inputs."""
    named = {key: kwargs[key] for key in sorted(kwargs) if is_traceable(kwargs[key])}
    flat = jax.tree.leaves(([arg for arg in args if is_traceable(arg)], named))
    inputs = jaxprs.opened(made.jaxpr).invars
    if len(flat) == len(inputs):
        return flat
    # The user's own jit has static arguments. Calling it while tracing shows what it is given.
    call = jax.make_jaxpr(lambda: f(*args, **kwargs))()
    opened = jaxprs.opened(call)
    given = dict(zip(opened.constvars, call.consts, strict=True))
    (equation,) = [e for e in opened.eqns if len(e.invars) == len(inputs)][:1]
    return [v.val if isinstance(v, _hooks.Literal) else given[v] for v in equation.invars]


def _record(program: Program, measured: Measured, result: Any) -> Numerics:
    made = all_made(measured)
    bad_in = {one.equation: one.iterations[-1] for one in made if one.iterations}
    rows = tuple(
        [
            _row(program, measured, index, numbers, bad_in.get(index))
            for index, numbers in enumerate(measured.of_equation)
            if numbers
        ]
    )
    names = Names(program, measured.plan)
    return Numerics(
        program=program,
        rows=rows,
        first_bad=_first_bad(program, measured, made, names),
        bad_arguments=_bad_arguments(program, measured, names),
        result=result,
    )


def _row(
    program: Program,
    measured: Measured,
    index: int,
    numbers: Sequence[Numbers],
    first_bad_iteration: int | None,
) -> NumericsRow:
    equation = program.equations[index]
    whole = range_of(numbers)
    is_activation = index in measured.plan.saturations
    return NumericsRow(
        equation=index,
        span=equation.span,
        phase=equation.phase,
        region=equation.region,
        minimum=whole.minimum,
        maximum=whole.maximum,
        norm=whole.norm,
        nan=whole.nan,
        inf=whole.inf,
        zero=whole.zero,
        size=whole.size,
        runs=numbers[0].runs,
        saturated=sum(n.saturated for n in numbers) if is_activation else None,
        first_bad_iteration=first_bad_iteration,
    )


def range_of(numbers: Sequence[Numbers]) -> Range:
    """The numbers of some arrays as of one."""
    minimum = min(n.minimum for n in numbers)
    maximum = max(n.maximum for n in numbers)
    is_empty = minimum > maximum
    return Range(
        minimum=None if is_empty else minimum,
        maximum=None if is_empty else maximum,
        norm=numbers[0].norm if len(numbers) == 1 else math.hypot(*[n.norm for n in numbers]),
        nan=sum(n.nan for n in numbers),
        inf=sum(n.inf for n in numbers),
        zero=sum(n.zero for n in numbers),
        size=sum(n.size for n in numbers),
    )


def _first_bad(
    program: Program, measured: Measured, made: Sequence[Made], names: Names
) -> FirstBad | None:
    if not made:
        return None
    flow = Flow(measured.plan)

    def is_bad(value: int) -> bool:
        numbers = measured.of_value(value)
        return numbers is not None and (numbers.nan > 0 or numbers.inf > 0)

    reached = flow.into(program.regions[0].outputs, is_bad)
    reaching = [one for one in made if one.equation in reached]
    first = (reaching or made)[0]
    equation = program.equations[first.equation]
    return FirstBad(
        equation=first.equation,
        span=equation.span,
        phase=equation.phase,
        iteration=first.iterations[-1] if first.iterations else None,
        iterations=first.iterations,
        nan=first.nan,
        inf=first.inf,
        inputs=tuple(
            [
                _input(program, names, value, numbers)
                for value, numbers in zip(equation.inputs, first.inputs, strict=True)
                if numbers is not None
            ]
        ),
        reaches_result=bool(reaching),
        is_of_derivative=_is_of_derivative(program, flow, first.equation),
    )


def _input(program: Program, names: Names, value: int, numbers: Numbers) -> Input:
    type_text = program.values[value].type_text
    return Input(name=names.of(value), type=type_text, range=range_of([numbers]))


def _is_of_derivative(program: Program, flow: Flow, equation: int) -> bool:
    if program.equations[equation].phase == "backward":
        return True
    if all(one.phase == "forward" for one in program.equations):
        return False
    made_by = {value: flow.maker(value) for value in program.regions[0].outputs}
    forward = [
        value
        for value, index in made_by.items()
        if index is not None and program.equations[index].phase == "forward"
    ]
    forward = forward or _loss(program)
    if not forward:
        return False
    return equation not in flow.into(forward, lambda _value: True)


def _loss(program: Program) -> list[int]:
    """The value that a gradient is of, where the program computes it and does not return it:
    the last single number of the forward pass that nothing reads."""
    read = {value for equation in program.equations for value in equation.inputs}
    read.update([value for region in program.regions for value in region.outputs])
    unread = [
        equation.outputs[0]
        for equation in program.equations
        if equation.phase == "forward"
        and equation.region == 0
        and len(equation.outputs) == 1
        and equation.outputs[0] not in read
        and program.values[equation.outputs[0]].shape == ()
    ]
    return unread[-1:]


def _bad_arguments(program: Program, measured: Measured, names: Names) -> tuple[Input, ...]:
    whole = program.regions[0]
    found: list[Input] = []
    for value in (*whole.constants, *whole.inputs):
        numbers = measured.of_value(value)
        if numbers is not None and (numbers.nan or numbers.inf):
            found.append(_input(program, names, value, numbers))
    return tuple(found)
