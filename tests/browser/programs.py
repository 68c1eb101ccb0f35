"""The programs that the browser tests look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from tests.bench import programs as bench
from tests.browser.nets import Net

Made = tuple[Callable[..., Any], tuple[Any, ...]]


def loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    error = Net().apply(params, x) - y
    return jnp.mean(jnp.tanh(error * error))


def loss_gradient() -> Made:
    """A flax model in two files, forward and backward."""
    x, y = jnp.ones((4, 3)), jnp.zeros((4, 1))
    return jax.value_and_grad(loss), (Net().init(jax.random.key(0), x), x, y)


def steps(x: jax.Array, weights: jax.Array) -> jax.Array:
    """Each kind of control flow once."""

    def layer(carry: jax.Array, w: jax.Array) -> tuple[jax.Array, jax.Array]:
        carry = jnp.tanh(carry @ w)
        return carry, carry.sum()

    x, sums = jax.lax.scan(layer, x, weights)
    x = jax.lax.while_loop(lambda x: x.sum() < 9, lambda x: x * 2 + 1, x)
    return jax.lax.cond(sums[0] > 0, jnp.sin, jnp.cos, x)


def control_flow() -> Made:
    return steps, (jnp.ones((4, 4)), jnp.ones((5, 4, 4)))


@dataclass(frozen=True)
class Saved:
    """A program, and what its page is to hold."""

    make: Callable[[], Made]
    stages: Sequence[str] | None = None
    passes: bool = False


PROGRAMS = {
    "square": Saved(bench.square),
    "loss": Saved(loss_gradient),
    "passes": Saved(loss_gradient, passes=True),
    "control flow": Saved(control_flow),
    "transformer": Saved(bench.transformer_gradient, stages=("jaxpr",)),
    "unrolled": Saved(bench.unrolled, stages=("jaxpr",)),
}
