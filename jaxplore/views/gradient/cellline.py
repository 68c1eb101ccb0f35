"""The gradients of a cell in one line."""

from collections.abc import Mapping
from typing import Any


def gradient_line(value: Any, norms: Mapping[str, float]) -> str:
    """The value and the norm of the gradient by each input, to three digits.

    >>> gradient_line(16.0, {"x": 8.0, "w": 0.01234})
    'value 16 · norms of gradients: x 8, w 0.0123'
    """
    shown = ", ".join(f"{name} {norm:.3g}" for name, norm in norms.items())
    return f"value {float(value):.6g} · norms of gradients: {shown}"
