"""A row of a ledger gives its program, as long as JAX keeps it, and keeps nothing itself."""

import gc
import time
import weakref
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.capture.compiles.alive import AlivePrograms
from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger

V3, V4 = jnp.ones(3), jnp.ones(4)


@pytest.fixture
def ledger(quiet_lines: list[str]) -> Iterator[Ledger]:
    with jaxplore.observe() as ledger:
        yield ledger


def jitted(ledger: Ledger) -> list[Compile]:
    return [row for row in ledger if row.kind != "eager"]


def test_a_row_gives_the_program_that_was_compiled(ledger: Ledger):
    f = jax.jit(lambda x: jnp.sin(x) * 2.0)
    f(V3)
    compiles = len(ledger)
    program = jitted(ledger)[0].program()
    assert [e.primitive for e in program.equations] == ["sin", "mul"]
    assert [e.span.text for e in program.equations if e.span] == ["jnp.sin(x)", "jnp.sin(x) * 2.0"]
    assert list(program.stages) == ["jaxpr", "hlo"]
    # The very executable, with its links, and nothing was compiled for it.
    assert (
        program.stages["hlo"].text.startswith("HloModule jit__lambda")
        and program.stages["hlo"].links
    )
    assert len(ledger) == compiles
    assert jaxplore.program(jitted(ledger)[0]) == program
    assert jaxplore.explore(jitted(ledger)[0]).program == program


def test_a_recompile_differs_from_the_call_it_was_compared_with(ledger: Ledger):
    f = jax.jit(lambda x: jnp.sin(x) * 2.0)
    f(V3)
    f(jnp.ones((2, 2)))
    f(V4)
    row = jitted(ledger)[-1]
    found = row.diff()
    assert [str(one) for one in found.inputs] == ["x: f32[3] -> f32[4]"]
    assert found.counts == {"same": 0, "changed": 2, "added": 0, "removed": 0}
    story = jaxplore.why()
    assert story.diff().to_json() == found.to_json() == jaxplore.diff(row).to_json()
    assert jaxplore.diff(story).to_json() == found.to_json()
    assert story.program() == row.program()
    # XLA's own numbers stand beside.
    assert [one.name for one in found.costs][-2:] == ["XLA's flops", "XLA's bytes"]
    first, second, _ = jitted(ledger)
    assert [str(one) for one in jaxplore.diff(first, second).inputs] == ["x: f32[3] -> f32[2,2]"]


def test_a_program_that_is_gone_says_so(ledger: Ledger):
    f = jax.jit(lambda x: jnp.sin(x) * 2.0)
    f(V3)
    f(V4)
    del f
    gc.collect()
    with pytest.raises(jaxplore.JaxploreError) as raised:
        jitted(ledger)[-1].program()
    assert str(raised.value).split("\n") == [
        "The program of this compile is gone: JAX keeps it only as long as its function.",
        "Got: <lambda>: x: f32[3] -> f32[4], 2nd shape",
        "Do: call <lambda> again and use its new row, or give the function: "
        "jaxplore.explore(<lambda>, ...).",
    ]
    with pytest.raises(jaxplore.JaxploreError, match="that this compile was compared with is gone"):
        jitted(ledger)[-1].diff()


def test_a_first_call_has_nothing_to_be_compared_with(ledger: Ledger):
    f = jax.jit(lambda x: x + 1)
    f(V3)
    with pytest.raises(jaxplore.JaxploreError) as raised:
        jitted(ledger)[0].diff()
    assert str(raised.value).split("\n") == [
        "There is no earlier compile to compare this one with.",
        "Got: <lambda>: first call",
        "Do: name both: jaxplore.diff(jaxplore.ledger()[0], jaxplore.ledger()[1]).",
    ]


def test_what_was_compiled_ahead_of_time_was_not_seen(ledger: Ledger):
    compiled = jax.jit(lambda x: x * 3).lower(V3).compile()
    [row] = jitted(ledger)
    with pytest.raises(jaxplore.JaxploreError, match="was not seen: JAX compiled it ahead of time"):
        row.program()
    assert "hlo" in jaxplore.program(compiled).stages


def test_asking_for_a_program_keeps_nothing_alive(ledger: Ledger):
    class Scale:
        def __call__(self, x: Any) -> Any:
            return x * 2

    scale, x = Scale(), jnp.arange(5.0)
    f = jax.jit(scale)
    y = f(x)
    row = jitted(ledger)[-1]
    program, found = row.program(), jaxplore.diff(row, row)
    dead = [weakref.ref(one) for one in (scale, f, x, y)]
    del scale, f, x, y
    gc.collect()
    assert [ref() for ref in dead] == [None] * len(dead)
    assert found.is_empty and len(program.equations) == 1


def test_a_row_read_from_another_process_has_no_program(ledger: Ledger):
    f = jax.jit(lambda x: x + 1)
    f(V3)
    given = jitted(ledger)[0].to_json()
    assert given["compared_at_s"] is None
    # Its moment is no moment of this process.
    with pytest.raises(jaxplore.JaxploreError, match="is gone"):
        Compile(**{**given, "compile_at_s": 1.0, "changes": ()}).program()


class Jaxpr:
    """Something that can be referred to weakly."""


def test_only_the_newest_programs_are_known():
    programs, kept = AlivePrograms(), [Jaxpr() for _ in range(600)]
    for n, one in enumerate(kept):
        programs.put(float(n), one, one)
    assert programs.get(0.0, "f") is None and programs.get(87.0, "f") is None
    found = programs.get(88.0, "f")
    assert found is not None and found.jaxpr is kept[88] and found.fun_name == "f"
    del found, kept, one
    gc.collect()
    assert programs.get(599.0, "f") is None
    assert programs.get(None, "f") is None


def test_noting_a_program_costs_microseconds():
    programs, one = AlivePrograms(), Jaxpr()
    start = time.perf_counter()
    for n in range(10_000):
        programs.put(float(n), one, one)
    assert time.perf_counter() - start < 0.5  # 0.01 s where nothing else runs
