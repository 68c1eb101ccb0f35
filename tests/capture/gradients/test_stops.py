"""Where a gradient stops, and why; what of the forward pass has no gradient."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxplore
from jaxplore.model.gradient import Gradient

X = jax.ShapeDtypeStruct((6,), jnp.float32)


@jax.custom_jvp
def flat(x: jax.Array) -> jax.Array:
    return jnp.sin(x)


@flat.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return flat(*primals), jnp.zeros_like(tangents[0])


@jax.custom_vjp
def one_sided(x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.sin(x) * y


def one_sided_forward(x, y):
    return one_sided(x, y), x


def one_sided_backward(x, g):
    return jnp.zeros_like(x), g * jnp.sin(x)


one_sided.defvjp(one_sided_forward, one_sided_backward)


def stops(f: Callable[..., Any], *args: Any, **options: Any) -> list[tuple[str, str, str]]:
    """(kind, primitive, expression) of each stop."""
    gradient = jaxplore.gradient(f, *(args or (X,)), **options)
    return [
        (
            stop.kind,
            "" if stop.equation is None else gradient.forward.equations[stop.equation].primitive,
            "" if stop.span is None else stop.span.text,
        )
        for stop in gradient.stops
    ]


def without(gradient: Gradient) -> list[str]:
    return [gradient.forward.equations[i].primitive for i in gradient.without_gradient]


@pytest.mark.parametrize(
    ("f", "stop"),
    [
        (lambda x: x[jnp.argmax(x)], ("integer result", "argmax", "jnp.argmax(x)")),
        (lambda x: jnp.where(x > 0.5, x, 0).sum(), ("integer result", "gt", "x > 0.5")),
        (
            lambda x: (x.astype(jnp.int32) * 2.0).sum(),
            ("integer result", "convert_element_type", "x.astype(jnp.int32)"),
        ),
        (
            lambda x: (jnp.isfinite(x) * x).sum(),
            ("integer result", "is_finite", "jnp.isfinite(x)"),
        ),
        (lambda x: x[jnp.argsort(x)].sum(), ("integer result", "sort", "jnp.argsort(x)")),
        (
            lambda x: x[jax.lax.top_k(x, 2)[1]].sum(),
            ("integer result", "top_k", "jax.lax.top_k(x, 2)"),
        ),
        (lambda x: jnp.round(x).sum(), ("piecewise constant", "round", "jnp.round(x)")),
        (lambda x: jnp.floor(x).sum(), ("piecewise constant", "floor", "jnp.floor(x)")),
        (lambda x: jnp.ceil(x).sum(), ("piecewise constant", "ceil", "jnp.ceil(x)")),
        (lambda x: (jnp.sign(x) * x).sum(), ("piecewise constant", "sign", "jnp.sign(x)")),
        (
            lambda x: (jax.lax.stop_gradient(x) * x).sum(),
            ("stop_gradient", "stop_gradient", "jax.lax.stop_gradient(x)"),
        ),
        (lambda x: flat(x).sum(), ("custom rule", "custom_jvp_call", "flat(x)")),
        (
            lambda x: one_sided(x, 2 * x).sum(),
            ("custom rule", "custom_vjp_call", "one_sided(x, 2 * x)"),
        ),
    ],
)
def test_each_kind_of_stop_has_its_reason_and_its_expression(f: Any, stop: Any):
    assert stops(f) == [stop]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: jnp.sin(x).sum(),
        lambda x: jax.nn.relu(x).sum(),
        lambda x: jnp.abs(x).sum() + jnp.max(x) + jnp.minimum(x, 1).sum(),
        lambda x: jnp.sort(x).sum(),
        lambda x: jnp.linalg.norm(x),
        lambda x: jax.lax.scan(lambda c, r: (c * r, None), 1.0, x)[0],
    ],
    ids=["sin", "relu", "abs, max and minimum", "sort", "norm", "scan"],
)
def test_what_has_a_derivative_is_no_stop(f: Any):
    gradient = jaxplore.gradient(f, X)
    assert gradient.stops == ()
    alive = [
        i for i in gradient.without_gradient if gradient.forward_equations[i] not in gradient.dead
    ]
    assert alive == []
    assert gradient.inputs[0].is_reached


def in_jit(f: Any) -> Any:
    return lambda x: jax.jit(f)(x).sum()


def in_scan(f: Any) -> Any:
    return lambda x: jax.lax.scan(lambda c, _: (f(c) + c, None), x, None, length=3)[0].sum()


def in_cond(f: Any) -> Any:
    return lambda x: jax.lax.cond(True, f, lambda y: y, x).sum()


def in_checkpoint(f: Any) -> Any:
    return lambda x: jax.checkpoint(lambda y: f(y) * y)(x).sum()


def in_vmap(f: Any) -> Any:
    return lambda x: jax.vmap(f)(x).sum()


def in_while(f: Any) -> Any:
    return lambda x: jax.lax.fori_loop(0, 3, lambda _, c: f(c) + c, x).sum()


@pytest.mark.parametrize(
    "within", [in_jit, in_scan, in_cond, in_checkpoint, in_vmap, in_while], ids=lambda f: f.__name__
)
def test_a_stop_is_found_in_nested_programs(within: Any):
    assert ("piecewise constant", "floor", "jnp.floor(y)") in stops(within(lambda y: jnp.floor(y)))


# Nothing would come back from the comparison, whatever it were.
def test_a_stop_behind_another_is_not_told():
    def f(x):
        return (x * jax.lax.stop_gradient(jnp.where(x > 0, x, 0))).sum()

    assert [kind for kind, _, _ in stops(f)] == ["stop_gradient"]


# The result does not need them.
def test_what_nothing_needs_is_no_stop():
    def f(x):
        jnp.argmax(x)
        return jnp.sin(x).sum(), jnp.round(x)

    assert stops(f, has_aux=True) == []


def test_a_stop_names_the_leaves_it_stops():
    def f(p, x):
        return (jnp.round(p["a"] * x) + p["b"] + jax.lax.stop_gradient(p["c"] + p["b"])).sum()

    gradient = jaxplore.gradient(f, {"a": X, "b": X, "c": X}, X)
    assert [(s.kind, s.inputs, s.reason) for s in gradient.stops] == [
        (
            "piecewise constant",
            ("p['a']",),
            "round is flat: its derivative is zero where it has one",
        ),
        ("stop_gradient", ("p['b']", "p['c']"), "stop_gradient lets no gradient pass"),
    ]
    assert [(i.path, i.is_reached) for i in gradient.inputs] == [
        ("p['a']", False),
        ("p['b']", True),
        ("p['c']", False),
    ]


def test_inputs_that_get_no_gradient_say_why():
    def f(p, y):
        return (p["w"] * p["index"]).sum()

    integers = jax.ShapeDtypeStruct((6,), jnp.int32)
    gradient = jaxplore.gradient(f, {"w": X, "index": integers}, X, wrt=(0, 1))
    assert [(s.equation, s.span, s.kind, s.reason, s.inputs) for s in gradient.stops] == [
        (None, None, "unused input", "y is unused: the result does not depend on it", ("y",)),
        (
            None,
            None,
            "not differentiable input",
            "p['index'] holds int32: no derivative",
            ("p['index']",),
        ),
    ]
    assert [(i.path, i.is_reached) for i in gradient.inputs] == [("p['w']", True), ("y", False)]


def test_a_custom_rule_stops_only_the_inputs_it_leaves_out():
    gradient = jaxplore.gradient(lambda x, y: one_sided(x, y).sum(), X, X, wrt=(0, 1))
    assert [(s.kind, s.inputs) for s in gradient.stops] == [("custom rule", ("x",))]
    assert [i.is_reached for i in gradient.inputs] == [False, True]


def test_the_part_without_gradient_is_greyed():
    def f(x):
        chosen = jnp.round(x * 3)
        return (jnp.sin(x) * chosen).sum()

    gradient = jaxplore.gradient(f, X)
    # `x * 3` leads to `round` alone. cos(x) is no equation of f, but the gradient needs it.
    assert without(gradient) == ["mul", "jit", "round"]


def test_equations_that_rules_add_are_greyed_only_when_no_gradient_needs_them():
    gradient = jaxplore.gradient(lambda x: jnp.sqrt(x).sum() + jnp.exp(x[0]), X)
    assert without(gradient) == []


def loss(w, x):
    hidden = jnp.tanh(x * w)
    picked = hidden[jnp.argmax(hidden)]
    return jax.nn.softmax(hidden).sum() * picked + jnp.where(w > 0, w, 0).sum()


def test_a_derivative_that_the_function_takes_itself_has_the_same_stops():
    """Of a gradient that was taken already, the function itself is not known any more."""
    own, taken, both = (
        jaxplore.gradient(f, X, X) for f in (loss, jax.grad(loss), jax.value_and_grad(loss))
    )
    assert [s.kind for s in own.stops] == ["integer result", "stop_gradient", "integer result"]
    assert own.stops == taken.stops == both.stops
    assert own.without_gradient == taken.without_gradient == both.without_gradient


# XLA gives a callback's result no derivative; JAX has no rule, so nothing may reach it.
def test_what_jax_has_no_rule_for_is_asked_nothing():
    def f(x):
        seen = jax.pure_callback(lambda v: np.asarray(v), X, jax.lax.stop_gradient(x))
        return (x * seen).sum()

    assert [kind for kind, _, _ in stops(f)] == ["stop_gradient"]


# The rule of sin makes cos(x) a second time: the first is left unread.
def test_a_stop_is_found_behind_a_gradient():
    def f(x):
        return x * jnp.round(jax.grad(jnp.sin)(x))

    one = jax.ShapeDtypeStruct((), jnp.float32)
    assert stops(f, one) == [("piecewise constant", "round", "jnp.round(jax.grad(jnp.sin)(x))")]


# A shard_map gives its residuals before what it returned; `floor` is after it all the same.
def test_a_stop_is_found_behind_a_shard_map():
    mesh = jax.make_mesh((1,), ("i",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("i")
    spread = jax.shard_map(lambda r: jnp.sin(r) * 2, mesh=mesh, in_specs=spec, out_specs=spec)
    assert stops(lambda x: jnp.floor(spread(x)).sum()) == [
        ("piecewise constant", "floor", "jnp.floor(spread(x))")
    ]


@pytest.mark.parametrize("take", ["jacrev", "vjp"])
def test_a_value_that_is_only_kept_is_reached(take: str) -> None:
    def bend(w: Any) -> Any:
        return jnp.tanh(w)

    def pulled(w: Any) -> Any:
        return jax.vjp(bend, w)[1](jnp.ones(3))

    seen = jaxplore.gradient({"jacrev": jax.jacrev(bend), "vjp": pulled}[take], jnp.ones(3))
    assert (seen.stops, seen.without_gradient) == ((), ())
    assert [(leaf.path, leaf.is_reached) for leaf in seen.inputs] == [("w", True)]


def test_a_module_among_the_arguments_is_a_constant() -> None:
    seen = jaxplore.gradient(lambda x, np: np.sin(x).sum(), jnp.ones(3), jnp)
    assert [leaf.path for leaf in seen.inputs] == ["x"]
    assert jaxplore.program(lambda x, np: np.sin(x), 1.0, jnp).summary().startswith("<lambda>: 1 ")
