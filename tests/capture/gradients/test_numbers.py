"""The numbers of a gradient at concrete arguments, against JAX's own gradient."""

import gc
import weakref
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxplore

KEYS = jax.random.split(jax.random.key(0), 4)
X = jax.random.normal(KEYS[0], (5, 4))
PARAMS = {
    "first": {"w": jax.random.normal(KEYS[1], (4, 8)) * 3, "b": jnp.ones(8)},
    "last": {"w": jax.random.normal(KEYS[2], (8, 3)), "b": jnp.zeros(3)},
}


def hidden(params: Any, x: jax.Array) -> jax.Array:
    return jnp.tanh(x @ params["first"]["w"] + params["first"]["b"])


def loss(params: Any, x: jax.Array) -> jax.Array:
    y = hidden(params, x) @ params["last"]["w"] + params["last"]["b"]
    return (y**2).mean()


def norms(tree: Any) -> list[float]:
    return [float(np.linalg.norm(np.asarray(leaf, np.float64))) for leaf in jax.tree.leaves(tree)]


@pytest.mark.parametrize(
    "f", [loss, jax.jit(jax.value_and_grad(loss))], ids=["loss", "its gradient"]
)
def test_value_norms_and_layers_are_those_of_jax(f: Any):
    gradient = jaxplore.gradient(f, PARAMS, X)
    value, by = jax.value_and_grad(loss)(PARAMS, X)
    assert gradient.value == pytest.approx(float(value), rel=1e-5)
    assert [i.path for i in gradient.inputs] == [
        "params['first']['b']",
        "params['first']['w']",
        "params['last']['b']",
        "params['last']['w']",
    ]
    assert [i.norm for i in gradient.inputs] == pytest.approx(norms(by), rel=1e-4)
    assert [i.value_norm for i in gradient.inputs] == pytest.approx(norms(PARAMS), rel=1e-4)

    # What comes back to each layer's own equations: to its product and its sum.
    def after(y):
        return ((y @ PARAMS["last"]["w"] + PARAMS["last"]["b"]) ** 2).mean()

    y = hidden(PARAMS, X)
    to_last = jax.grad(lambda out: (out**2).mean())(y @ PARAMS["last"]["w"] + PARAMS["last"]["b"])
    to_first = jax.grad(after)(y) * (1 - y**2)
    saturated = float(((1 - np.asarray(y, np.float64) ** 2) < 0.01).mean())
    first, last = gradient.layers
    assert [first.name, last.name] == ["params['first']", "params['last']"]
    assert [first.gradient_norm, last.gradient_norm] == pytest.approx(
        [np.hypot(*norms(by["first"])), np.hypot(*norms(by["last"]))], rel=1e-4
    )
    assert [first.parameter_norm, last.parameter_norm] == pytest.approx(
        [np.hypot(*norms(PARAMS["first"])), np.hypot(*norms(PARAMS["last"]))], rel=1e-4
    )
    assert [first.cotangent_norm, last.cotangent_norm] == pytest.approx(
        norms([to_first, to_last]), rel=1e-4
    )
    assert (first.saturated, last.saturated) == (saturated, None)
    assert saturated > 0.1


# y = 2 x, summed: cotangents are ones, then twos.
def test_each_backward_equation_has_the_norm_of_what_it_makes():
    gradient = jaxplore.gradient(lambda x: (2 * x).sum(), jnp.ones(9))
    assert [e.primitive for e in gradient.backward.equations] == ["broadcast_in_dim", "mul"]
    assert gradient.cotangent_norms == pytest.approx((3.0, 6.0))


def test_types_alone_have_no_numbers():
    gradient = jaxplore.gradient(loss, *jax.eval_shape(lambda: (PARAMS, X)))
    assert gradient.value is None
    assert {(i.norm, i.value_norm) for i in gradient.inputs} == {(None, None)}
    assert (gradient.cotangent_norms, gradient.layers) == ((), ())


def test_what_gets_no_gradient_has_norm_zero():
    gradient = jaxplore.gradient(
        lambda x, y: (jnp.round(x) + 0 * y).sum(), 2.5, jnp.ones(4), wrt=(0, 1)
    )
    assert [(i.norm, i.value_norm, i.is_reached) for i in gradient.inputs] == [
        (0.0, 2.5, False),
        (0.0, 2.0, True),
    ]


def test_a_gradient_that_is_nan_is_shown_as_such():
    gradient = jaxplore.gradient(lambda x: jnp.sqrt(x).sum() * 0, jnp.zeros(3))
    assert gradient.value == 0
    assert np.isnan(gradient.inputs[0].norm)


def test_effects_happen_once():
    seen: list[float] = []

    def f(x):
        jax.debug.callback(lambda v: seen.append(float(v)), x.sum())
        return jnp.sin(x).sum()

    jaxplore.gradient(f, jnp.ones(3))
    jax.effects_barrier()
    assert seen == [3.0]


def test_what_it_compiles_is_not_in_the_ledger():
    with jaxplore.observe() as ledger:
        jaxplore.gradient(loss, PARAMS, X)
    assert list(ledger) == []


def test_donated_arguments_are_not_consumed():
    x = jnp.ones(3)
    jaxplore.gradient(jax.jit(lambda x: (x * x).sum(), donate_argnums=0), x)
    assert not x.is_deleted()


def test_nothing_is_held_alive():
    def f(x):
        return jnp.sin(x).sum()

    x = jnp.ones(3)
    held = [weakref.ref(x), weakref.ref(f)]
    gradient = jaxplore.gradient(f, x)
    del x, f
    gc.collect()
    assert [reference() for reference in held] == [None, None]
    assert gradient.value is not None
