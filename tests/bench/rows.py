"""What a measurement is: a number, its goal, and what it was made of."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    name: str
    ratio: float
    goal: float
    detail: str

    def __str__(self) -> str:
        mark = "ok  " if self.ratio <= self.goal else "OVER"
        return f"{mark} {self.ratio:6.3f}  goal {self.goal:5.3f}  {self.name}  ({self.detail})"


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
