"""The stage of a thread, asked from inside each real stage of JAX."""

import sys
import threading
import weakref

import jax
import jax.numpy as jnp
import pytest
from jax.extend.core import Primitive
from jax.interpreters import mlir

from jaxplore.capture.compiles.running import Doing, doing, of_stack
from jaxplore.public.persistentcache import cache

SOURCE = """
def helper(x, see):
    see()
    return x + 1

def step(x, see):
    return helper(x, see) * 2
"""


@pytest.fixture
def seen():
    return []


@pytest.fixture
def see(seen):
    return lambda *_args, **_facts: seen.append(of_stack(sys._getframe()))


def test_tracing_names_the_function_and_the_line_it_has_come_to(user_module, seen, see):
    module = user_module(SOURCE)
    jax.jit(module.step, static_argnums=1)(jnp.ones(2), see)
    # `see` stands in this file, and is what runs innermost.
    here = Doing(stage="trace", function="step", file=__file__, line=see.__code__.co_firstlineno)
    assert seen == [here]


def test_tracing_for_a_gradient_and_for_make_jaxpr_is_tracing(user_module, seen, see):
    module = user_module(SOURCE)
    jax.make_jaxpr(lambda x: module.step(x, see))(1.0)
    jax.jit(jax.grad(lambda x: module.step(x, see)))(1.0)
    assert [now.stage for now in seen] == ["trace", "trace"]
    assert all("<lambda>" in now.function for now in seen)


def test_lowering_is_lowering_also_where_it_traces(seen, see):
    primitive = Primitive("seen")
    primitive.def_abstract_eval(lambda x: x)

    def lowered(x):
        see()
        return x + 1

    mlir.register_lowering(primitive, mlir.lower_fun(lowered, multiple_results=False))
    jax.jit(primitive.bind)(jnp.ones(3))
    assert seen == [Doing(stage="lower")]


def test_xla_is_compiling(tmp_path, seen, see):
    def listen(event, **_facts):
        if event.endswith("compile_requests_use_cache"):
            see()

    cache(directory=tmp_path)
    jax.monitoring.register_event_listener(listen)
    try:
        jax.jit(lambda x: x * 7)(jnp.arange(3))
    finally:
        jax.monitoring.unregister_event_listener(listen)
        cache(False)
    assert seen
    assert set(seen) == {Doing(stage="compile")}


def test_other_code_is_in_no_stage(seen, see):
    see()
    assert seen == [None]


def test_a_compiled_call_is_in_no_stage(seen, see):
    f = jax.jit(lambda x: jax.pure_callback(lambda y: (see(), y)[1], x, x))
    jax.block_until_ready(f(jnp.ones(2)))
    assert set(seen) == {None}


def test_a_function_of_the_user_with_a_name_of_jax_is_in_no_stage(user_module, seen, see):
    name = "backend_compile_and_load"
    module = user_module(f"def {name}(see):\n    see()\n", name="compiler")
    getattr(module, name)(see)
    assert seen == [None]


def test_another_thread_is_asked_by_its_number():
    tracing, asked = threading.Event(), threading.Event()

    def traced(x):
        tracing.set()
        assert asked.wait(60)
        return x

    thread = threading.Thread(target=lambda: jax.make_jaxpr(traced)(1.0))
    thread.start()
    try:
        assert tracing.wait(60)
        now = doing(thread.ident)
    finally:
        asked.set()
        thread.join()
    assert now is not None
    assert (now.stage, now.function) == ("trace", traced.__qualname__)
    assert doing(thread.ident) is None


def test_asking_keeps_nothing_of_the_stack_alive():
    class Kept:
        pass

    refs = []

    def traced(x):
        kept = Kept()
        refs.append(weakref.ref(kept))
        assert doing(threading.get_ident()).stage == "trace"
        return x

    jax.make_jaxpr(traced)(1.0)
    assert [ref() for ref in refs] == [None]
