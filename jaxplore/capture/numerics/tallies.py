"""What is known of each loop, kept while it runs: its rows so far, and its first bad numbers."""

from collections.abc import Mapping
from typing import Any

from jaxplore.capture.numerics import firsts, measures
from jaxplore.capture.numerics.measures import Table
from jaxplore.capture.numerics.plan import Plan
from jaxplore.capture.numerics.steps import Frame

Tally = tuple[Table, firsts.Firsts]
Tallies = dict[int, Tally]
"""Per loop, by the number of its frame."""


def nothing(plan: Plan, frames: list[int]) -> Tallies:
    """Of some loops and those within, before they have run."""
    return {
        number: (measures.neutral(plan.frames[number].rows), firsts.nothing(plan.frames[number]))
        for number in _with_inner(plan, frames)
    }


def _with_inner(plan: Plan, frames: list[int]) -> list[int]:
    found = list(frames)
    for frame in plan.frames:  # whatever is within comes after
        if frame.parent in found and frame.number not in found:
            found.append(frame.number)
    return sorted(found)


def after(
    plan: Plan,
    frame: Frame,
    before: Tallies,
    rows: Table,
    inner: Mapping[int, Tally],
    iteration: Any,
) -> Tallies:
    """After one more iteration of a loop, in which it and the loops within had these rows."""
    now = dict(before)
    table, first = before[frame.number]
    together = measures.together(table, rows)
    now[frame.number] = together, firsts.after(frame, first, rows, iteration)
    for number, (new_table, found) in inner.items():
        table, first = before[number]
        within = plan.frames[number]
        now[number] = (
            measures.together(table, new_table),
            firsts.after_inner(within, first, found, frame.depth, iteration),
        )
    return now
