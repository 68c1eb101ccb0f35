"""The cost of looking at the numbers inside, against the plain step and against what JAX has."""

import statistics
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import programs
from rows import Row, seconds

from jaxplore.capture.numerics.measure import compiled
from jaxplore.capture.numerics.plan import Plan
from jaxplore.capture.programs.walk import Walk
from jaxplore.capture.source.spans import SpanTable

_ROUNDS = 7


def mlp() -> programs.Made:
    """A training step of four layers of 256 units, 256 examples."""
    keys = jax.random.split(jax.random.key(0), 4)
    params = [(jax.random.normal(key, (256, 256)) / 16, jnp.zeros(256)) for key in keys]
    x = jax.random.normal(jax.random.key(1), (256, 256))

    def loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        for w, b in params:
            x = jnp.tanh(x @ w + b)
        return ((x - y) ** 2).mean()

    return jax.value_and_grad(loss), (params, x, x)


def transformer() -> programs.Made:
    """A training step of two of the transformer's layers, 32 texts."""
    _, (params, tokens, _) = programs.transformer_gradient()
    params = {**params, "blocks": params["blocks"][:2]}
    tokens = jnp.tile(tokens, (16, 1))
    return jax.value_and_grad(programs.loss), (params, tokens, tokens)


def numerics() -> Iterator[Row]:
    """A row for each program, with what the alternatives take."""
    for name, make in (("MLP", mlp), ("transformer", transformer)):
        f, args = make()
        yield _row(name, f, args)


def _row(name: str, f: Callable[..., Any], args: tuple[Any, ...]) -> Row:
    traced = jax.jit(f).trace(*args)
    flat = jax.tree.leaves(args)
    plan = Plan(traced.jaxpr, Walk(traced.jaxpr, name, SpanTable()))
    made: list[Any] = []
    compile_s = seconds(lambda: made.append(compiled(plan, flat)))
    (observed,) = made
    plain = jax.jit(f)

    def one_by_one() -> Any:
        with jax.disable_jit():
            return jax.block_until_ready(f(*args))

    def debug_nans() -> Any:
        return jax.block_until_ready(checked(*args))

    def on() -> Any:
        return jax.block_until_ready(plain(*args))

    with jax.debug_nans(True):
        checked = jax.jit(lambda *args: f(*args))
        debug_nans()
    on(), jax.block_until_ready(observed(*flat)), one_by_one()
    ratios: list[float] = []
    others: list[tuple[float, float]] = []
    plain_s = 0.0
    for _ in range(_ROUNDS):
        plain_s = min(seconds(on) for _ in range(5))
        with_s = min(seconds(lambda: jax.block_until_ready(observed(*flat))) for _ in range(5))
        with jax.debug_nans(True):
            nans_s = min(seconds(debug_nans) for _ in range(5))
        ratios.append(with_s / plain_s)
        others.append((nans_s / plain_s, seconds(one_by_one) / plain_s))
    nans, single = (statistics.median(column) for column in zip(*others, strict=True))
    detail = (
        f"{plain_s * 1e3:.1f} ms plain, {len(plan.walk.equations):,} equations, compiled in "
        f"{compile_s:.0f} s; jax_debug_nans {nans:.1f}, one by one {single:.0f}"
    )
    return Row(f"numerics / plain step, {name}", statistics.median(ratios), 2.5, detail)


if __name__ == "__main__":
    for row in numerics():
        print(row, flush=True)
