"""Constants that a program makes are chips on what reads them, not boxes of their own."""

from typing import Any

import jax
import jax.numpy as jnp

import jaxplore
from jaxplore.views.graph.boxes import Item
from jaxplore.views.graph.shown import first_view


def items(f: Any, *args: Any) -> list[Item]:
    return first_view(jaxplore.program(f, *args, stages=("jaxpr",))).items


def test_a_filled_array_is_a_chip_on_each_reader() -> None:
    def f(x: jax.Array) -> jax.Array:
        zeros = jnp.zeros((2, 3))
        return (x + zeros) * zeros

    boxes = [item for item in items(f, jnp.ones((2, 3))) if item.kind == "equation"]
    assert [(box.title, box.chips) for box in boxes] == [
        ("add", ["0.0 f32[2,3]"]),
        ("mul", ["0.0 f32[2,3]"]),
    ]


def test_a_constant_that_is_an_output_or_unread_stays_a_box() -> None:
    boxes = [item for item in items(lambda: jnp.zeros(3)) if item.kind == "equation"]
    assert [(box.title, box.chips) for box in boxes] == [("broadcast_in_dim", ["0.0"])]
