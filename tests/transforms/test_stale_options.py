"""Options and JAX's own settings decide what a program is: none is missed."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxplore

V3 = jnp.ones(3)
DEFINE = "def g(x, n=2, y=None):\n    return x * n\nf = jaxplore.jit(g{})".format
OPTIONS = [
    "",
    ", static_argnums=1",
    ", static_argnums=(1,)",
    ", static_argnums=(1, 2)",
    ", static_argnames='n'",
    ", static_argnames='y'",
    ", donate_argnums=0",
    ", donate_argnames='x'",
    ", keep_unused=True",
    ", inline=True",
    ", compiler_options={'xla_cpu_enable_fast_min_max': True}",
    ", compiler_options={'xla_cpu_enable_fast_min_max': False}",
    ", in_shardings=jax.sharding.SingleDeviceSharding(jax.devices()[0])",
    ", out_shardings=jax.sharding.SingleDeviceSharding(jax.devices()[0])",
]


def test_each_set_of_options_has_its_own_function(notebook: Callable[..., dict[str, Any]]):
    made = [notebook(DEFINE(option))["f"] for option in OPTIONS]
    assert len({id(f) for f in made}) == len(OPTIONS)
    again = [notebook(DEFINE(option))["f"] for option in OPTIONS]
    assert [a is b for a, b in zip(made, again, strict=True)] == [True] * len(OPTIONS)


SETTINGS = {
    "precision": lambda: jax.default_matmul_precision("float32"),
    "wide numbers": lambda: jax.enable_x64(True),
    "checks": lambda: jax.debug_nans(True),
    "promotion": lambda: jax.numpy_dtype_promotion("strict"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_jax_is_never_missed(notebook: Callable[..., dict[str, Any]], name: str):
    cell = "@jaxplore.jit\ndef f(x):\n    return jnp.dot(x, x) * jnp.arange(2).sum()"
    reads = "@jax.jit\ndef f(x):\n    return jnp.dot(x, x) * jnp.arange(2).sum()"

    def text(source: str) -> str:
        return str(notebook(source)["f"].lower(V3).as_text()).split("{", 1)[1]

    outside = text(cell)
    with SETTINGS[name]():
        try:
            want = text(reads)
        except Exception as fault:
            with pytest.raises(type(fault)):
                text(cell)
        else:
            assert text(cell) == want
    assert text(cell) == outside


def test_what_the_settings_say_is_read_again(compiles_again: Callable[..., int]):
    cell = "@jaxplore.jit\ndef f(x):\n    return x * (2 if jax.config.jax_debug_nans else 3)"
    assert compiles_again(cell) == 1


def test_a_docstring_moves_the_text_that_is_pointed_at(notebook: Callable[..., dict[str, Any]]):
    old = notebook("@jaxplore.jit\ndef f(x):\n    'a'\n    return x * 2")["f"]
    new = notebook("@jaxplore.jit\ndef f(x):\n    'a'\n    # why\n    return x * 2")["f"]
    assert new is not old


def test_transformed_and_called_from_elsewhere_it_is_the_same_function(
    notebook: Callable[..., dict[str, Any]],
):
    for k in (2.0, 3.0, 2.0):
        f = notebook(f"k = {k}\n@jaxplore.jit\ndef f(x): return (k * x).sum()")["f"]
        assert jax.grad(f)(V3).tolist() == [k] * 3
        assert jax.vmap(f)(jnp.ones((2, 3))).tolist() == [3 * k] * 2
        assert jax.jit(lambda x, f=f: f(x))(V3) == 3 * k
        scanned = jax.lax.scan(lambda c, x, f=f: (c + f(x), None), 0.0, jnp.ones((2, 3)))
        assert scanned[0] == 6 * k
        assert jaxplore.jit(f)(V3) == 3 * k
