"""Run a program once with a measurement after each equation.

`measure(jaxpr, args)` gives what each equation's results were, in the order of the equations
of `capture.programs.walk.Walk`, and where bad numbers were made first:

    measured = measure(jaxpr, flat_args)        # or measure(jaxpr, flat_args, walk=walk)
    measured.results                            # what the program returns, flat
    measured.of_equation[i]                     # tuple[Numbers, ...] of its floating results;
                                                # None: not run here, or none is floating
    measured.of_value(v)                        # Numbers of a value of the walk, or None
    numbers.norm, .minimum, .maximum, .nan, .inf, .zero, .size, .runs

`jaxpr` is what `capture.programs.program.trace(...).jaxpr` gives; `flat_args` are the arrays
for its inputs, in order. Wrap the call in `observer.paused()`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import jax

from jaxplore.capture.numerics.evaluate import Evaluation
from jaxplore.capture.numerics.firsts import Firsts
from jaxplore.capture.numerics.plan import Plan, Walked
from jaxplore.capture.numerics.statistics import (
    INF,
    MAXIMUM,
    MINIMUM,
    NAN,
    RUNS,
    SATURATED,
    SQUARES,
    ZERO,
    Literal,
    Numbers,
    Slot,
    Statistic,
    negated,
    repeated,
)
from jaxplore.capture.numerics.tallies import Table
from jaxplore.capture.programs.walk import Walk
from jaxplore.capture.source.spans import SpanTable


@dataclass(frozen=True, slots=True)
class Tables:
    """What was measured in one frame."""

    rows: Table
    firsts: Firsts | None
    """Of a loop."""


class Measured:
    """What one run of a program gave."""

    def __init__(self, plan: Plan, results: list[Any], tables: dict[int, Tables]) -> None:
        self.plan = plan
        self.results = results
        self.tables = tables
        self.of_equation: list[tuple[Numbers, ...] | None] = [
            self._of_equation(index) for index in range(len(plan.walk.equations))
        ]

    def _of_equation(self, index: int) -> tuple[Numbers, ...] | None:
        known = self.plan.results.get(index)
        return tuple([self.numbers(one) for one in known]) if known else None

    def of_value(self, value: int) -> Numbers | None:
        """The numbers of a value, over all iterations."""
        known = self.plan.statistics.get(value)
        return None if known is None else self.numbers(known)

    def numbers(self, known: Statistic) -> Numbers:
        """The numbers of what a plan knows, over all iterations."""
        if isinstance(known, Literal):
            return known.numbers
        floats, counts = self.tables[known.frame].rows
        return numbers_of(known, floats[known.row], counts[known.row])


def numbers_of(slot: Slot, floats: Any, counts: Any) -> Numbers:
    """A row as numbers."""
    runs = int(counts[RUNS])
    numbers = Numbers(
        minimum=float(floats[MINIMUM]),
        maximum=float(floats[MAXIMUM]),
        squares=float(floats[SQUARES]),
        nan=int(counts[NAN]),
        inf=int(counts[INF]),
        zero=int(counts[ZERO]),
        saturated=int(counts[SATURATED]),
        size=slot.size * runs,
        runs=runs,
        is_complex=slot.is_complex,
    )
    numbers = negated(numbers) if slot.negated else numbers
    return numbers if slot.times == 1 else repeated(numbers, slot.times)


def measure(jaxpr: Any, args: Sequence[Any], *, walk: Walked | None = None) -> Measured:
    """Run a program once, with all its effects, and measure each floating result."""
    plan = Plan(jaxpr, Walk(jaxpr, "program", SpanTable()) if walk is None else walk)
    results, table, counted = compiled(plan, args)(*args)
    table, counted = jax.device_get((table, counted))
    tables = {0: Tables(table, None)}
    for number, (rows, firsts) in counted.items():
        tables[number] = Tables(rows, firsts)
    return Measured(plan, results, tables)


def compiled(plan: Plan, args: Sequence[Any]) -> Any:
    """The program that runs a plan and measures: results, rows, tallies."""
    evaluation = Evaluation(plan, may_group=_is_on_one_device(plan, args))
    return jax.jit(evaluation.whole, keep_unused=True).lower(*args).compile()


def _is_on_one_device(plan: Plan, args: Sequence[Any]) -> bool:
    """Whether arrays may be brought together: those of several devices would have to move."""
    if any(len(a.sharding.device_set) > 1 for a in args if isinstance(a, jax.Array)):
        return False
    return all(e.primitive not in _PLACING for e in plan.walk.equations)


_PLACING: Final = frozenset(["sharding_constraint", "shard_map", "reshard", "device_put"])
