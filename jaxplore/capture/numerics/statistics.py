"""What is known of the numbers of one array, and where in a run it is kept.

A *frame* is a stretch of program that runs once, or once per iteration: the whole program, a
loop's body, a `while`'s condition. Each array measured in it has a *slot*: one row of its
tables. What only moves numbers about (a reshape) has no slot of its own.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

# Columns of a frame's two tables.
MINIMUM, MAXIMUM, SQUARES = range(3)
NAN, INF, ZERO, SATURATED, RUNS = range(5)
FLOATS: Final = 3
COUNTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of one array. The smallest of none is infinite, the largest minus that."""

    minimum: float
    maximum: float
    squares: float
    """Sum of the squares of the moduli."""
    nan: int
    inf: int
    zero: int
    size: int
    saturated: int = 0
    runs: int = 1
    is_complex: bool = False

    @property
    def norm(self) -> float:
        """The Euclidean norm; NaN or infinite where an element is."""
        if self.nan:
            return math.nan
        return math.inf if self.inf else math.sqrt(self.squares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The numbers of an array are in a frame's tables, as such or changed as told here."""

    frame: int
    row: int
    size: int
    """Elements of the measured array, in one run."""
    is_complex: bool = False
    times: int = 1
    """How often each measured element stands in this array: it was broadcast."""
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """The numbers are in the program's text."""

    numbers: Numbers
    text: str


Statistic = Slot | Literal


def of_literal(value: Any, text: str) -> Literal:
    """What is known of a literal."""
    return Literal(numbers=of_array(np.asarray(value)), text=text)


def of_array(array: Any) -> Numbers:
    """The numbers of an array, counted by numpy."""
    is_complex = np.iscomplexobj(array)
    wide = np.asarray(array).astype(np.complex128 if is_complex else np.float64).ravel()
    nan = np.isnan(wide)
    real = np.zeros(0) if is_complex else wide[~nan]
    return Numbers(
        minimum=float(real.min()) if real.size else math.inf,
        maximum=float(real.max()) if real.size else -math.inf,
        squares=float((np.abs(wide) ** 2).sum()),
        nan=int(nan.sum()),
        inf=int(np.isinf(wide).sum()),
        zero=int((wide == 0).sum()),
        size=int(wide.size),
        is_complex=is_complex,
    )


def broadcast(known: Statistic, size: int, to_size: int) -> Statistic:
    """After each element was repeated as often as makes `to_size` of `size` elements."""
    times = to_size // size if size else 1
    if isinstance(known, Slot):
        return replace(known, times=known.times * times)
    numbers = known.numbers
    return replace(known, numbers=repeated(numbers, times))


def negative(known: Statistic) -> Statistic:
    """After each element changed its sign."""
    if isinstance(known, Slot):
        return replace(known, negated=not known.negated)
    return Literal(numbers=negated(known.numbers), text=f"-{known.text}")


def repeated(numbers: Numbers, times: int) -> Numbers:
    """The numbers of an array that has each element `times` times."""
    return replace(
        numbers,
        minimum=numbers.minimum if times else math.inf,
        maximum=numbers.maximum if times else -math.inf,
        squares=numbers.squares * times if times else 0.0,
        nan=numbers.nan * times,
        inf=numbers.inf * times,
        zero=numbers.zero * times,
        size=numbers.size * times,
        saturated=numbers.saturated * times,
    )


def negated(numbers: Numbers) -> Numbers:
    """The numbers of an array with all signs changed."""
    return replace(numbers, minimum=-numbers.maximum, maximum=-numbers.minimum)
