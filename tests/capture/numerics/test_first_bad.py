"""A planted fault is found: the expression, the phase, the iteration, and what went in."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from flax import nnx
from jax import lax

import jaxplore
from jaxplore.model.numerics import FirstBad, Input, Range

X = jnp.arange(4.0)


def first_bad(f: Callable[..., Any], *args: Any) -> FirstBad:
    found = jaxplore.numerics(f, *args).first_bad
    assert found is not None
    return found


def text(found: FirstBad) -> str:
    assert found.span is not None
    return found.span.text


def test_the_whole_record_of_a_fault_in_the_forward_pass() -> None:
    def f(x: jax.Array) -> jax.Array:
        return jnp.log(x) * 2.0

    found = first_bad(f, X)
    read = Range(minimum=0.0, maximum=3.0, norm=14.0**0.5, nan=0, inf=0, zero=1, size=4)
    assert found == FirstBad(
        equation=0,
        span=found.span,
        phase="forward",
        iteration=None,
        iterations=(),
        nan=0,
        inf=1,
        inputs=(Input(name="x", type="f32[4]", range=read),),
        reaches_result=True,
        is_of_derivative=False,
    )
    assert text(found) == "jnp.log(x)"


def test_a_gradient_goes_wrong_where_the_value_does_not() -> None:
    def f(x: jax.Array) -> jax.Array:
        return jnp.sqrt(x).sum()

    found = first_bad(jax.value_and_grad(f), X)
    assert (text(found), found.inf, found.reaches_result, found.is_of_derivative) == (
        "jnp.sqrt(x)",
        1,
        True,
        True,
    )


def test_the_unsafe_branch_of_a_where_is_found_in_the_backward_pass() -> None:
    def f(x: jax.Array) -> jax.Array:
        return jnp.where(x > 0, jnp.log(x), 0.0).sum()

    found = first_bad(jax.value_and_grad(f), X)
    assert (text(found), found.phase, found.nan) == ("jnp.log(x)", "backward", 1)
    # Alone the value is good, and what is bad in it reaches nothing.
    alone = first_bad(f, X)
    assert (text(alone), alone.phase, alone.reaches_result) == ("jnp.log(x)", "forward", False)


def test_a_mask_of_infinities_is_not_made_by_the_where() -> None:
    assert jaxplore.numerics(lambda x: jnp.where(x > 0, x, -jnp.inf), X).first_bad is None


def test_what_came_in_is_not_made_here() -> None:
    seen = jaxplore.numerics(lambda x: x * 2, jnp.array([1.0, jnp.nan]))
    assert seen.first_bad is None
    assert [one.name for one in seen.bad_arguments] == ["x"]


@pytest.mark.parametrize("k", [0, 2, 3])
def test_the_iteration_of_a_scan(k: int) -> None:
    def step(c: jax.Array, a: jax.Array) -> tuple[jax.Array, jax.Array]:
        return c + 1.0, jnp.log(a)

    xs = jnp.ones(5).at[k].set(-1.0)
    found = first_bad(lambda xs: lax.scan(step, 0.0, xs), xs)
    assert (text(found), found.iteration, found.iterations, found.nan) == ("jnp.log(a)", k, (k,), 1)
    (read,) = found.inputs
    assert (read.name, read.range.minimum, read.range.size) == ("a", -1.0, 1)


def test_the_iteration_of_a_reversed_scan_is_the_position() -> None:
    xs = jnp.array([1.0, -1.0, 2.0, -2.0])
    found = first_bad(
        lambda xs: lax.scan(lambda c, a: (c, jnp.log(a)), 0.0, xs, reverse=True)[1], xs
    )
    assert (found.iteration, found.inputs[0].range.minimum) == (3, -2.0)


def test_the_iteration_of_a_while_in_its_body_and_in_its_condition() -> None:
    def body(s: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        return s[0] + 1, jnp.where(s[0] == 3, 0.0 / s[1], s[1]) - 1.0

    found = first_bad(lambda x: lax.while_loop(lambda s: s[0] < 6, body, (0, x)), 3.0)
    assert (text(found), found.iterations, found.reaches_result) == ("0.0 / s[1]", (3,), True)

    def condition(s: jax.Array) -> jax.Array:
        return jnp.log(s) > -jnp.inf

    found = first_bad(lambda x: lax.while_loop(condition, lambda s: s - 1.0, x), 2.0)
    assert (text(found), found.iterations) == ("jnp.log(s)", (2,))


def test_inside_a_branch_in_a_loop_in_a_loop() -> None:
    def inner(c: jax.Array, b: jax.Array) -> tuple[jax.Array, jax.Array]:
        return lax.cond(b > 2, lambda: jnp.sqrt(c - 10.0), lambda: c + 0.0), b

    def outer(c: jax.Array, a: jax.Array) -> tuple[jax.Array, jax.Array]:
        return lax.scan(inner, c, jnp.array([0.0, 1.0]) + a)[0], a

    found = first_bad(lambda xs: lax.scan(outer, 5.0, xs), jnp.arange(5.0))
    assert (text(found), found.iterations, found.nan) == ("jnp.sqrt(c - 10.0)", (2, 1), 1)
    assert (found.inputs[0].name, found.inputs[0].range.minimum) == ("c - 10.0", -5.0)


def test_the_backward_pass_of_a_scan() -> None:
    def step(c: jax.Array, a: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jnp.sqrt(c * a), a

    found = first_bad(jax.grad(lambda xs: lax.scan(step, 1.0, xs)[0]), jnp.array([1.0, 0.0, 1.0]))
    assert (text(found), found.iteration, found.inf > 0) == ("jnp.sqrt(c * a)", 1, True)


def test_a_rule_of_the_users_own() -> None:
    @jax.custom_vjp
    def g(x: jax.Array) -> jax.Array:
        return x * 2

    def backward(x: jax.Array, c: jax.Array) -> tuple[jax.Array]:
        return (c / x,)

    g.defvjp(lambda x: (g(x), x), backward)
    found = first_bad(jax.value_and_grad(lambda x: g(x).sum()), X)
    assert (found.phase, found.inf, found.is_of_derivative) == ("backward", 1, True)


def test_in_a_recomputed_function_a_mapped_one_and_a_layer() -> None:
    def f(x: jax.Array) -> jax.Array:
        return jnp.sin(jnp.log(x)).sum()

    assert text(first_bad(jax.value_and_grad(jax.checkpoint(f)), X)) == "jnp.log(x)"
    mapped = first_bad(jax.vmap(lambda x: jnp.log(x) + 1), jnp.ones((3, 2)).at[1, 1].set(0))
    assert (text(mapped), mapped.inf, mapped.inputs[0].range.size) == ("jnp.log(x)", 1, 6)

    class Layer(nnx.Module):
        def __init__(self) -> None:
            self.scale = nnx.Param(jnp.zeros(4))

        def __call__(self, x: jax.Array) -> jax.Array:
            return x / self.scale[...]

    layer = first_bad(Layer(), X + 1)
    assert (text(layer), layer.inf) == ("x / self.scale[...]", 4)


def test_over_two_devices() -> None:
    mesh = jax.make_mesh((2,), ("i",), axis_types=(jax.sharding.AxisType.Auto,))
    x = jax.device_put(jnp.arange(4.0), jax.NamedSharding(mesh, jax.P("i")))
    seen = jaxplore.numerics(lambda x: jnp.log(x).sum(), x)
    assert seen.first_bad is not None and text(seen.first_bad) == "jnp.log(x)"
    assert (seen.rows[0].inf, seen.rows[0].size) == (1, 4)

    def per_device(x: jax.Array) -> jax.Array:
        return lax.psum(jnp.log(x).sum(), "i")

    mapped = jax.shard_map(per_device, mesh=mesh, in_specs=jax.P("i"), out_specs=jax.P())
    found = first_bad(mapped, x)
    assert (text(found), found.inf) == ("jnp.log(x)", 1)

    def looped(x: jax.Array) -> jax.Array:
        def step(c: jax.Array, a: jax.Array) -> tuple[jax.Array, jax.Array]:
            c = lax.cond(a.sum() > 5, lambda: c - 1.0, lambda: c * 1.0)
            return c, jnp.sqrt(c - a)

        return lax.scan(step, x, jnp.arange(4.0))[1]

    for checked in (True, False):
        mapped = jax.shard_map(
            looped, mesh=mesh, in_specs=jax.P("i"), out_specs=jax.P(None, "i"), check_vma=checked
        )
        seen = jaxplore.numerics(mapped, x + 2)
        assert seen.first_bad is not None
        assert (text(seen.first_bad), seen.first_bad.iteration) == ("jnp.sqrt(c - a)", 3)
        (row,) = [row for row in seen.rows if row.first_bad_iteration is not None]
        assert (row.nan, row.size, row.runs) == (1, 16, 4)
