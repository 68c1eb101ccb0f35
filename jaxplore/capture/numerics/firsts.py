"""The first iteration in which each equation of a loop made a bad number, kept as it runs.

For each equation of the loop's body: the iteration, and the rows of what it read and wrote
in it. So memory does not grow with the length of the loop, and while all numbers are good
only one question is asked per iteration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxplore.capture.numerics.statistics import COUNTS, FLOATS, INF, NAN, Literal, Slot
from jaxplore.capture.numerics.steps import Frame, Maker

Firsts = tuple[Any, Any, Any]
"""Iterations of the loops about each equation, outermost first, -1 where it made nothing bad;
and the rows of what the equations read and wrote then."""


@dataclass(frozen=True, slots=True)
class Reads:
    """Which rows the equations of a frame read and write, one after the other."""

    rows: Any
    """Row numbers: the inputs of the first equation, its outputs, those of the second, ..."""
    inputs_begin: Any
    inputs_end: Any
    outputs_end: Any
    nan_given: Any
    """Whether an equation reads a literal that is NaN."""
    inf_given: Any

    @classmethod
    def of(cls, makers: Sequence[Maker]) -> "Reads":
        """The rows of some equations."""
        rows: list[int] = []
        ends: list[tuple[int, int, int]] = []
        given: list[tuple[bool, bool]] = []
        for maker in makers:
            begin = len(rows)
            rows += [one.row for one in maker.inputs if isinstance(one, Slot)]
            middle = len(rows)
            rows += [one.row for one in maker.outputs]
            ends.append((begin, middle, len(rows)))
            literals = [one.numbers for one in maker.inputs if isinstance(one, Literal)]
            given.append((any(n.nan for n in literals), any(n.inf for n in literals)))
        spans = np.array(ends, dtype=np.int32).reshape(-1, 3)
        known = np.array(given, dtype=bool).reshape(-1, 2)
        return cls(np.array(rows, dtype=np.int32), *spans.T, *known.T)

    def made(self, bad: Any, given: Any) -> Any:
        """Which equations wrote what is bad and read nothing that is."""
        sums = jnp.cumsum(bad[self.rows].astype(np.int32), dtype=np.int32)
        sums = jnp.concatenate([jnp.zeros(1, np.int32), sums])
        read = sums[self.inputs_end] > sums[self.inputs_begin]
        wrote = sums[self.outputs_end] > sums[self.inputs_end]
        return wrote & ~read & ~given


def nothing(frame: Frame) -> Firsts:
    """Before the first iteration."""
    reads = Reads.of(frame.makers)
    with jax.enable_x64(True):
        return (
            jnp.full((len(frame.makers), frame.depth), -1, dtype=np.int32),
            jnp.zeros((len(reads.rows), FLOATS), dtype=np.float64),
            jnp.zeros((len(reads.rows), COUNTS), dtype=np.int64),
        )


def after(frame: Frame, firsts: Firsts, rows: tuple[Any, Any], iteration: Any) -> Firsts:
    """After one more iteration, in which these were the rows."""
    if not frame.makers:
        return firsts
    reads = Reads.of(frame.makers)
    with jax.enable_x64(True):
        floats, counts = rows
        nan, inf = counts[:, NAN] > 0, counts[:, INF] > 0

        def noted(firsts: Firsts) -> Firsts:
            at = firsts[0]
            new = reads.made(nan, reads.nan_given) | reads.made(inf, reads.inf_given)
            here = jnp.zeros(at.shape, np.int32).at[:, -1].set(iteration.astype(np.int32))
            found = (here, floats[reads.rows], counts[reads.rows])
            return _where(reads, new & (at[:, -1] < 0), found, firsts)

        return lax.cond(jnp.any(nan | inf), noted, lambda firsts: firsts, firsts)


def after_inner(frame: Frame, firsts: Firsts, found: Firsts, depth: int, iteration: Any) -> Firsts:
    """Those of a loop in a loop, after one more iteration of the one at `depth`, in which the
    inner one found these."""
    if not frame.makers:
        return firsts
    with jax.enable_x64(True):
        at = found[0].at[:, depth - 1].set(iteration.astype(np.int32))
        new = (firsts[0][:, -1] < 0) & (found[0][:, -1] >= 0)
        return _where(Reads.of(frame.makers), new, (at, *found[1:]), firsts)


def of_devices(frame: Frame, found: Firsts) -> Firsts:
    """Those of several devices, one behind the other: of each equation, the earliest."""
    if not frame.makers:
        return (found[0][0], found[1][0], found[2][0])
    reads = Reads.of(frame.makers)
    with jax.enable_x64(True):
        steps = found[0][..., -1]
        last = np.int32(np.iinfo(np.int32).max)
        device = lax.argmin(jnp.where(steps < 0, last, steps), 0, np.int32)
        lengths = reads.outputs_end - reads.inputs_begin
        of_rows = np.repeat(np.arange(len(lengths)), lengths)
        rows = np.arange(len(of_rows))
        return (
            found[0][device, np.arange(len(lengths))],
            found[1][device[of_rows], rows],
            found[2][device[of_rows], rows],
        )


def _where(reads: Reads, new: Any, found: Firsts, firsts: Firsts) -> Firsts:
    lengths = reads.outputs_end - reads.inputs_begin
    of_rows = new[np.repeat(np.arange(len(lengths)), lengths)]
    return (
        jnp.where(new[:, None], found[0], firsts[0]),
        jnp.where(of_rows[:, None], found[1], firsts[1]),
        jnp.where(of_rows[:, None], found[2], firsts[2]),
    )
