"""Function objects made from one text: made again, another of its kind, or edited."""

import contextlib
import functools
import gc
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import jax
import jax.monitoring
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.capture.source import files
from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger

X3, X4, M = jnp.ones(3), jnp.ones(4), jnp.ones((4, 3))


def rows(ledger: Ledger) -> list[Compile]:
    return [row for row in ledger if not row.is_operation]


def causes(ledger: Ledger) -> list[str]:
    return [row.cause for row in rows(ledger)]


def made(k: float) -> Callable[..., Any]:
    return jax.jit(lambda x: x * k)


# --- nothing changes by being observed ------------------------------------------------------


class Trainer:
    def step(self, x: Any) -> Any:
        return x * 2


@pytest.fixture
def no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def compiled() -> Iterator[list[str]]:
    events: list[str] = []

    def note(event: str, _seconds: float, **_: Any) -> None:
        if event.endswith("backend_compile_duration"):
            events.append(event)

    jax.monitoring.register_event_duration_secs_listener(note)
    yield events
    jax.monitoring.unregister_event_duration_listener(note)


@pytest.mark.usefixtures("no_gc")
def test_bound_methods_compile_as_often_as_unobserved(compiled: list[str], quiet_lines: list[str]):
    def count(observed: contextlib.AbstractContextManager[object]) -> int:
        jax.clear_caches()
        trainer, before = Trainer(), len(compiled)
        with observed:
            for _ in range(4):
                jax.jit(trainer.step)(X3)
        return len(compiled) - before

    plain = count(contextlib.nullcontext())
    assert count(jaxplore.observe()) == plain > 0


@pytest.mark.usefixtures("no_gc")
def test_nothing_stays_alive_that_was_observed(quiet_lines: list[str]):
    def run(refs: list[weakref.ref[Any]]) -> None:
        trainer, x = Trainer(), jnp.arange(7.0)
        y = jax.jit(trainer.step)(x)
        z = jax.grad(lambda v: jax.jit(trainer.step)(v).sum())(x)
        refs += [weakref.ref(one) for one in (trainer, x, y, z)]

    def alive(observed: contextlib.AbstractContextManager[object]) -> list[bool]:
        refs: list[weakref.ref[Any]] = []
        with observed:
            run(refs)
            return [ref() is not None for ref in refs]

    plain = alive(contextlib.nullcontext())
    assert alive(jaxplore.observe()) == plain


# --- objects made again ---------------------------------------------------------------------


def test_objects_are_counted_and_not_compiles(ledger: Ledger):
    one, other = made(2.0), made(3.0)
    one(X3)
    one(X4)
    other(X3)
    first, second, again = rows(ledger)
    assert [first.cause, second.cause, again.cause] == ["R01", "R02", "R09"]
    assert "2 so far" in again.explanation
    assert again.avoidable


def test_an_object_that_compiled_is_compared_with_itself(ledger: Ledger):
    functions = [made(k) for k in (1.0, 2.0, 3.0)]
    for f in functions:
        f(X3)
    for f in functions:
        f(X4)
    assert causes(ledger) == ["R01", "R09", "R09", "R02", "R02", "R02"]
    for row in rows(ledger)[3:]:
        assert [(c.path, c.before, c.now) for c in row.changes] == [("x", "f32[3]", "f32[4]")]


def other_types() -> None:
    made(1.0)(X3)
    made(2.0)(X4)


def other_structure() -> None:
    def make(model: Callable[..., Any]) -> Callable[..., Any]:
        return jax.jit(lambda p, x: model(p, x))

    make(lambda p, x: p["w"] * x)({"w": X3}, X3)
    make(lambda p, x: p["k"]["v"] + x)({"k": {"v": X3}}, X3)


def other_default() -> None:
    for f in [jax.jit(lambda x, k=k: x * k) for k in (2, 3)]:
        f(X3)


def other_partial() -> None:
    def scale(x: Any, t: int) -> Any:
        return x * t

    for t in (3, 4):
        jax.jit(functools.partial(scale, t=t))(X3)


def other_module() -> None:
    import flax.linen as nn

    for size in (2, 3):
        dense = nn.Dense(size)
        params = jax.eval_shape(dense.init, jax.random.key(0), M)
        params = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), params)
        jax.jit(dense.apply)(params, M)


@pytest.mark.parametrize(
    ("scenario", "types_differ"),
    [
        (other_types, True),
        (other_structure, True),
        (other_module, True),
        (other_default, False),
        (other_partial, False),
    ],
)
def test_another_object_called_in_another_way_is_another_function(
    ledger: Ledger, scenario: Callable[[], None], types_differ: bool
):
    scenario()
    first, another = rows(ledger)
    assert (first.cause, first.explanation) == ("R01", "first call")
    assert (another.cause, another.avoidable) == ("R01", False)
    assert another.explanation.startswith("first call of a")
    assert types_differ or "types" not in another.explanation


def test_another_object_called_in_the_same_way_is_made_again(ledger: Ledger):
    for size in (3, 4, 3, 4):
        made(1.0)(jnp.ones(size))
    assert causes(ledger) == ["R01", "R01", "R09", "R09"]


# --- equinox --------------------------------------------------------------------------------


def test_a_filter_jit_in_a_loop_makes_a_function_each_time(ledger: Ledger):
    import equinox as eqx

    for _ in range(2):
        eqx.filter_jit(lambda x: x * 2)(X3)
    assert causes(ledger) == ["R01", "R09"]


def test_two_filter_jit_functions_of_one_name_are_two(ledger: Ledger):
    import equinox as eqx

    def one():
        @eqx.filter_jit
        def step(x):
            return x + 1

        return step

    def other():
        @eqx.filter_jit
        def step(x):
            return x * 2

        return step

    for step in (one(), other()):
        step(X3)
    assert causes(ledger) == ["R01", "R01"]


def test_a_static_value_of_filter_jit_is_shown(ledger: Ledger):
    import equinox as eqx

    @eqx.filter_jit
    def scaled(x, n):
        return x * n

    scaled(X3, 2)
    scaled(X3, 3)
    row = rows(ledger)[-1]
    [change] = row.changes
    assert (row.cause, "2" in change.before, "3" in change.now) == ("R06", True, True)
    assert change.before != change.now


# --- one name, another text -----------------------------------------------------------------

BRANCHES = """
import jax
def make(plus):
    if plus:
        @jax.jit
        def act(x):
            return x + 1
    else:
        @jax.jit
        def act(x):
            return x - 1
    return act
first, second = make(True), make(False)
"""

TWICE = """
import jax
@jax.jit
def act(x):
    return x + 1
first = act
@jax.jit
def act(x):
    return x - 1
second = act
"""


@pytest.mark.parametrize("text", [BRANCHES, TWICE], ids=["branches", "twice"])
def test_two_definitions_of_one_file_are_two_functions(
    ledger: Ledger, user_module: Callable[..., ModuleType], text: str
):
    module = user_module(text)
    module.first(X3)
    module.second(X3)
    assert causes(ledger) == ["R01", "R01"]
    module.first(X4)
    module.second(X4)
    assert causes(ledger) == ["R01", "R01", "R02", "R02"]


# --- cells ----------------------------------------------------------------------------------


@pytest.fixture
def run_cell() -> Iterator[Callable[[int, str], None]]:
    space: dict[str, Any] = {"jax": jax, "X3": X3, "partial": functools.partial}

    def run(number: int, text: str) -> None:
        # ipykernel names the file after the text: the same text is the same file.
        file_name = f"/tmp/ipykernel_1/{abs(hash(text))}.py"
        files.cells.name(file_name, number, text)
        exec(compile(text, file_name, "exec"), space)

    yield run
    files.cells.clear()


STATIC_SELF = """
class Agent:
    def __init__(self, rate):
        self.rate = rate
    @partial(jax.jit, static_argnums=0)
    def update(self, x):
        return x * self.rate
agent = Agent(1.0)
agent.update(X3)
"""

STATIC_CONFIG = """
class Config:
    def __init__(self, width):
        self.width = width
config = Config(2)
@partial(jax.jit, static_argnums=1)
def step(x, config):
    return x * config.width
step(X3, config)
"""


@pytest.mark.parametrize("text", [STATIC_SELF, STATIC_CONFIG], ids=["self", "config"])
def test_a_cell_that_defines_a_class_and_runs_again_is_named(
    ledger: Ledger, run_cell: Callable[[int, str], None], text: str
):
    run_cell(2, text)
    run_cell(3, text)
    assert [(row.cell, row.cause) for row in rows(ledger)] == [(2, "R01"), (3, "R10")]
