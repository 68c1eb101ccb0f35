"""A small network and the gradient of its loss."""

import jax
import jax.numpy as jnp


@jax.jit
def layer(w, b, x):
    return jnp.tanh(x @ w + b)


def loss(params, x, y):
    hidden = layer(params["w1"], params["b1"], x)
    for_head = hidden * 0.5
    guess = layer(params["w2"], params["b2"], for_head)
    return jnp.mean((guess - y) ** 2) + 1e-3 * jnp.sum(params["w1"] ** 2)


@jax.jit
def step(params, x, y):
    value, gradient = jax.value_and_grad(loss)(params, x, y)

    def descend(carry, scale):
        carry = jax.tree.map(lambda p, g: p - scale * g, carry, gradient)
        return carry, scale * 2

    moved, scales = jax.lax.scan(descend, params, jnp.linspace(0.1, 0.3, 3))
    with jax.named_scope("keep"):
        params = jax.lax.cond(jnp.isfinite(value), lambda: moved, lambda: params)
    return params, value, jnp.max(scales)
