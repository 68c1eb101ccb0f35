"""The hooks go in with the first observation, come out with the last, and hold nothing."""

import gc
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax._src import monitoring, pjit, util

import jaxplore
from jaxplore.capture import _hooks
from jaxplore.capture.compiles.miss import MissBuilder
from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger

V3 = jnp.ones(3)


def jitted(ledger: Ledger) -> list[Compile]:
    return [row for row in ledger if row.kind != "eager"]


def hooked() -> tuple[Any, ...]:
    return (
        getattr(pjit, _hooks.RUN),
        getattr(pjit, _hooks.IMPL),
        tuple(monitoring.get_event_time_span_listeners()),
        tuple(monitoring.get_event_listeners()),
        tuple(monitoring.get_event_duration_listeners()),
        len(util._caches),
    )


def test_this_jax_can_be_observed_in_full():
    assert _hooks.can_observe_misses()


def test_the_hooks_are_gone_after_the_last_observation():
    before = hooked()
    with jaxplore.observe(), jaxplore.observe():
        assert not set(hooked()[:2]) & set(before[:2])
    assert hooked() == before


def test_the_hooks_are_gone_after_an_exception():
    before = hooked()
    with pytest.raises(KeyboardInterrupt), jaxplore.observe():
        raise KeyboardInterrupt
    assert hooked() == before


def test_observations_may_close_in_any_order():
    before = hooked()
    first, second = jaxplore.observe(), jaxplore.observe()
    first_ledger, second_ledger = first.__enter__(), second.__enter__()
    first.__exit__(None, None, None)
    jax.jit(lambda x: x * 2)(V3)
    assert jaxplore.ledger() is second_ledger
    second.__exit__(None, None, None)
    assert hooked() == before
    assert (len(jitted(first_ledger)), len(jitted(second_ledger))) == (0, 1)


def test_another_wrapper_put_over_ours_stays_and_works(monkeypatch: pytest.MonkeyPatch):
    original = getattr(pjit, _hooks.RUN)
    calls: list[int] = []
    with jaxplore.observe():
        ours = getattr(pjit, _hooks.RUN)

        def theirs(*args: Any, **kwargs: Any) -> Any:
            calls.append(1)
            return ours(*args, **kwargs)

        setattr(pjit, _hooks.RUN, theirs)
    try:
        assert getattr(pjit, _hooks.RUN) is theirs
        assert jax.jit(lambda x: x * 2)(V3).tolist() == [2, 2, 2]
        assert calls
    finally:
        setattr(pjit, _hooks.RUN, original)


def test_listeners_cleared_by_somebody_else_are_no_error(quiet_lines: list[str]):
    kept = (
        monitoring.get_event_time_span_listeners(),
        monitoring.get_event_listeners(),
        monitoring.get_event_duration_listeners(),
        monitoring.get_scalar_listeners(),
    )
    with jaxplore.observe():
        jax.monitoring.clear_event_listeners()
    registers = ("event_time_span", "event", "event_duration_secs", "scalar")
    for listeners, name in zip(kept, registers, strict=True):
        for listener in listeners:
            getattr(jax.monitoring, f"register_{name}_listener")(listener)
    assert getattr(pjit, _hooks.RUN).__module__ == "jax._src.pjit"
    # What could not be removed was gone already; that is worth at most a quiet line.
    assert len(quiet_lines) <= 2
    quiet_lines.clear()


def test_without_private_functions_rows_still_arrive_and_it_says_so_once(
    monkeypatch: pytest.MonkeyPatch, quiet_lines: list[str]
):
    monkeypatch.setattr(_hooks, "can_observe_misses", lambda: False)
    before = hooked()
    for _ in range(2):
        with jaxplore.observe() as ledger:
            jax.jit(lambda x: x * 7)(V3)
    assert quiet_lines == [
        "jaxplore: this JAX has no cache-miss function to observe; compiles are "
        "seen through jax.monitoring alone (times and names, no argument types)"
    ]
    quiet_lines.clear()
    [row] = jitted(ledger)
    assert (row.function, row.call_site.text) == ("<lambda>", "jax.jit(lambda x: x * 7)(V3)")
    assert row.trace_s and row.lower_s and row.compile_s
    assert hooked() == before


def test_each_thread_has_its_own_rows_and_call_sites(quiet_lines: list[str]):
    ready = threading.Barrier(4)

    def work(n: int) -> None:
        def f(x: Any) -> Any:
            return jnp.sin(x) * n

        f.__name__ = f"f{n}"
        ready.wait()
        if n == 0:
            jax.jit(f)(V3)
        if n == 1:
            jax.jit(f)(V3)
        if n == 2:
            jax.jit(f)(V3)
        if n == 3:
            jax.jit(f)(V3)

    with jaxplore.observe() as ledger:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = sorted(jitted(ledger), key=lambda row: row.function)
    assert [row.function for row in rows] == ["f0", "f1", "f2", "f3"]
    lines = [row.call_site.line for row in rows]
    assert lines == sorted(set(lines))
    assert all(row.trace_s and row.lower_s and row.compile_s for row in rows)
    assert {row.equations for row in rows} == {2}


class Big:
    """Something a row must not keep alive."""

    def __call__(self, x: Any) -> Any:
        return x * 2


def test_nothing_of_the_users_is_kept_alive():
    with jaxplore.observe() as ledger:
        f, x = Big(), jnp.arange(5.0)
        y = jax.jit(f)(x)
        dead = [weakref.ref(f), weakref.ref(x), weakref.ref(y)]
        del f, x, y
        gc.collect()
        assert [ref() for ref in dead] == [None] * 3
        assert len(jitted(ledger)) == 1


@dataclass(frozen=True)
class Config:
    width: int


def test_executables_and_static_values_are_not_kept_alive(monkeypatch: pytest.MonkeyPatch):
    executables: list[weakref.ref[Any]] = []
    build = MissBuilder.of_miss

    def noted(self: Any, times: Any, run: Any, args: Any, kwargs: Any, executable: Any, frame: Any):
        executables.append(weakref.ref(executable))
        return build(self, times, run, args, kwargs, executable, frame)

    monkeypatch.setattr(MissBuilder, "of_miss", noted)
    with jaxplore.observe() as ledger:
        config, xs = Config(2), [jnp.arange(5.0) + n for n in range(50)]
        executables.clear()
        f = jax.jit(lambda config, *xs: [x * config.width for x in xs], static_argnums=0)
        f(config, *xs)
        dead = [weakref.ref(config), weakref.ref(f), *map(weakref.ref, xs), *executables]
        assert executables
        del config, f, xs
        jax.clear_caches()
        gc.collect()
        assert [ref() for ref in dead] == [None] * len(dead)
        # Its sizes were not asked for while it lived.
        assert jitted(ledger)[-1].temp_size_bytes is None


def test_sizes_are_asked_for_when_a_row_is_read():
    with jaxplore.observe() as ledger:
        f = jax.jit(lambda *xs: [x * 2 for x in xs])
        f(*[jnp.ones(4)] * 50)
        assert ledger.newest(1)[0].argument_size_bytes is None
        row = jitted(ledger)[-1]
    assert row.argument_size_bytes == 50 * 16
    assert row.output_size_bytes >= 50 * 16
    assert ledger.newest(1) == [row]


def test_a_failed_call_keeps_nothing_alive():
    with jaxplore.observe():
        x = jnp.arange(5.0)

        def f(x: Any) -> Any:
            raise ValueError("mine")

        try:
            jax.jit(f)(x)
        except ValueError:
            pass
        dead = [weakref.ref(f), weakref.ref(x)]
        del f, x
        gc.collect()
        assert [ref() for ref in dead] == [None] * 2


def test_a_row_holds_no_array():
    def reachable(value: Any) -> Iterator[Any]:
        yield value
        if isinstance(value, tuple | list):
            for part in value:
                yield from reachable(part)
        for name in getattr(type(value), "__dataclass_fields__", ()):
            yield from reachable(getattr(value, name))

    with jaxplore.observe() as ledger:
        f = jax.jit(lambda x, n: x * n, static_argnums=1)
        f(V3, 2)
        f(jnp.ones(4), 3)
    for row in ledger:
        kinds = {type(value).__module__.split(".")[0] for value in reachable(row)}
        assert kinds <= {"builtins", "jaxplore"}


def frames_of(fault: BaseException) -> set[str]:
    return {frame.filename for frame in traceback.extract_tb(fault.__traceback__)}


def user_function(x: Any) -> Any:
    return jnp.sin(x) * x.shape[0]


def lowered() -> str:
    return jax.jit(lambda x: user_function(x)).lower(V3).as_text(debug_info=True)


def compiled() -> str:
    f = jax.jit(lambda x: user_function(x))
    f(V3)
    return f.lower(V3).compile().as_text()


@pytest.mark.parametrize("text", [lowered, compiled])
def test_jaxs_own_source_positions_do_not_name_us(text: Callable[[], str]):
    with jaxplore.observe():
        observed = text()
    assert "jaxplore/" not in observed.replace(__file__, "")
    assert __file__ in observed


def test_equations_traced_by_a_call_have_the_same_positions_as_without():
    def positions() -> list[Any]:
        seen: list[Any] = []

        def f(x: Any) -> Any:
            y = jnp.sin(x)
            seen.append(jaxplore.program(jax.jit(user_function), y, stages=("jaxpr",)))
            return y

        jax.jit(f)(V3)
        return [[(e.primitive, e.span) for e in program.equations] for program in seen]

    plain = positions()
    with jaxplore.observe():
        assert positions() == plain


@pytest.mark.parametrize(
    "fail",
    [
        lambda x: x.nonsense,
        lambda x: x if x.sum() > 0 else -x,
        lambda x: np.sin(x),
        lambda x: 1 / 0,
    ],
)
def test_the_traceback_of_an_error_under_jit_does_not_name_us(fail: Callable[..., Any]):
    def text() -> str:
        try:
            jax.jit(fail)(V3)
        except Exception as fault:
            assert not any("/jaxplore/" in name for name in frames_of(fault))
            return "".join(traceback.format_exception(fault))
        raise AssertionError("no error")

    plain = text()
    with jaxplore.observe():
        assert text() == plain
