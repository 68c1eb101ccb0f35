"""What is kept between the passes, against answers worked out by hand and against JAX's own."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxplore
from jaxplore.model.gradient import Gradient, Residual

N = 8
# tanh keeps 1 - y**2 in newer versions of JAX, and both factors of (1 - y)(1 + y) before.
TANH_FACTORS = 1 if tuple(map(int, jax.__version__.split(".")[:2])) >= (0, 12) else 2


def of(*shape: int, dtype: Any = jnp.float32) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, dtype)


def looked_at(f: Callable[..., Any], *args: Any, **options: Any) -> Gradient:
    return jaxplore.gradient(f, *args, **options)


def kept(gradient: Gradient) -> list[tuple[str, str, str]]:
    return [(r.kind, r.type, r.name) for r in gradient.residuals]


def maker(gradient: Gradient, residual: Residual) -> str:
    assert residual.equation is not None
    return gradient.forward.equations[residual.equation].primitive


# The derivative of sin needs cos(x): one array of x's size.
def test_sin_keeps_one_array():
    gradient = looked_at(lambda x: jnp.sin(x).sum(), of(N))
    assert kept(gradient) == [("made", "f32[8]", "jnp.sin(x)")]
    assert gradient.residual_bytes == 4 * N
    (residual,) = gradient.residuals
    assert maker(gradient, residual) == "cos"
    assert [gradient.backward.equations[i].primitive for i in residual.readers] == ["mul"]
    assert gradient.forward.values[residual.value].type_text == residual.type
    assert gradient.backward.values[residual.read_as].type_text == residual.type


def test_tanh_keeps_its_factors():
    gradient = looked_at(lambda x: jnp.tanh(x).sum(), of(N))
    assert gradient.residual_bytes == 4 * N * TANH_FACTORS


# d(x @ w) by w is x^T @ g, and by x it is g @ w^T: arguments, which are alive anyway.
@pytest.mark.parametrize(
    ("wrt", "names"), [(0, ["x"]), (1, ["w"]), ((0, 1), ["w", "x"]), ("x", ["w"])]
)
def test_a_product_keeps_the_other_factor(wrt: Any, names: list[str]):
    gradient = looked_at(lambda w, x: (x @ w).sum(), of(4, 3), of(5, 4), wrt=wrt)
    assert sorted(r.name for r in gradient.residuals) == names
    assert {r.kind for r in gradient.residuals} == {"argument"}
    assert gradient.residual_bytes == 0


# Each hidden layer keeps what relu gave (the next product needs it: 4 bytes an element) and
# where it was positive (1 byte); the squared error keeps 2 * (y - target).
def test_an_mlp_keeps_activations_and_masks():
    def loss(weights, x, target):
        for w in weights[:-1]:
            x = jax.nn.relu(x @ w)
        return jnp.square(x @ weights[-1] - target).sum()

    weights = [of(4, 16), of(16, 16), of(16, 3)]
    gradient = looked_at(loss, weights, of(5, 4), of(5, 3))
    assert gradient.residual_bytes == 2 * (5 * 16 * (4 + 1)) + 4 * 5 * 3
    assert kept(gradient) == [
        ("made", "f32[5,16]", "jax.nn.relu(x @ w)"),
        ("made", "f32[5,16]", "jax.nn.relu(x @ w)"),
        ("made", "bool[5,16]", "jax.nn.relu(x @ w)"),
        ("made", "bool[5,16]", "jax.nn.relu(x @ w)"),
        ("made", "f32[5,3]", "jnp.square(x @ weights[-1] - target)"),
        ("argument", "f32[16,16]", "weights[1]"),
        ("argument", "f32[16,3]", "weights[2]"),
        ("argument", "f32[5,4]", "x"),
    ]


# y = c * s, c = x - mean, s = rsqrt(v + eps): dy needs c and s; dv needs 2 * c, rsqrt keeps
# -0.5 * s / v: two arrays of x's size, two of one number per row.
def test_layer_norm_keeps_two_arrays_and_two_columns():
    def norm(x):
        centred = x - x.mean(-1, keepdims=True)
        scale = jax.lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-6)
        return (centred * scale).sum()

    gradient = looked_at(norm, of(6, N))
    assert gradient.residual_bytes == 2 * (4 * 6 * N) + 2 * (4 * 6)
    assert [(r.type, r.name) for r in gradient.residuals] == [
        ("f32[6,8]", "x - x.mean(-1, keepdims=True)"),
        ("f32[6,8]", "jnp.square(centred)"),
        (
            "f32[6,1]",
            "jax.lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) +…",
        ),
        (
            "f32[6,1]",
            "jax.lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) +…",
        ),
    ]


# log(sum(exp(x - max))): exp keeps what it gave, log what it was given; the largest has no
# gradient and is not kept. The one-hot labels are an argument.
def test_softmax_crossentropy_keeps_the_exponentials():
    def loss(logits, labels):
        shifted = logits - jax.lax.stop_gradient(logits.max(-1, keepdims=True))
        return (jnp.log(jnp.exp(shifted).sum(-1)) - (shifted * labels).sum(-1)).mean()

    gradient = looked_at(loss, of(6, 10), of(6, 10))
    assert kept(gradient) == [
        ("made", "f32[6,10]", "jnp.exp(shifted)"),
        ("made", "f32[6]", "jnp.exp(shifted).sum(-1)"),
        ("argument", "f32[6,10]", "labels"),
    ]
    assert gradient.residual_bytes == 4 * 6 * 10 + 4 * 6


# Each of T steps keeps cos(c): T times one array, stacked.
@pytest.mark.parametrize("length", [1, 7])
def test_a_scan_keeps_its_residuals_once_per_step(length: int):
    def stepped(x):
        def step(c, _):
            return jnp.sin(c), None

        return jax.lax.scan(step, x, None, length=length)[0].sum()

    gradient = looked_at(stepped, of(N))
    assert gradient.residual_bytes == 4 * N * length
    (residual,) = gradient.residuals
    assert (residual.type, residual.times) == (f"f32[{length},8]", length)
    assert (residual.name, maker(gradient, residual)) == ("jnp.sin(c)", "cos")
    # Named by the equation of the body, not by the loop.
    assert gradient.forward.equations[residual.equation].region != 0
    assert [gradient.backward.equations[i].primitive for i in residual.readers] == ["mul"]
    assert gradient.backward.equations[residual.readers[0]].region != 0


def test_scans_in_scans_multiply():
    def stepped(x):
        def inner(c, _):
            return jnp.sin(c), None

        def outer(c, _):
            return jax.lax.scan(inner, c, None, length=3)[0], None

        return jax.lax.scan(outer, x, None, length=5)[0].sum()

    (residual,) = looked_at(stepped, of(N)).residuals
    assert (residual.type, residual.times, residual.size_bytes) == ("f32[5,3,8]", 15, 480)


# What a step reads of the step before is named by what made it there; the weights are an
# argument, though every step reads them.
def test_what_a_step_leaves_for_the_next_is_named_by_what_made_it():
    def stepped(w, x):
        def step(c, _):
            return jnp.sin(c @ w), None

        return jax.lax.scan(step, x, None, length=3)[0].sum()

    gradient = looked_at(stepped, of(4, 4), of(2, 4))
    assert kept(gradient) == [
        ("made", "f32[3,2,4]", "jnp.sin(c @ w)"),  # c: of the step before
        ("made", "f32[3,2,4]", "jnp.sin(c @ w)"),  # its derivative
        ("argument", "f32[4,4]", "w"),
    ]
    assert sorted(maker(gradient, r) for r in gradient.residuals[:2]) == ["cos", "sin"]


# Without: cos(x) and sin(cos(x))'s derivative, two arrays. With: the block's input alone.
def test_checkpoint_keeps_its_input_and_computes_again():
    def block(y):
        return jnp.sin(jnp.cos(y))

    plain = looked_at(lambda x: block(x * 2).sum(), of(N))
    saved = looked_at(lambda x: jax.checkpoint(block)(x * 2).sum(), of(N))
    assert (plain.residual_bytes, saved.residual_bytes) == (2 * 4 * N, 4 * N)
    assert kept(saved) == [("made", "f32[8]", "x * 2")]
    again = [saved.backward.equations[i] for i in saved.recomputed]
    assert sorted(e.primitive for e in again) == ["cos", "cos", "sin"]
    assert saved.recomputed_flops == 3 * N
    assert plain.recomputed == ()


def test_what_a_loop_computes_again_counts_in_each_step():
    @jax.checkpoint
    def layer(c, _):
        return jnp.sin(c), None

    saved = looked_at(lambda x: jax.lax.scan(layer, x, None, length=5)[0].sum(), of(N))
    assert [r.type for r in saved.residuals] == ["f32[5,8]"]
    assert saved.recomputed_flops == 5 * N  # cos(c)


# A policy keeps the product; the tanh is computed again.
def test_a_policy_keeps_what_it_names():
    policy = jax.checkpoint_policies.dots_saveable

    def block(w, x):
        return jnp.tanh(x @ w)

    saved = looked_at(
        lambda w, x: jax.checkpoint(block, policy=policy)(w, x).sum(), of(4, 4), of(2, 4)
    )
    assert [(r.kind, r.name, r.size_bytes) for r in saved.residuals] == [
        ("made", "x @ w", 4 * 2 * 4),
        ("argument", "x", 4 * 2 * 4),
    ]
    assert "tanh" in {saved.backward.equations[i].primitive for i in saved.recomputed}


@jax.custom_vjp
def scaled(x: jax.Array) -> jax.Array:
    return jnp.sin(x) * 3


def scaled_forward(x):
    return scaled(x), (jnp.cos(x), x.astype(jnp.bfloat16))


def scaled_backward(saved, g):
    slope, rounded = saved
    return (g * slope * 3 + rounded.astype(g.dtype),)


scaled.defvjp(scaled_forward, scaled_backward)


# What the forward rule returns as its residuals: n of 4 bytes, n of 2.
def test_a_custom_rule_keeps_what_it_says():
    gradient = looked_at(lambda x: scaled(x).sum(), of(N))
    assert kept(gradient) == [
        ("made", "f32[8]", "jnp.cos(x)"),
        ("made", "bf16[8]", "x.astype(jnp.bfloat16)"),
    ]
    assert gradient.residual_bytes == (4 + 2) * N


@pytest.mark.parametrize(("dtype", "size"), [("bfloat16", 2), ("float16", 2), ("float32", 4)])
def test_bytes_are_those_of_the_type(dtype: str, size: int):
    gradient = looked_at(lambda x: jnp.sin(x).sum(), of(N, dtype=dtype))
    assert gradient.residual_bytes == size * N


@jax.jit
def inner(y: jax.Array) -> jax.Array:
    return jnp.sin(y)


@jax.jit
def outer(y: jax.Array) -> jax.Array:
    return inner(y) * 2


def test_what_a_jitted_function_keeps_is_named_by_its_own_expression():
    gradient = looked_at(lambda x: outer(x).sum(), of(N))
    assert kept(gradient) == [("made", "f32[8]", "jnp.sin(y)")]
    (residual,) = gradient.residuals
    assert maker(gradient, residual) == "cos"
    regions = gradient.forward.equations[residual.equation].region
    assert gradient.forward.regions[regions].name == "inner"


def test_a_branch_names_what_it_keeps():
    def chosen(x):
        return jax.lax.cond(x[0] > 0, lambda y: jnp.sin(y), lambda y: y * 2, x).sum()

    gradient = looked_at(chosen, of(N))
    # cos(y), and which branch was taken: an integer.
    assert [(r.type, r.name) for r in gradient.residuals] == [
        ("f32[8]", "jnp.sin(y)"),
        ("i32[]", "jax.lax.cond(x[0] > 0, lambda y: jnp.sin(y), lambda y: y * …"),
    ]


def test_a_vmapped_function_keeps_one_array_per_row():
    def one(row):
        return jnp.sin(row).sum()

    gradient = looked_at(lambda x: jax.vmap(one)(x).sum(), of(3, N))
    assert kept(gradient) == [("made", "f32[3,8]", "jnp.sin(row)")]
    assert gradient.residual_bytes == 3 * 4 * N


def test_what_is_closed_over_is_a_constant():
    table = jnp.arange(8.0)
    gradient = looked_at(lambda x: (x * table).sum(), of(N))
    assert [(r.kind, r.type) for r in gradient.residuals] == [("constant", "f32[8]")]
    assert gradient.residual_bytes == 0


# The first gradient is thrown away: XLA removes it, and keeps nothing for it.
def test_a_residual_that_only_dead_equations_read_is_not_kept():
    def both(x):
        jax.grad(lambda y: jnp.sin(y).sum())(x)
        return jax.grad(lambda y: jnp.exp(y).sum())(x)

    gradient = looked_at(both, of(N))
    assert kept(gradient) == [("made", "f32[8]", "jnp.exp(y)")]


KEY = jax.random.key(0)


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = x + nn.MultiHeadDotProductAttention(num_heads=2)(nn.LayerNorm()(x))
        return x + nn.Dense(8)(nn.gelu(nn.Dense(16)(x)))


def flax_loss(params, x):
    return optax.l2_loss(Block().apply(params, x)).mean()


def rnn_loss(params, x):
    return jnp.mean(nn.RNN(nn.GRUCell(4)).apply(params, x) ** 2)


MODEL, SETTINGS = eqx.partition(eqx.nn.GRUCell(4, 8, key=KEY), eqx.is_array)


def equinox_loss(arrays, x):
    cell = eqx.combine(arrays, SETTINGS)
    return jax.lax.scan(lambda h, row: (cell(row, h), None), jnp.zeros(8), x)[0].sum()


def params_of(module: nn.Module, *shape: int) -> Any:
    return jax.eval_shape(module.init, KEY, of(*shape))


@pytest.mark.parametrize(
    ("loss", "args"),
    [
        (flax_loss, (params_of(Block(), 2, 6, 8), of(2, 6, 8))),
        (rnn_loss, (params_of(nn.RNN(nn.GRUCell(4)), 2, 7, 3), of(2, 7, 3))),
        (equinox_loss, (jax.eval_shape(lambda: MODEL), of(5, 4))),
        (lambda x: jax.nn.logsumexp(x), (of(N),)),
        (lambda x: jax.lax.fori_loop(0, 4, lambda _, c: jnp.sin(c), x).sum(), (of(N),)),
    ],
    ids=["flax block", "flax GRU", "equinox GRU", "logsumexp", "fori_loop"],
)
def test_what_is_kept_is_what_jax_itself_keeps(loss: Callable[..., Any], args: Any):
    """The function that `jax.vjp` returns is a pytree of its residuals."""

    def pulled(first, *rest):
        return jax.tree.leaves(jax.vjp(lambda first: loss(first, *rest), first)[1])

    jaxpr = jax.make_jaxpr(pulled)(*args)
    jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
    given = {*jaxpr.invars, *jaxpr.constvars}
    held = {var for var in jaxpr.outvars if not hasattr(var, "val")} - given
    own = sorted((var.aval.size * np.dtype(var.aval.dtype).itemsize) for var in held)
    gradient = looked_at(loss, *args)
    assert sorted(r.size_bytes for r in gradient.residuals if r.kind == "made") == own


def test_residuals_come_largest_first_and_arguments_last():
    def loss(w, x):
        return jnp.sin(jnp.cos(x @ w).sum(0)).sum()

    gradient = looked_at(loss, of(4, 6), of(5, 4))
    assert [(r.kind, r.size_bytes) for r in gradient.residuals] == [
        ("made", 120),
        ("made", 24),
        ("argument", 80),
    ]
