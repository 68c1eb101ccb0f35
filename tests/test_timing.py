"""`jaxplore.time` and `jaxplore.compare_times`, on real JAX."""

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxplore
from jaxplore.capture.compiles import timing as clockwork
from jaxplore.capture.compiles.observer import observer
from jaxplore.errors import JaxploreError
from jaxplore.public import measuring

pytestmark = pytest.mark.usefixtures("quiet_lines")


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Later:
    """A result that takes ten seconds more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def block_until_ready(self) -> None:
        self._clock.now_s += 10.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(clockwork, "perf_counter", found)
    return found


@pytest.fixture(autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    sinks = list(observer._sinks)
    yield
    assert observer._sinks == sinks
    assert gc.isenabled()


def test_a_run_lasts_until_its_result_is_there(clock: Clock):
    def f() -> Any:
        clock.now_s += 1.0
        return {"a": [Later(clock), 3]}

    timed = jaxplore.time(f, repeat=2, number=3)
    assert (timed.first_call_s, timed.dispatch_s, timed.runs) == (11.0, 1.0, (11.0, 11.0))
    single = jaxplore.time(f, repeat=3, number=1)
    assert (single.dispatch_s, single.run_s, single.runs) == (1.0, 11.0, (11.0,) * 3)


# Small programs run inline on CPU; this one returns long before it is computed.
far = jax.jit(lambda a: (a @ a @ a @ a).sum())


@pytest.mark.parametrize("shape", ["array", "tree"])
@pytest.mark.parametrize("number", [1, 3])
def test_no_call_is_made_before_the_last_one_is_computed(shape: str, number: int):
    x, last, ready = jnp.ones((700, 700)), far(jnp.ones((1, 1))), list[bool]()

    def f() -> Any:
        nonlocal last
        ready.append(last.is_ready())
        last = far(x)
        return last if shape == "array" else {"a": (last, None)}

    assert jaxplore.time(f, repeat=2, number=number).waited
    assert ready == [True] * (3 if number == 1 else 13)
    assert last.is_ready()


@pytest.mark.parametrize("held", [True, False])
def test_earlier_work_is_done_before_the_clock_starts(held: bool, monkeypatch: pytest.MonkeyPatch):
    x = jnp.ones((900, 900))
    far(x).block_until_ready()
    if held:
        monkeypatch.setattr(clockwork, "_steps", list)
    else:
        monkeypatch.setattr(jax, "live_arrays", list)
    results = [far(x) for _ in range(3)]
    ready: list[bool] = []
    jaxplore.time(lambda: ready.extend(r.is_ready() for r in results), repeat=1, number=1)
    assert ready == [True] * 6


def test_the_first_call_is_split_into_stages_once():
    f = jax.jit(lambda a: jnp.sin(a) * 2)
    x = jnp.arange(7.0)
    first, again = (jaxplore.time(f, x, repeat=1, number=1) for _ in range(2))
    [row] = first.compiles
    assert (first.trace_s, first.lower_s, first.compile_s) == (
        row.trace_s,
        row.lower_s,
        row.compile_s,
    )
    assert row.trace_s and row.lower_s and row.compile_s
    assert first.first_call_s > row.total_s
    assert "(1 compile)" in str(first)
    assert (again.trace_s, again.lower_s, again.compile_s) == (None, None, None)
    assert again.compiles == ()
    assert "already compiled" in str(again)


def test_operations_outside_jit_count_in_the_first_call():
    x = np.ones((3, 11), np.float32)
    timed = jaxplore.time(lambda: (jnp.asarray(x) @ x.T).sum() + 1.5, repeat=1, number=1)
    assert {row.kind for row in timed.compiles} == {"eager"}
    assert len(timed.compiles) >= 2
    assert timed.compile_s == pytest.approx(sum(row.compile_s or 0 for row in timed.compiles))
    assert timed.recompile_count == 0


@pytest.mark.parametrize("result", [None, 3, "text", np.ones(2), {"a": [1, object()]}, ()])
def test_any_result_will_do(result: Any):
    timed = jaxplore.time(lambda: result, repeat=2, number=2)
    assert (timed.waited, timed.compiles, len(timed.runs)) == (False, (), 2)
    assert "nothing compiled" in str(timed)


def test_a_call_whose_results_change_kind_is_timed():
    x, made = jnp.ones(2), 0

    def f() -> Any:
        nonlocal made
        made += 1
        return x if made % 3 else None

    assert len(jaxplore.time(f, repeat=3, number=7).runs) == 3
    made = 0
    assert len(jaxplore.time(f, repeat=7, number=1).runs) == 7


def test_a_key_is_an_array():
    key = jax.random.key(0)
    assert jaxplore.time(lambda: key, repeat=1, number=2).waited


def test_compiles_in_the_runs_are_counted_with_their_cause():
    x = jnp.ones(5)

    def f(a: Any) -> Any:
        return jax.jit(lambda b: b + 1)(a)

    timed = jaxplore.time(f, x, repeat=2, number=3)
    assert (len(timed.compiles), timed.recompile_count) == (1, 12)
    assert {(row.function, row.cause) for row in timed.recompiles} == {("<lambda>", "R09")}
    assert "warning: 12 compiles in the runs, the times include them:\n    R09 <lambda>: " in str(
        timed
    )


def test_of_many_compiles_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(measuring, "_KEPT_ROWS", 2)
    sizes = iter(range(1, 100))
    g = jax.jit(lambda a: a + 1)
    timed = jaxplore.time(lambda: g(np.ones(next(sizes))), repeat=2, number=2)
    assert timed.recompile_count == 8
    assert [row.changes[0].now for row in timed.recompiles] == ["f32[8]", "f32[9]"]


def test_a_compile_of_the_second_call_alone_is_in_no_run():
    sizes = iter([1, 2])
    g = jax.jit(lambda a: a + 1)
    timed = jaxplore.time(lambda: g(np.ones(next(sizes, 3))), repeat=2)
    assert (len(timed.compiles), timed.recompile_count) == (1, 0)


def test_a_donated_argument_is_an_error_that_names_it():
    f = jax.jit(lambda s, k: {"w": s["w"] + k}, donate_argnums=0)
    with pytest.raises(JaxploreError) as caught:
        jaxplore.time(f, {"w": jnp.ones(3) + 1}, 2.0)
    assert str(caught.value) == (
        "Cannot time <lambda>: a call takes an argument's memory (donation), so it cannot be "
        "made twice.\n"
        "Got: args[0]['w'] (f32[3]) was donated and is deleted now\n"
        "Do: time a version without donation, or one that makes the array anew each time."
    )
    timed = jaxplore.time(lambda: f({"w": jnp.ones(3) + 1}, 2.0), repeat=1, number=2)
    assert timed.recompile_count == 0


def test_an_argument_that_was_gone_before_is_jaxs_own_error():
    x = jnp.ones(3) + 1
    x.delete()
    with pytest.raises(RuntimeError, match="deleted"):
        jaxplore.time(jax.jit(lambda a: a + 1), x)


class Mine(Exception):
    pass


@pytest.mark.parametrize("call", [1, 2, 3, 9])
def test_an_error_of_the_function_comes_through(call: int):
    made = 0

    def f() -> None:
        nonlocal made
        made += 1
        if made == call:
            raise Mine

    with pytest.raises(Mine):
        jaxplore.time(f, repeat=5, number=4)


def test_an_attribute_error_of_the_function_comes_through():
    x, made = jnp.ones(2), 0

    def f() -> Any:
        nonlocal made
        made += 1
        return x if made < 3 else (3).block_until_ready()  # type: ignore[attr-defined]

    with pytest.raises(AttributeError, match="'int' object has no attribute"):
        jaxplore.time(f, repeat=1, number=9)


def test_given_counts_are_kept_exactly():
    calls: list[Any] = []
    timed = jaxplore.time(lambda a, b: calls.append((a, b)), 1, b=2, repeat=3, number=4)
    assert calls == [(1, 2)] * (1 + 3 * (4 + 4))
    assert (len(timed.runs), timed.number) == (3, 4)


@pytest.mark.parametrize(
    ("call_s", "given", "number", "runs"),
    [
        (1 / 1024, {}, 200, 7),
        (1 / 32, {}, 5, 7),
        (5 / 32, {}, 1, 7),
        (5 / 8, {}, 1, 3),
        (3.0, {}, 1, 1),
        (3.0, {"repeat": 4}, 1, 4),
        (3.0, {"number": 5}, 5, 1),
        (1 / 1024, {"number": 2}, 2, 7),
        (1 / 1024, {"repeat": 2}, 200, 2),
    ],
)
def test_how_often_follows_from_how_long(
    clock: Clock, call_s: float, given: dict[str, Any], number: int, runs: int
):
    calls = 0

    def f() -> None:
        nonlocal calls
        calls += 1
        clock.now_s += call_s

    timed = jaxplore.time(f, **given)
    assert (timed.number, len(timed.runs)) == (number, runs)
    assert timed.run_s == pytest.approx(call_s)
    if number == 1:
        assert calls == 1 + runs


def test_two_calls_are_made_in_turn():
    log: list[str] = []
    found = jaxplore.compare_times(
        lambda a: log.append(f"f{a}"), lambda a: log.append(f"g{a}"), 1, repeat=3, number=1
    )
    assert log == ["f1", "g1"] * 4
    assert (len(found.first.runs), len(found.second.runs), len(found.ratios)) == (3, 3, 3)
    log.clear()
    jaxplore.compare_times(lambda: log.append("f"), lambda: log.append("g"), repeat=2, number=2)
    assert log == ["f", "g", *"ffff", *"gggg", *"ffff", *"gggg"]


def test_the_ratio_is_of_the_second_to_the_first(clock: Clock):
    def f() -> None:
        clock.now_s += 0.5

    def g() -> None:
        clock.now_s += 1.5

    found = jaxplore.compare_times(f, g, repeat=8)
    assert (found.ratio, found.ratios) == (3.0, (3.0,) * 8)
    assert (found.first.function, found.second.function) == ("f", "g")
    assert found.verdict == "B takes 3 times as long as A (median; quartiles 3 to 3; 8 pairs)"
    assert len(jaxplore.compare_times(f, g).ratios) == 1
    clock.now_s = 0.0
    assert jaxplore.compare_times(lambda: None, lambda: None, repeat=1, number=1).ratio == 0.0


def test_the_users_own_ledger_sees_what_is_compiled():
    f = jax.jit(lambda a: a - 1)
    x = jnp.arange(13.0)
    with jaxplore.observe() as ledger:
        timed = jaxplore.time(f, x, repeat=1, number=1)
        assert jaxplore.ledger() is ledger
    [row] = ledger
    assert timed.compiles == (row,)
    assert row.call_site is not None
    assert row.call_site.text == "jaxplore.time(f, x, repeat=1, number=1)"


def test_a_compile_is_explained_by_what_the_open_ledger_knows():
    f = jax.jit(lambda a: a - 1)
    with jaxplore.observe():
        f(np.ones(3))
        timed = jaxplore.time(f, np.ones(4), repeat=1, number=1)
    assert [row.cause for row in timed.compiles] == ["R02"]


def test_nothing_is_observed_afterwards():
    jaxplore.time(lambda: None, repeat=1, number=1)
    with pytest.raises(JaxploreError, match="nothing is being observed"):
        jaxplore.ledger()


def test_nothing_is_kept_alive():
    x = jnp.ones(17) + 1

    def f(a: Any) -> Any:
        return {"y": a * 3}

    timed = jaxplore.time(f, x, repeat=2, number=2)
    ends = [weakref.ref(x), weakref.ref(f)]
    del x, f
    gc.collect()
    assert [end() for end in ends] == [None, None]
    assert timed.function == "f"


def test_no_result_lives_on_while_the_next_is_computed():
    alive: list[Any] = []

    def f() -> Any:
        assert not any(end() is not None for end in alive)
        result = jax.device_put(np.ones(3))
        alive.append(weakref.ref(result))
        return result

    jaxplore.time(f, repeat=2, number=3)
    assert len(alive) == 13


def test_garbage_is_not_collected_in_the_runs():
    seen: list[bool] = []
    jaxplore.time(lambda: seen.append(gc.isenabled()), repeat=1, number=2)
    assert seen == [True, *[False] * 4]
    gc.disable()
    try:
        jaxplore.time(lambda: None, repeat=1, number=1)
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (partial(partial(sum), [1]), "sum"),
        (np.sin, "sin"),
        (type("Model", (), {"__call__": int}), "Model"),
    ],
)
def test_what_is_timed_has_a_name(f: Any, name: str):
    args = (1.0,) if f is np.sin else ()
    assert jaxplore.time(f, *args, repeat=1, number=1).function == name


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"f": 3},
            "Cannot time what cannot be called.\nGot: int\n"
            "Do: pass a function and its arguments: `jaxplore.time(f, x)`, not `f(x)`.",
        ),
        *(
            (
                {"f": len, name: value},
                f"`{name}` is how often to measure: a whole number from 1.\nGot: {value!r}\n"
                f"Do: pass `{name}=7`, say; an argument of the function that has this name can "
                "be passed in a lambda.",
            )
            for name in ("repeat", "number")
            for value in (0, -1, 2.5, True, "7")
        ),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], said: str):
    f = given.pop("f")
    with pytest.raises(JaxploreError) as caught:
        jaxplore.time(f, **given)
    assert str(caught.value) == said
    if given == {}:
        with pytest.raises(JaxploreError, match="cannot be called"):
            jaxplore.compare_times(len, f)


def test_progress_is_told_between_the_repeats():
    told: list[tuple[int, int]] = []
    measuring.measure(
        [measuring.Timed.made("f", lambda: None, {})],
        repeat=3,
        number=1,
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


SCRIPT = """
import jax, jax.numpy as jnp, jaxplore
from jaxplore.capture.compiles.timing import _steps
mesh = jax.make_mesh((4,), ("d",))
with jax.set_mesh(mesh):
    x = jax.device_put(jnp.ones(8), jax.NamedSharding(mesh, jax.P("d")))
    timed = jaxplore.time(jax.jit(jnp.sin), x, repeat=2, number=2)
    print(len(timed.runs), len(_steps()))
    for device, step in _steps():
        print(step(jax.device_put(jnp.float32(1), device)).devices() == {device})
print("IPython" in __import__("sys").modules)
"""


def test_a_script_under_a_mesh_of_several_devices():
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        env={**os.environ, **flags},
        check=False,
    )
    assert (ran.stdout.split(), ran.stderr) == (["2", "4", *["True"] * 4, "False"], "")
