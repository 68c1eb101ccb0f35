"""A fault inside jaxplore never reaches the user's call; it is one quiet line."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.advise.compiles import causes
from jaxplore.capture import _hooks
from jaxplore.capture.compiles import callform, definition, miss, observer, placements
from jaxplore.capture.compiles.serials import Serials
from jaxplore.capture.compiles.settings import Settings
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.source import files, spans
from jaxplore.model.compiles import Compile

V3 = jnp.ones(3)

OBSERVER = observer.Observer
BUILDER = miss.MissBuilder
TABLE = spans.SpanTable
PLACES: list[tuple[Any, str]] = [
    (OBSERVER, "_enter_run"),
    (OBSERVER, "_leave_run"),
    (OBSERVER, "_enter_impl"),
    (OBSERVER, "_leave_impl"),
    (OBSERVER, "_claim_trace"),
    (OBSERVER, "_note_stage"),
    (OBSERVER, "_emit"),
    (BUILDER, "of_miss"),
    (BUILDER, "_record"),
    (miss, "_kind"),
    (miss, "_devices"),
    (miss, "sizes_now_or_later"),
    (miss, "argument"),
    (miss, "call_form"),
    (miss, "line_counts"),
    (miss, "options_of"),
    (definition, "code_of"),
    (definition, "_identity"),
    (definition, "_source"),
    (placements, "type_text"),
    (callform, "structure_of"),
    (Serials, "of"),
    (Settings, "read"),
    (jaxprs, "count_equations"),
    (TABLE, "of_frame"),
    (TABLE, "of_definition"),
    (TABLE, "_make"),
    (spans, "text_of"),
    (files, "owner"),
    (files, "display_name"),
    (files, "source_lines"),
    (_hooks, "is_eager_primitive"),
    (causes, "find_cause"),
    (causes.Explainer, "explain"),
]


class Planted(Exception):
    """Ours, so that it cannot be taken for the user's."""


def broken(*_: Any, **__: Any) -> Any:
    raise Planted("out of order")


@pytest.mark.parametrize(("holder", "name"), PLACES, ids=[name for _, name in PLACES])
def test_a_fault_of_ours_costs_one_quiet_line(
    holder: Any, name: str, monkeypatch: pytest.MonkeyPatch, quiet_lines: list[str]
):
    f = jax.jit(lambda x: jnp.cumsum(x) * 3)
    monkeypatch.setattr(holder, name, broken)
    with jaxplore.observe():
        assert f(V3).tolist() == [3, 6, 9]
    lines = [quiet_lines.pop() for _ in tuple(quiet_lines)]
    assert len(lines) == 1, lines
    assert lines[0].startswith("jaxplore could not ")
    assert lines[0].endswith("(Planted: out of order); your code was not affected")
    monkeypatch.undo()
    # And afterwards it observes again as if nothing had been.
    with jaxplore.observe() as ledger:
        f(jnp.ones(4))
    assert [row.cause for row in ledger if row.kind != "eager"] == ["R01"]


@pytest.mark.parametrize("name", ["find_cause", "Explainer.explain"])
def test_a_fault_in_the_explanation_keeps_the_row(
    name: str, monkeypatch: pytest.MonkeyPatch, quiet_lines: list[str]
):
    monkeypatch.setattr(f"jaxplore.advise.compiles.causes.{name}", broken)
    with jaxplore.observe() as ledger:
        jax.jit(lambda x: x * 4)(V3)
    [row] = ledger
    assert isinstance(row, Compile)
    assert (row.cause, row.explanation, row.call_site.text) == (
        "",
        "compiled",
        "jax.jit(lambda x: x * 4)(V3)",
    )
    quiet_lines.clear()


def test_a_fault_once_does_not_unbalance_what_follows(
    monkeypatch: pytest.MonkeyPatch, quiet_lines: list[str]
):
    """A miss whose beginning was not noted must not end somebody else's."""
    calls = {"n": 0}
    enter = OBSERVER._enter_impl

    def once(self: Any, *args: Any) -> None:
        calls["n"] += 1
        if calls["n"] == 1:
            raise Planted("out of order")
        enter(self, *args)

    monkeypatch.setattr(OBSERVER, "_enter_impl", once)
    with jaxplore.observe() as ledger:
        for _ in range(3):
            jax.jit(lambda x: x * 2)(V3)
    quiet_lines.clear()
    last = [row for row in ledger if row.kind == "trace"][-1]
    assert (last.cause, last.equations, bool(last.compile_s)) == ("R09", 1, True)


def test_a_fault_while_reporting_is_contained_too(monkeypatch: pytest.MonkeyPatch):
    from jaxplore import faults

    monkeypatch.setattr(faults.reporter, "write", broken)
    faults.reporter.forget()
    monkeypatch.setattr(miss, "argument", broken)
    with jaxplore.observe():
        assert jax.jit(lambda x: x * 5)(V3).tolist() == [5, 5, 5]
    faults.reporter.forget()


def test_an_interrupt_is_the_users_and_passes():
    from jaxplore.faults import contained

    with pytest.raises(KeyboardInterrupt), contained("draw"):
        raise KeyboardInterrupt


def test_the_same_line_is_written_once_until_a_new_cell(quiet_lines: list[str]):
    from jaxplore.faults import contained, reporter

    for _ in range(3):
        with contained("draw"):
            raise ValueError("a\n b")
    assert quiet_lines == ["jaxplore could not draw (ValueError: a b); your code was not affected"]
    reporter.forget()
    with contained("draw"):
        raise ValueError("a b")
    assert len(quiet_lines) == 2
    quiet_lines.clear()


def test_an_argument_with_a_hostile_repr_breaks_nothing(quiet_lines: list[str]):
    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError("no repr")

        def __eq__(self, other: object) -> bool:
            return self is other

        def __hash__(self) -> int:
            return 1

    f = jax.jit(lambda x, how: x * 2, static_argnums=1)
    with jaxplore.observe() as ledger:
        assert f(V3, Hostile()).tolist() == [2, 2, 2]
    assert [row.cause for row in ledger if row.kind != "eager"] == ["R01"]


@pytest.mark.parametrize("attribute", ["__wrapped__", "static_text", "func"])
def test_a_callable_that_answers_every_attribute_breaks_nothing(
    attribute: str, quiet_lines: list[str]
):
    class Answers:
        def __getattr__(self, name: str) -> Any:
            if name == attribute:
                raise RuntimeError("no")
            raise AttributeError(name)

        def __call__(self, x: Any) -> Any:
            return x * 2

    with jaxplore.observe():
        try:
            plain: Any = jax.jit(Answers())(V3).tolist()
        except RuntimeError as fault:
            plain = repr(fault)
    quiet_lines.clear()
    try:
        expected: Any = jax.jit(Answers())(V3).tolist()
    except RuntimeError as fault:
        expected = repr(fault)
    assert plain == expected
