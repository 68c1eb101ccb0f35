"""Pieces that sentences about equations are made of."""

from collections.abc import Iterable, Sequence
from typing import Any

from jaxplore.capture.programs import jaxprs
from jaxplore.model.types import short_type


def join(parts: Sequence[str]) -> str:
    """Several things in a sentence.

    >>> join(["a"]), join(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def numbers(sizes: Iterable[Any]) -> str:
    """`"2, 0, 1"`."""
    return ", ".join(plain(size) for size in sizes)


def dims(sizes: Iterable[Any]) -> str:
    """`"3x3"`."""
    return "x".join(plain(size) for size in sizes)


def axes_of(axes: Sequence[int]) -> str:
    """Axes in a sentence.

    >>> axes_of([1]), axes_of([0, 2])
    ('axis 1', 'axes 0, 2')
    """
    return f"{'axis' if len(axes) == 1 else 'axes'} {numbers(axes)}"


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "key"), counted(2_000, "value")
    ('1 key', '2,000 values')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def plain(value: Any) -> str:
    """A parameter in a sentence, where braces stand for inputs: it keeps none of its own."""
    if isinstance(value, list):
        return f"[{','.join(plain(part) for part in value)}]"  # pyright: ignore[reportUnknownVariableType]
    return jaxprs.shortened(str(value)).replace("{", "(").replace("}", ")")


def dtype_of(dtype: Any) -> str:
    """`"bf16"`."""
    return short_type(str(dtype), ()).removesuffix("[]")


def shape_of(var: Any) -> tuple[Any, ...]:
    """The shape of a value; () where it has none."""
    return tuple(getattr(var.aval, "shape", ()))


def rank(var: Any) -> int:
    """The number of axes of a value."""
    return len(shape_of(var))
