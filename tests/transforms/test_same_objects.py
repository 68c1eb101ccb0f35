"""What jaxplore gives to write programs with is JAX's own."""

import functools
import importlib
import inspect
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxplore

V3 = jnp.ones(3)


@pytest.mark.parametrize(
    "name", ["grad", "value_and_grad", "vmap", "jacfwd", "jacrev", "hessian", "checkpoint"]
)
def test_all_but_jit_are_jaxs_own_objects(name: str):
    assert getattr(jaxplore, name) is getattr(jax, name)


def test_jaxplore_numpy_is_jax_numpy_however_it_is_imported():
    import jaxplore.numpy as by_import
    from jaxplore.numpy import sin

    assert by_import is jaxplore.numpy is jnp
    assert importlib.import_module("jaxplore.numpy") is jnp
    assert sin is jnp.sin


def test_jit_gives_what_jax_jit_gives():
    def f(x: Any) -> Any:
        """Doubles."""
        return x * 2

    ours, theirs = jaxplore.jit(f), jax.jit(f)
    assert type(ours) is type(theirs)
    assert dir(ours) == dir(theirs)
    assert (ours.__wrapped__, ours.__name__, ours.__doc__) == (f, "f", "Doubles.")
    assert ours.trace(V3).jaxpr.pretty_print() == theirs.trace(V3).jaxpr.pretty_print()
    assert ours.lower(V3).as_text() == theirs.lower(V3).as_text()
    assert ours.eval_shape(V3) == theirs.eval_shape(V3)
    assert ours(V3).tolist() == [2, 2, 2]
    ours.clear_cache()


def test_jit_says_it_takes_what_jax_jit_takes():
    assert inspect.signature(jaxplore.jit) == inspect.signature(jax.jit)


def test_options_reach_jax():
    f = jaxplore.jit(lambda x, n: x * n, static_argnums=1)
    assert f(V3, 3).tolist() == [3, 3, 3]
    g = jaxplore.jit(lambda x, *, n: x * n, static_argnames=("n",))
    assert g(V3, n=2).tolist() == [2, 2, 2]
    donated = jnp.zeros(3)
    assert jaxplore.jit(lambda x: x + 1, donate_argnums=0)(donated).tolist() == [1, 1, 1]
    assert donated.is_deleted()


def test_the_decorator_with_options():
    @jaxplore.jit(static_argnames="n")
    def f(x: Any, n: int) -> Any:
        return x * n

    assert type(f) is type(jax.jit(lambda x: x))
    assert f(V3, 4).tolist() == [4, 4, 4]

    @functools.partial(jaxplore.jit, static_argnames="n")
    def g(x: Any, n: int) -> Any:
        return x * n

    assert g(V3, 4).tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    "call",
    [
        lambda jit: jit(3),
        lambda jit: jit(lambda x: x, nonsense=1),
        lambda jit: jit(nonsense=1),
        lambda jit: jit(lambda x: x, 1),
        lambda jit: jit(lambda x: x, static_argnums="a"),
        lambda jit: jit(None),
        lambda jit: jit(fun=lambda x: x),
        lambda jit: jit(static_argnames=3),
    ],
)
def test_errors_are_those_of_jax(call: Any):
    def outcome(jit: Any) -> tuple[type, str]:
        try:
            return type(call(jit)), ""
        except Exception as fault:
            return type(fault), str(fault).replace(" at 0x", "")[:60]

    assert outcome(jaxplore.jit)[0] == outcome(jax.jit)[0]
    assert outcome(jaxplore.jit)[1][:30] == outcome(jax.jit)[1][:30]


class Model:
    def __init__(self, scale: float) -> None:
        self.scale = scale

    @functools.partial(jaxplore.jit, static_argnums=0)
    def decorated(self, x: Any) -> Any:
        return x * self.scale

    def plain(self, x: Any) -> Any:
        return x * self.scale

    def __call__(self, x: Any) -> Any:
        return x * self.scale


def test_methods_and_callables_of_two_objects_stay_apart():
    two, three = Model(2.0), Model(3.0)
    for f, g in (
        (jaxplore.jit(two.plain), jaxplore.jit(three.plain)),
        (jaxplore.jit(two), jaxplore.jit(three)),
        (two.decorated, three.decorated),
        (
            jaxplore.jit(functools.partial(Model.plain, two)),
            jaxplore.jit(functools.partial(Model.plain, three)),
        ),
    ):
        assert (f(V3).tolist(), g(V3).tolist()) == ([2, 2, 2], [3, 3, 3])


def test_a_gradient_through_jit_is_jaxs():
    f = jaxplore.jit(lambda x: (x**3).sum())
    assert jaxplore.grad(f)(V3).tolist() == [3, 3, 3]
    assert jaxplore.vmap(jaxplore.jit(jnp.sum))(jnp.ones((2, 3))).tolist() == [3, 3]
