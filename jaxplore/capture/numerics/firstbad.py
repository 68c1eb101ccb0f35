"""Which equations made a NaN or Inf out of numbers that were none, and which did it first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaxplore.capture.numerics.measure import Measured, numbers_of
from jaxplore.capture.numerics.plan import Plan
from jaxplore.capture.numerics.statistics import Numbers, Slot, Statistic
from jaxplore.capture.numerics.steps import Frame, Maker


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An equation that made bad numbers, in its first iteration that did."""

    equation: int
    iterations: tuple[int, ...]
    """Of each loop about it, as the user counts them: outermost first."""
    order: tuple[int, ...]
    """Compares with others': what ran earlier is less."""
    nan: int
    inf: int
    inputs: tuple[Numbers | None, ...]
    """What it read then; None for what is no floating array."""


def all_made(measured: Measured) -> list[Made]:
    """All equations that made bad numbers, the earliest first."""
    found = [
        made
        for frame in measured.plan.frames
        for made in (_in_whole(measured, frame) if frame.depth == 0 else _in_loop(measured, frame))
    ]
    return sorted(found, key=lambda made: made.order)


def _in_whole(measured: Measured, frame: Frame) -> list[Made]:
    found: list[Made] = []
    for maker in frame.makers:
        made = _made(maker, measured.numbers, (), (maker.index,))
        if made is not None:
            found.append(made)
    return found


def _in_loop(measured: Measured, frame: Frame) -> list[Made]:
    firsts = measured.tables[frame.number].firsts
    assert firsts is not None
    loops = loops_about(measured.plan, frame)
    at, floats, counts = firsts
    found: list[Made] = []
    begin = 0
    for maker, steps in zip(frame.makers, at, strict=True):
        rows = [one.row for one in (*maker.inputs, *maker.outputs) if isinstance(one, Slot)]
        then = {row: (floats[n], counts[n]) for n, row in enumerate(rows, begin)}
        begin += len(rows)
        if steps[-1] < 0:
            continue

        def numbers(one: Statistic, then: dict[int, Any] = then) -> Numbers:
            return numbers_of(one, *then[one.row]) if isinstance(one, Slot) else one.numbers

        pairs = list(zip(loops, [int(step) for step in steps], strict=True))
        order = [number for loop, step in pairs for number in (loop.index, step)]
        iterations = tuple([as_counted(loop, step) for loop, step in pairs])
        made = _made(maker, numbers, iterations, (*order, maker.index))
        if made is not None:
            found.append(made)
    return found


def loops_about(plan: Plan, frame: Frame) -> list[Frame]:
    """A loop's frame and those of the loops about it, outermost first."""
    about = [frame]
    while (parent := about[0].parent) is not None and plan.frames[parent].depth:
        about.insert(0, plan.frames[parent])
    return about


def as_counted(loop: Frame, step: int) -> int:
    """The iteration that runs after `step` others: a scan may run from its end."""
    params = loop.loop.params
    return params["length"] - 1 - step if params.get("reverse") else step


def _made(
    maker: Maker,
    numbers: Callable[[Statistic], Numbers],
    iterations: tuple[int, ...],
    order: tuple[int, ...],
) -> Made | None:
    inputs = [None if one is None else numbers(one) for one in maker.inputs]
    outputs = [numbers(one) for one in maker.outputs]
    nan, inf = sum(n.nan for n in outputs), sum(n.inf for n in outputs)
    new_nan = nan > 0 and not any(n is not None and n.nan for n in inputs)
    new_inf = inf > 0 and not any(n is not None and n.inf for n in inputs)
    if not (new_nan or new_inf):
        return None
    return Made(
        equation=maker.index,
        iterations=iterations,
        order=order,
        nan=nan,
        inf=inf,
        inputs=tuple(inputs),
    )
