"""The programs that are measured. They need JAX alone, so that peers can be given the same."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

EQUATIONS = 100_000
LAYERS, HEADS, WIDTH, WORDS = 12, 4, 64, 128

Made = tuple[Callable[..., Any], tuple[Any, ...]]


def square() -> Made:
    """The smallest program there is."""
    return lambda x: x**2, (jnp.arange(4.0),)


def unrolled() -> Made:
    """A loop in Python of 100,000 equations."""

    def unrolled(x: jax.Array) -> jax.Array:
        for _ in range(EQUATIONS // 4):
            x = jnp.sin(x) * 2.0 + x
            x = x - 1.0
        return x

    return unrolled, (jnp.ones((8, 8)),)


def norm(p: Any, x: jax.Array) -> jax.Array:
    mean = x.sum(-1, keepdims=True) / WIDTH
    centred = x - mean
    deviation = jnp.sqrt((centred * centred).sum(-1, keepdims=True) / WIDTH + 1e-5)
    return centred / deviation * p["scale"] + p["bias"]


def softmax(x: jax.Array) -> jax.Array:
    powers = jnp.exp(x - jax.lax.stop_gradient(x.max(-1, keepdims=True)))
    return powers / powers.sum(-1, keepdims=True)


def head(p: Any, x: jax.Array, mask: jax.Array) -> jax.Array:
    query, key, value = (x @ p[name]["w"] + p[name]["b"] for name in ("query", "key", "value"))
    scores = query @ key.swapaxes(-1, -2) * (WIDTH // HEADS) ** -0.5
    return softmax(jnp.where(mask, scores, -1e9)) @ value


def attention(p: Any, x: jax.Array) -> jax.Array:
    length = x.shape[1]
    mask = jnp.arange(length)[:, None] >= jnp.arange(length)[None, :]
    joined = jnp.concatenate([head(one, x, mask) for one in p["heads"]], axis=-1)
    return joined @ p["out"]["w"] + p["out"]["b"]


def gelu(x: jax.Array) -> jax.Array:
    return 0.5 * x * (1.0 + jnp.tanh(0.7978846 * (x + 0.044715 * x * x * x)))


def block(p: Any, x: jax.Array) -> jax.Array:
    x = x + attention(p, norm(p["norm 1"], x))
    hidden = gelu(norm(p["norm 2"], x) @ p["up"]["w"] + p["up"]["b"])
    return x + hidden @ p["down"]["w"] + p["down"]["b"]


def loss(params: Any, tokens: jax.Array, targets: jax.Array) -> jax.Array:
    x = params["words"][tokens] + params["places"]
    for p in params["blocks"]:
        x = block(p, x)
    logits = norm(params["norm"], x) @ params["words"].T
    chances = softmax(logits)
    return -jnp.log(jnp.take_along_axis(chances, targets[..., None], axis=-1)).mean()


def transformer_gradient() -> Made:
    """The gradient of an unrolled transformer of twelve layers: about 5,000 equations."""

    def linear(inputs: int, outputs: int) -> Any:
        return {"w": jnp.ones((inputs, outputs)) / inputs, "b": jnp.zeros(outputs)}

    def scaled() -> Any:
        return {"scale": jnp.ones(WIDTH), "bias": jnp.zeros(WIDTH)}

    def layer() -> Any:
        narrow = WIDTH // HEADS
        heads = [
            {name: linear(WIDTH, narrow) for name in ("query", "key", "value")}
            for _ in range(HEADS)
        ]
        wide = {"up": linear(WIDTH, 4 * WIDTH), "down": linear(4 * WIDTH, WIDTH)}
        out = linear(WIDTH, WIDTH)
        return {"norm 1": scaled(), "norm 2": scaled(), "heads": heads, "out": out, **wide}

    params = {
        "words": jnp.ones((WORDS, WIDTH)),
        "places": jnp.zeros((16, WIDTH)),
        "blocks": [layer() for _ in range(LAYERS)],
        "norm": scaled(),
    }
    tokens = jnp.zeros((2, 16), int)
    return jax.grad(loss), (params, tokens, tokens)
