"""A fault in the details of one equation shows in that equation's row only."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import Primitive

import jaxplore
from jaxplore.model.program import Program

X = jnp.ones((2, 3))


def looked_at(f: Any, /, *args: Any) -> Program:
    return jaxplore.program(f, *args, stages=("jaxpr",))


scaled = Primitive("named_by_fault_tests")
scaled.def_abstract_eval(lambda x, **_: x)


class Hostile:
    """A parameter whose every question raises."""

    def __init__(self, *, hashes: bool) -> None:
        self._hashes = hashes

    def __hash__(self) -> int:
        if not self._hashes:
            raise RuntimeError("hash")
        return 3

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __repr__(self) -> str:
        raise RuntimeError("repr")


class HostileNumber(int):
    def __repr__(self) -> str:
        raise RuntimeError("repr")


@pytest.mark.parametrize(
    ("by", "text"),
    [
        (Hostile(hashes=False), "by=<Hostile>"),
        (Hostile(hashes=True), "by=<Hostile>"),
        (HostileNumber(3), "by=<HostileNumber>"),
        (np.ones(2), "by=[1. 1.]"),
    ],
    ids=["no hash", "no equality", "a number", "an array"],
)
def test_a_parameter_that_fails_shows_in_its_own_row_only(by: Any, text: str):
    jaxpr = jax.make_jaxpr(lambda x: jnp.sin(scaled.bind(scaled.bind(x, by=1), by=2)))(X)
    # JAX itself asks parameters, so they become hostile only now.
    for equation in jaxpr.eqns[:2]:
        equation.params["by"] = by
    rows = looked_at(jaxpr).equations
    assert [(e.primitive, e.parameters, e.flops) for e in rows] == [
        ("named_by_fault_tests", text, 0),
        ("named_by_fault_tests", text, 0),
        ("sin", "", 6),
    ]


@pytest.mark.parametrize(
    ("module", "name", "told"),
    [
        ("flops", "own", "<flops: ZeroDivisionError>"),
        ("words", "meaning", "<meaning: ZeroDivisionError>"),
        ("jaxprs", "parameters_text", "<parameters: ZeroDivisionError>"),
    ],
)
def test_a_fault_in_the_details_of_one_equation_shows_in_its_row_only(
    module: str, name: str, told: str, monkeypatch: pytest.MonkeyPatch
):
    from jaxplore.capture.programs import details

    owner = getattr(details, module)
    original = getattr(owner, name)
    whole = looked_at(lambda x: jnp.cos(x).sum(0) + 1.0, X)

    def fails(asked: Any) -> Any:
        if getattr(asked, "primitive", None) is not None and asked.primitive.name != "reduce_sum":
            return original(asked)
        if isinstance(asked, dict) and "axes" not in asked:
            return original(asked)
        raise ZeroDivisionError

    monkeypatch.setattr(owner, name, fails)
    rows = looked_at(lambda x: jnp.cos(x).sum(0) + 1.0, X).equations
    assert told in rows[1].parameters
    assert [e.primitive for e in rows] == ["cos", "reduce_sum", "add"]
    for place in (0, 2):
        mine, theirs = rows[place], whole.equations[place]
        assert (mine.parameters, mine.meaning, mine.flops, mine.bytes) == (
            theirs.parameters,
            theirs.meaning,
            theirs.flops,
            theirs.bytes,
        )


def test_a_loop_whose_cost_cannot_be_told_shows_in_its_row_only(monkeypatch: pytest.MonkeyPatch):
    from jaxplore.capture.programs import flops

    def fails(_equation: Any, _position: int) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(flops, "times", fails)
    program = looked_at(lambda x: jax.lax.scan(lambda c, _: (c * 2, None), x, length=3)[0], X)
    [scan, mul] = program.equations
    assert (scan.parameters.rpartition(" ")[0].endswith("<flops:"), mul.flops) == (True, 6)
    assert [region.runs for region in program.regions] == [1, None]


class OddType:
    """What a library's own type may be like."""

    shape = property(lambda self: 1 / 0)
    __hash__ = None

    def str_short(self, *_: Any, **__: Any) -> str:
        return "odd"


def test_a_type_that_cannot_be_read_is_named_by_its_class():
    jaxpr = jax.make_jaxpr(lambda x: jnp.sin(jnp.cos(x)))(X)
    opened = getattr(jaxpr, "jaxpr", jaxpr)
    opened.eqns[0].outvars[0].aval = OddType()
    program = looked_at(jaxpr)
    assert [value.dtype for value in program.values] == ["float32", "OddType", "float32"]
    assert [e.primitive for e in program.equations] == ["cos", "sin"]
