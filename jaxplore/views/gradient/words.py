"""What the rows of a gradient say, in every form of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from jaxplore.model.gradient import Gradient
from jaxplore.model.mirror.mirror import Mirror, MirrorRow
from jaxplore.model.mirror.shown import ShownRow
from jaxplore.views.units import counted, cut, size

_OPERATIONS: Final = 3


def number(value: float | None) -> str:
    """To three digits; `""` for none.

    >>> number(0.012345), number(1234567.0), number(float("nan")), number(None)
    ('0.0123', '1.23e+06', 'NaN', '')
    """
    if value is None:
        return ""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Inf" if value > 0 else "-Inf"
    return f"{value:.3g}"


def summary(gradient: Gradient) -> str:
    """One line: the value, the inputs, what is kept."""
    value = "" if gradient.value is None else f"value {number(gradient.value)} · "
    made = [kept for kept in gradient.residuals if kept.kind == "made"]
    kept = f"{counted(len(made), 'value')} kept for the backward pass: "
    kept += size(gradient.residual_bytes)
    return (
        f"gradient of {gradient.name}: {value}by {counted(len(gradient.inputs), 'input')} · "
        f"{kept if made else 'nothing kept for the backward pass'}"
    )


def left(gradient: Gradient, mirror: Mirror, shown: ShownRow, most: int) -> str:
    """The name of a row, cut, with its turn and how often it comes."""
    row = mirror.rows[shown.row]
    if row.kind == "result" and gradient.value is not None:
        return f"{cut(row.name, most)} = {number(gradient.value)}"
    turn = f"{shown.turn}: " if shown.turn else ""
    often = times(row)
    return f"{turn}{cut(row.name, most - len(turn) - len(often))}{often}"


def times(row: MirrorRow) -> str:
    """How often it comes: `" × 12"`."""
    if row.times is None:
        return " × ?"
    return f" × {row.times:,}" if row.times > 1 or row.kind in ("repeat", "loop") else ""


def right(gradient: Gradient, mirror: Mirror, index: int, *, operations: bool) -> str:
    """What the backward pass does for a row that is not open, in a few words.

    Args:
        gradient: The whole.
        mirror: Its rows.
        index: Which of them.
        operations: Whether to name primitives, which differ between versions of JAX.
    """
    row = mirror.rows[index]
    if row.stops and not row.backward:
        return "; ".join(dict.fromkeys(gradient.stops[place].reason for place in row.stops))
    if not row.has_gradient:
        return "not asked for" if row.kind in ("input", "constant") else "no gradient"
    if row.kind in ("input", "inputs"):
        return "gradient" if row.kind == "input" else "largest"
    if row.kind == "result":
        return "starts with 1" if gradient.value is not None else "starts here"
    if row.end > index + 1:
        return " · ".join(_sums(mirror.rows[index : row.end], operations))
    said = " · ".join(_steps(gradient, row, operations))
    if row.kind != "backward only":
        return said
    return f"{row.name}: {said}" if said else row.name


def _sums(rows: Sequence[MirrorRow], operations: bool) -> Iterator[str]:
    """What is in a closed group."""
    again = sum(row.recomputed for row in rows)
    if again:
        yield f"{again:,} computed again" if operations else "computed again"
    if operations:
        yield counted(sum(len(row.backward) for row in rows), "equation")
    if any(row.stops and not row.has_gradient for row in rows):
        yield "stops in part"


def _steps(gradient: Gradient, row: MirrorRow, operations: bool) -> Iterator[str]:
    again = row.recomputed
    if again:
        yield f"{again:,} computed again" if operations else "computed again"
    if operations and len(row.backward) > again:
        recomputed = set(gradient.recomputed)
        own = [b for b in row.backward if b not in recomputed]
        yield named(gradient.backward.equations[b].primitive for b in own)
    elif not row.backward and row.forward:
        yield "passed on"
    if row.dead:
        yield f"{row.dead:,} dead" if operations else "dead in part"
    if row.stops:
        yield f"stops in part: {gradient.stops[row.stops[0]].kind}"


def named(primitives: Iterable[str]) -> str:
    """The primitives, each once.

    >>> named(["mul", "mul", "add_any"])
    'mul ×2, add_any'
    """
    found = [name if n == 1 else f"{name} ×{n}" for name, n in Counter(primitives).items()]
    more = len(found) - _OPERATIONS
    return ", ".join(found[:_OPERATIONS]) + (f", +{more}" if more > 0 else "")
