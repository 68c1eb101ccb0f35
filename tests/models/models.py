"""Models as people write them, in flax, equinox and optax: what the explorer is for.

Small, so that XLA is quick; each has what its kind is known for.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax import nnx

Made = tuple[Callable[..., Any], tuple[Any, ...]]

KEY = jax.random.key(0)


class Mlp(nn.Module):
    @nn.compact
    def __call__(self, x):
        for width in (8, 8):
            x = nn.relu(nn.Dense(width)(x))
        return nn.Dense(3)(x)


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        normed = nn.LayerNorm()(x)
        x = x + nn.MultiHeadDotProductAttention(num_heads=2, dropout_rate=0.0)(normed, normed)
        hidden = nn.gelu(nn.Dense(16)(nn.LayerNorm()(x)))
        return x + nn.Dense(x.shape[-1])(hidden)


class Transformer(nn.Module):
    @nn.compact
    def __call__(self, tokens):
        x = nn.Embed(11, 8)(tokens)
        for _ in range(2):
            x = Block()(x)
        return nn.Dense(11)(nn.LayerNorm()(x))


class Cnn(nn.Module):
    @nn.compact
    def __call__(self, images, train):
        x = nn.Conv(4, (3, 3))(images)
        x = nn.BatchNorm(use_running_average=not train)(x)
        x = nn.avg_pool(nn.relu(x), (2, 2), strides=(2, 2))
        return nn.Dense(3)(x.reshape(x.shape[0], -1))


class NnxNet(nnx.Module):
    def __init__(self, rngs):
        self.first = nnx.Linear(4, 8, rngs=rngs)
        self.norm = nnx.LayerNorm(8, rngs=rngs)
        self.last = nnx.Linear(8, 3, rngs=rngs)

    def __call__(self, x):
        return self.last(jax.nn.silu(self.norm(self.first(x))))


def crossentropy(logits, labels):
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def linen_mlp() -> Made:
    x = jnp.ones((5, 4))
    return Mlp().apply, (Mlp().init(KEY, x), x)


def linen_transformer_gradient() -> Made:
    tokens = jnp.zeros((2, 6), jnp.int32)

    def loss(params, tokens):
        logits = Transformer().apply(params, tokens)
        return crossentropy(logits[:, :-1], tokens[:, 1:])

    return jax.grad(loss), (Transformer().init(KEY, tokens), tokens)


def linen_cnn_with_batch_norm() -> Made:
    images, labels = jnp.ones((2, 8, 8, 1)), jnp.zeros(2, jnp.int32)
    variables = Cnn().init(KEY, images, train=False)

    def loss(params, statistics, images, labels):
        logits, updated = Cnn().apply(
            {"params": params, "batch_stats": statistics},
            images,
            train=True,
            mutable=["batch_stats"],
        )
        return crossentropy(logits, labels), updated["batch_stats"]

    step = jax.value_and_grad(loss, has_aux=True)
    return step, (variables["params"], variables["batch_stats"], images, labels)


def linen_lstm() -> Made:
    x = jnp.ones((2, 7, 3))
    rnn = nn.RNN(nn.OptimizedLSTMCell(4))
    params = rnn.init(KEY, x)

    def loss(params, x):
        return jnp.mean(rnn.apply(params, x)[:, -1] ** 2)

    return jax.value_and_grad(loss), (params, x)


def nnx_gradient() -> Made:
    graph, state = nnx.split(NnxNet(nnx.Rngs(0)))

    def loss(state, x):
        return jnp.mean(nnx.merge(graph, state)(x) ** 2)

    return jax.grad(loss), (state, jnp.ones((5, 4)))


def adamw_step() -> Made:
    x, labels = jnp.ones((5, 4)), jnp.zeros(5, jnp.int32)
    tx = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_decay_schedule(1e-3, 100))
    )
    params = Mlp().init(KEY, x)

    @jax.jit
    def step(params, state, x, labels):
        def loss(params):
            return crossentropy(Mlp().apply(params, x), labels)

        value, gradient = jax.value_and_grad(loss)(params)
        updates, state = tx.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    return step, (params, tx.init(params), x, labels)


def equinox_mlp() -> Made:
    model = eqx.nn.MLP(4, 3, width_size=8, depth=2, key=KEY)
    arrays, static = eqx.partition(model, eqx.is_array)

    @eqx.filter_jit
    def loss(model, x, y):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    def gradient(arrays, x, y):
        return eqx.filter_grad(loss)(eqx.combine(arrays, static), x, y)

    return gradient, (arrays, jnp.ones((5, 4)), jnp.ones((5, 3)))


def remat_layers_in_a_scan() -> Made:
    weights = jnp.ones((3, 4, 4)) / 4

    @jax.checkpoint
    def layer(x, w):
        return jnp.tanh(x @ w), jnp.max(x)

    def loss(weights, x):
        with jax.named_scope("stack"):
            x, largest = jax.lax.scan(layer, x, weights)
        return jax.lax.cond(largest[0] > 0, jnp.sum, jnp.mean, x)

    return jax.grad(loss), (weights, jnp.ones((2, 4)))


def sampler_with_a_while_loop() -> Made:
    def sample(key, logits):
        def more(state):
            _, accepted, tries = state
            return ~accepted & (tries < 10)

        def draw(state):
            key, _, tries = state
            key, now = jax.random.split(key)
            token = jax.random.categorical(now, logits)
            return key, token > 1, tries + 1

        return jax.lax.while_loop(more, draw, (key, jnp.bool_(False), 0))

    return sample, (KEY, jnp.zeros(5))


MODELS: dict[str, Callable[[], Made]] = {
    made.__name__: made
    for made in (
        linen_mlp,
        linen_transformer_gradient,
        linen_cnn_with_batch_norm,
        linen_lstm,
        nnx_gradient,
        adamw_step,
        equinox_mlp,
        remat_layers_in_a_scan,
        sampler_with_a_while_loop,
    )
}
