"""Which forward equation a backward equation came from: of the same expression and scope."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from math import gcd
from typing import Final

from jaxplore.model.program import Equation, Program

REMATTED: Final = "rematted_computation"
# An expression of more equations than this, times those of its derivative, is not linked
# each with each.
_MOST_PAIRS: Final = 16


def linked(forward: Program, backward: Program) -> tuple[tuple[int, int], ...]:
    """(forward equation, backward equation) that came from one another.

    An expression that ran several times, in a loop over layers, is linked in reverse order:
    the last one forward is the first one backward.
    """
    pairs: list[tuple[int, int]] = []
    found = _by_place(forward, lambda e: (e.frame, _scope(e)))
    rest: dict[Hashable, list[int]] = {}
    for place, after in _by_place(backward, lambda e: (e.frame, _scope(e))).items():
        before = found.get(place)
        if before is None:
            rest[place] = after
        else:
            pairs += _paired(forward, before, backward, after)
    # Equations that a rule made may have a call stack of their own.
    by_span = _by_place(forward, lambda e: (e.span, _scope(e)))
    for after in rest.values():
        first = backward.equations[after[0]]
        before = by_span.get((first.span, _scope(first))) if first.span is not None else None
        if before is not None:
            pairs += _paired(forward, before, backward, after)
    return tuple(sorted(pairs))


def _scope(equation: Equation) -> tuple[str, ...]:
    return tuple([name for name in equation.scope if name not in (REMATTED, "checkpoint")])


def _by_place(program: Program, place: Callable[[Equation], Hashable]) -> dict[Hashable, list[int]]:
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index, equation in enumerate(program.equations):
        if equation.frame is not None:
            found[place(equation)].append(index)
    return found


def _paired(
    forward: Program, before: list[int], backward: Program, after: list[int]
) -> list[tuple[int, int]]:
    repeats = gcd(_repeats(forward, before), _repeats(backward, after))
    many, few = len(before) // repeats, len(after) // repeats
    pairs: list[tuple[int, int]] = []
    for turn in range(repeats):
        mine = before[turn * many : (turn + 1) * many]
        last = len(after) - turn * few
        theirs = after[last - few : last]
        if many * few <= _MOST_PAIRS:
            pairs += [(i, j) for i in mine for j in theirs]
        else:
            pairs += [(mine[-1 - k * many // few], j) for k, j in enumerate(theirs)]
    return pairs


def _repeats(program: Program, equations: list[int]) -> int:
    """How often the same equations come again."""
    return gcd(*Counter(program.equations[index].primitive for index in equations).values())
