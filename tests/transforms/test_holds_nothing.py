"""`jaxplore.jit` changes nothing but what a redefinition gets: not memory, not speed, not leaks."""

import gc
import time
import weakref

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.transforms.kept import kept


@pytest.fixture(autouse=True)
def nothing_kept():
    kept.clear()
    yield
    kept.clear()


def test_a_function_that_is_dropped_takes_its_arrays_along() -> None:
    space = {"jaxplore": jaxplore, "w": jnp.ones(3), "x": jnp.ones(3)}
    exec("@jaxplore.jit\ndef f(x): return x @ w\ny = f(x)", space)
    array = weakref.ref(space["w"])
    del space["w"], space["f"]
    jax.clear_caches()
    gc.collect()
    assert array() is None


def test_a_closure_that_is_dropped_takes_its_arrays_along() -> None:
    def make(w: jax.Array):
        @jaxplore.jit
        def f(x: jax.Array) -> jax.Array:
            return x @ w

        return f

    w = jnp.ones(3)
    array, f = weakref.ref(w), make(w)
    f(jnp.ones(3))
    del w, f
    jax.clear_caches()
    gc.collect()
    assert array() is None


def test_a_helper_that_is_replaced_takes_its_closure_along() -> None:
    space = {"jaxplore": jaxplore, "w": jnp.ones(3)}
    exec("def make(w):\n    def h(x): return x @ w\n    return h\nh = make(w)", space)
    exec("@jaxplore.jit\ndef f(x): return h(x)", space)
    array = weakref.ref(space["w"])
    del space["w"], space["h"]
    gc.collect()
    assert array() is None


def test_a_function_made_inside_a_trace_leaks_no_tracer() -> None:
    @jax.jit
    def outer(x: jax.Array) -> jax.Array:
        @jaxplore.jit
        def inner(y: jax.Array) -> jax.Array:
            return x + y

        return inner(x)

    with jax.checking_leaks():
        assert outer(jnp.ones(2)).tolist() == [2.0, 2.0]


config = {f"k{i}": {"a": float(i), "b": i} for i in range(500)}


def scaled(x: jax.Array) -> jax.Array:
    return x * config["k1"]["a"]


def test_many_inner_calls_are_checked_once_per_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    from jaxplore.transforms import kept as module

    taken: list[float] = []
    original = module.fingerprint
    monkeypatch.setattr(module, "fingerprint", lambda f: taken.append(time.time()) or original(f))
    inner = jaxplore.jit(scaled)

    @jax.jit
    def outer(x: jax.Array) -> jax.Array:
        for _ in range(200):
            x = inner(x)
        return x

    outer(jnp.ones(2))
    assert len(taken) == 2


def test_traces_made_under_other_globals_are_not_handed_out() -> None:
    space = {"jaxplore": jaxplore}
    cell = "@jaxplore.jit\ndef f(x): return x * k"
    three, four = jnp.ones(3), jnp.ones(4)
    exec(f"k = 2\n{cell}", space)
    assert space["f"](three).tolist() == [2.0] * 3
    exec("k = 3", space)
    assert space["f"](four).tolist() == [3.0] * 4  # a new shape: JAX traces with k = 3
    exec(f"k = 2\n{cell}", space)
    assert space["f"](four).tolist() == [2.0] * 4
    assert space["f"](three).tolist() == [2.0] * 3
