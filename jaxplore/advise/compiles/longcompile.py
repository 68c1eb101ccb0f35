"""Before a compile that will take long: how long, which lines made it large, what to do."""

from collections.abc import Sequence
from typing import Final

from jaxplore.model.compiles import LineCount

# Measured with JAX 0.10.2 and 0.12.0 on two CPU cores, each kind with up to 11,000
# equations. Chains of scalar operations, dense layers and sums over x[i] are quickest: 0.11 to
# 0.4 ms per equation, whatever their number. Transformer layers are slowest, and the more
# there are the slower: 2 s for 1,200 equations, 10 to 19 s for 3,700, 160 to 200 s for 11,300.
# Gradients of vector chains (7 s for 6,000) and matrix products (30 s for 6,000) lie between.
_LEAST_S: Final = 0.15e-3
_MOST_S: Final = 1.5e-6
_MOST_MEASURED_S: Final = 18e-3

LONG_EQUATIONS: Final = 4_000
"""Fewer equations compile within a second, or at least within half a minute."""

_NAMED_LINES: Final = 3
_NAMED_SHARE: Final = 0.05
_SHOWN_TEXT: Final = 50
_NOT_UNROLLED: Final = (
    "what is done often in the same way can be compiled once: jax.lax.scan over stacked "
    "arrays, or jax.vmap"
)


def warning(function: str, equations: int, lines: Sequence[LineCount]) -> str | None:
    """What to say before a program is compiled; None when it will not take long.

    Args:
        function: Its name.
        equations: Of the program and all that it holds.
        lines: The source lines with most equations, most first.
    """
    if equations < LONG_EQUATIONS:
        return None
    least = _duration(equations * _LEAST_S)
    most = _duration(equations * min(equations * _MOST_S, _MOST_MEASURED_S))
    head = (
        f"{function} has {equations:,} equations: XLA may take about {least} to {most}, "
        "and an interrupt waits until it ends"
    )
    named = [line for line in lines if line.equations >= _NAMED_SHARE * equations]
    named = named[:_NAMED_LINES]
    said = [f"  {_line(line, equations)}" for line in named]
    if named and all(line.repeats == 1 for line in named):
        said.append(f"  {_NOT_UNROLLED}")
    return "\n".join([head, *said])


def _line(line: LineCount, equations: int) -> str:
    share = f"{line.equations / equations:.0%}".replace("%", " %")
    text = line.span.quoted(_SHOWN_TEXT)
    shown = f" `{text}`" if text else ""
    made = f"{share} of {equations:,} equations"
    if line.repeats > 1:
        often = f"unrolled {line.repeats:,} times"
        do = "use jax.lax.scan or fori_loop"
        return f"{line.span.place}{shown} {often}: {made}; {do}"
    return f"{line.span.place}{shown}: {made}"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 6_000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.0f} h"
