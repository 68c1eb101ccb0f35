"""Operations and bytes, against counts made by hand."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxplore


def flops(f: Callable[..., Any], *shapes: tuple[int, ...]) -> dict[str, int]:
    """Primitive -> operations of its equations together."""
    args = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    counts: dict[str, int] = {}
    for equation in jaxplore.program(f, *args, stages=("jaxpr",)).equations:
        counts[equation.primitive] = counts.get(equation.primitive, 0) + equation.flops
    return counts


def convolved(x: Any, kernel: Any) -> Any:
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID")


def grouped(x: Any, kernel: Any) -> Any:
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", feature_group_count=4)


def scanned(x: Any) -> Any:
    return jax.lax.scan(lambda t, row: (t + row @ row, None), 0.0, x)[0]


@pytest.mark.parametrize(
    ("f", "shapes", "counts"),
    [
        (jnp.matmul, [(2, 3), (3, 5)], {"dot_general": 2 * 2 * 5 * 3}),
        (jnp.matmul, [(7, 2, 3), (7, 3, 5)], {"dot_general": 2 * 7 * 2 * 5 * 3}),
        (jnp.dot, [(6,), (6,)], {"dot_general": 2 * 6}),
        (jnp.outer, [(3,), (4,)], {"mul": 12}),
        (
            convolved,
            [(1, 3, 8, 8), (5, 3, 2, 2)],
            {"conv_general_dilated": 2 * 5 * 7 * 7 * 3 * 2 * 2},
        ),
        (grouped, [(1, 4, 8, 8), (4, 1, 3, 3)], {"conv_general_dilated": 2 * 4 * 6 * 6 * 3 * 3}),
        (lambda x: x.sum(), [(4, 5)], {"reduce_sum": 20}),
        (lambda x: x.max(axis=0), [(4, 5)], {"reduce_max": 20}),
        (lambda x: jax.lax.cumsum(x), [(6,)], {"cumsum": 6}),
        (lambda x: jax.lax.sort(x), [(6,)], {"sort": 6}),
        (lambda x: jnp.sin(x) * 2, [(3, 4)], {"sin": 12, "mul": 12}),
        (lambda x: x.T.reshape(-1)[2:].astype(int), [(3, 4)], {}),
        (scanned, [(7, 3)], {"scan": 7 * (2 * 3 + 1), "dot_general": 6, "add": 1}),
        (
            lambda x: jax.lax.cond(True, lambda t: jnp.sin(jnp.cos(t)), lambda t: t, x),
            [(5,)],
            {"cond": 10, "sin": 5, "cos": 5},
        ),
        (jax.jit(lambda x: x + x), [(3,)], {"add": 3}),
        (lambda x: jax.jit(lambda y: y + y)(x), [(3,)], {"jit": 3, "add": 3}),
    ],
)
def test_operations_are_those_counted_by_hand(
    f: Callable[..., Any], shapes: list[tuple[int, ...]], counts: dict[str, int]
):
    assert {name: count for name, count in flops(f, *shapes).items() if count} == counts


def test_operations_on_integers_are_not_floating_point():
    program = jaxplore.program(lambda x: x + x, jnp.arange(3), stages=("jaxpr",))
    assert [e.flops for e in program.equations] == [0]


def test_bytes_are_those_of_inputs_and_outputs():
    program = jaxplore.program(lambda x: x * 2.0, jnp.ones(3), stages=("jaxpr",))
    assert [e.bytes for e in program.equations] == [12 + 4 + 12]
