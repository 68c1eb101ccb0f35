"""Values that are compiled in, wherever they are passed: in containers, in `**kw`, in classes."""

import dataclasses
import fractions
import functools
from collections import namedtuple
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P

from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger

X3, X4, M = jnp.ones(3), jnp.ones(4), jnp.ones((4, 3))


def rows(ledger: Ledger) -> list[Compile]:
    return [row for row in ledger if not row.is_operation]


def changes(row: Compile) -> list[tuple[str, str, str]]:
    return [(change.path, change.before, change.now) for change in row.changes]


# --- a user's __repr__ ----------------------------------------------------------------------


class Aux:
    def __init__(self, value: int) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Aux) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        raise RuntimeError("the user's __repr__ has run")


class PrintingAux(Aux):
    def __repr__(self) -> str:
        print("the user's __repr__ has run")
        return "PrintingAux"


class Node:
    def __init__(self, weight: Any, aux: Any) -> None:
        self.weight, self.aux = weight, aux


jax.tree_util.register_pytree_node(
    Node, lambda node: ((node.weight,), node.aux), lambda aux, parts: Node(parts[0], aux)
)


@pytest.mark.parametrize("kind", [Aux, PrintingAux])
def test_a_repr_of_the_user_is_never_run(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], kind: Callable[[int], Any]
):
    f = jax.jit(lambda node: node.weight)
    f(Node(X3, kind(1)))
    f(Node(X4, kind(1)))
    f(Node(X4, kind(2)))
    assert [row.cause for row in rows(ledger)] == ["R01", "R02", "R14"]
    assert capsys.readouterr() == ("", "")


# --- data beside the arrays of a container --------------------------------------------------


@functools.partial(
    jax.tree_util.register_dataclass, data_fields=["weight"], meta_fields=["act", "times"]
)
@dataclasses.dataclass
class Layer:
    weight: jax.Array
    act: str = "relu"
    times: int = 1


def dataclass_text() -> None:
    f = jax.jit(lambda model, x: model.weight * x)
    f(Layer(X3, "relu"), X3)
    f(Layer(X3, "gelu"), X3)


def dataclass_number() -> None:
    f = jax.jit(lambda model, x: model.weight * x * model.times)
    f(Layer(X3, times=41), X3)
    f(Layer(X3, times=42), X3)


def dataclass_in_a_list() -> None:
    f = jax.jit(lambda model, x: model[0].weight * x)
    f([Layer(X3, "relu")], X3)
    f([Layer(X3, "gelu")], X3)


def registered_node() -> None:
    f = jax.jit(lambda model: model.weight)
    f(Node(X3, "relu"))
    f(Node(X3, "gelu"))


def equinox_field() -> None:
    import equinox as eqx

    class Net(eqx.Module):
        weight: jax.Array
        times: int = eqx.field(static=True)

    f = jax.jit(lambda model, x: model.weight * x * model.times)
    f(Net(X3, 41), X3)
    f(Net(X3, 42), X3)


def equinox_field_in_filter_jit() -> None:
    import equinox as eqx

    class Net(eqx.Module):
        weight: jax.Array
        times: int = eqx.field(static=True)

    @eqx.filter_jit
    def apply(model, x):
        return model.weight * x * model.times

    apply(Net(X3, 41), X3)
    apply(Net(X3, 42), X3)


def nnx_mode() -> None:
    import flax.nnx as nnx

    dropout = nnx.Dropout(0.5, rngs=nnx.Rngs(0))

    @nnx.jit
    def apply(model, x):
        return model(x)

    apply(dropout, M)
    dropout.eval()
    apply(dropout, M)


@pytest.mark.parametrize(
    ("scenario", "before", "now"),
    [
        (dataclass_text, "relu", "gelu"),
        (dataclass_number, "41", "42"),
        (dataclass_in_a_list, "relu", "gelu"),
        (registered_node, "relu", "gelu"),
        (equinox_field, "41", "42"),
        (nnx_mode, "False", "True"),
    ],
)
def test_data_beside_the_arrays_is_named(
    ledger: Ledger, scenario: Callable[[], None], before: str, now: str
):
    scenario()
    row = rows(ledger)[-1]
    assert (row.cause, row.avoidable) == ("R14", False)
    [(path, old, new)] = changes(row)
    assert path.startswith("model") and before in old and now in new
    assert "model" in row.explanation


# --- in **kw and *args ----------------------------------------------------------------------


def test_a_static_value_in_kw_has_its_name(ledger: Ledger):
    traced: list[bool] = []

    @functools.partial(jax.jit, static_argnames="train")
    def f(x, **kw):
        traced.append(kw["train"])
        return x * 2 if kw["train"] else x

    f(X3, train=True)
    f(X3, train=False)
    f(X3, train=True)
    assert traced == [True, False]
    first, second = rows(ledger)
    assert (first.cause, second.cause, second.avoidable) == ("R01", "R06", False)
    assert changes(second) == [("kw['train']", "True", "False")]
    assert "kw['train']: True -> False" in second.explanation


def test_a_static_value_in_varargs_has_its_place(ledger: Ledger):
    f = jax.jit(lambda *a: a[0] * a[1], static_argnums=1)
    f(X3, 2)
    f(X3, 3)
    row = rows(ledger)[-1]
    assert (row.cause, changes(row)) == ("R06", [("a[1]", "2", "3")])


# --- the text of a value --------------------------------------------------------------------

Pair = namedtuple("Pair", "a b")


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    width: int


DEVICES = jax.devices()[:2]

TEXTS: list[tuple[object, object, str, str]] = [
    (np.int64(2), np.int64(3), "np.int64(2)", "np.int64(3)"),
    (np.float32(2), np.float32(3), "np.float32(2.0)", "np.float32(3.0)"),
    (range(3), range(4), "range(0, 3)", "range(0, 4)"),
    (PurePosixPath("a"), PurePosixPath("b"), "PurePosixPath('a')", "PurePosixPath('b')"),
    (fractions.Fraction(1, 2), fractions.Fraction(1, 3), "Fraction(1, 2)", "Fraction(1, 3)"),
    (Slotted(1), Slotted(2), "Slotted(width=1)", "Slotted(width=2)"),
    (Pair(1, 2), Pair(1, 3), "Pair(a=1, b=2)", "Pair(a=1, b=3)"),
    (
        functools.partial(jnp.sum, axis=0),
        functools.partial(jnp.sum, axis=1),
        "partial(sum, axis=0)",
        "partial(sum, axis=1)",
    ),
    ((1,), (2,), "(1,)", "(2,)"),
    ((), (2,), "()", "(2,)"),
    (DEVICES[0], DEVICES[1], str(DEVICES[0]), str(DEVICES[1])),
    (np.dtype("int32"), np.dtype("float32"), "int32", "float32"),
]


@pytest.mark.parametrize(("old", "new", "before", "now"), TEXTS, ids=[t[2] for t in TEXTS])
def test_a_static_value_shows_what_it_is(
    ledger: Ledger, old: object, new: object, before: str, now: str
):
    f = jax.jit(lambda x, value: x, static_argnums=1)
    f(X3, old)
    f(X3, new)
    row = rows(ledger)[-1]
    assert row.cause == "R06"
    [(path, was, now_is)] = changes(row)
    assert (path, was, now_is) == ("value", before, now)


def test_a_partition_spec_shows_its_axes(ledger: Ledger):
    f = jax.jit(lambda x, spec: x, static_argnums=1)
    f(X3, P("batch"))
    f(X3, P("model"))
    row = rows(ledger)[-1]
    [(path, before, now)] = changes(row)
    assert (row.cause, path) == ("R06", "spec")
    assert "'batch'" in before and "'model'" in now


def test_a_field_of_an_equinox_module_is_shown(ledger: Ledger):
    equinox_field_in_filter_jit()
    row = rows(ledger)[-1]
    assert (row.cause in ("R06", "R14"), row.avoidable) == (True, False)
    assert any("41" in c.before and "42" in c.now for c in row.changes)


def test_a_function_of_jaxs_shows_its_name_and_no_address(ledger: Ledger):
    f = jax.jit(lambda act, x: act(x), static_argnums=0)
    f(jnp.tanh, X3)
    f(jax.nn.relu, X3)
    row = rows(ledger)[-1]
    [(path, _, now)] = changes(row)
    assert (row.cause, path) == ("R06", "act")
    assert "relu" in now and "0x" not in now


def test_nobody_is_told_to_edit_partial(ledger: Ledger):
    f = jax.jit(lambda act, x: act(x), static_argnums=0)
    kept = [functools.partial(jnp.sum, axis=0) for _ in range(2)]
    for act in kept:
        f(act, X3)
    row = rows(ledger)[-1]
    assert row.cause in ("R06", "R07")
    assert "decorate" not in row.advice


class Config:
    def __init__(self, width: int) -> None:
        self.width = width


@dataclasses.dataclass(eq=False)
class IdentityConfig:
    width: int


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda: Config(1), "R07"),
        (lambda: IdentityConfig(1), "R07"),
        (lambda: float("nan"), "R06"),
    ],
    ids=["Config", "IdentityConfig", "nan"],
)
def test_identity_is_blamed_for_equal_texts_of_the_users_classes(
    ledger: Ledger, make: Callable[[], object], cause: str
):
    f = jax.jit(lambda x, value: x, static_argnums=1)
    kept = [make(), make()]  # alive at once: two identities
    for value in kept:
        f(X3, value)
    assert [row.cause for row in rows(ledger)] == ["R01", cause]


def test_identity_is_not_blamed_for_another_value(ledger: Ledger):
    f = jax.jit(lambda x, value: x, static_argnums=1)
    f(X3, Config(1))
    f(X3, Config(2))
    row = rows(ledger)[-1]
    assert (row.cause, changes(row)) == (
        "R06",
        [("value", "Config(width=1)", "Config(width=2)")],
    )


@pytest.mark.parametrize(
    ("old", "new", "says_array"), [(1, 2, True), (1.0, 2.0, True), ("a", "b", False)]
)
def test_only_a_number_can_become_an_array(
    ledger: Ledger, old: object, new: object, says_array: bool
):
    f = jax.jit(lambda x, mode: x, static_argnums=1)
    f(X3, old)
    f(X3, new)
    row = rows(ledger)[-1]
    assert (row.cause, "array" in row.advice) == ("R06", says_array)


def test_other_differences_are_in_the_details(ledger: Ledger):
    f = jax.jit(lambda x, n: x * n, static_argnums=1)
    f(X3, 1)
    f(X4, 2)
    row = rows(ledger)[-1]
    told = [detail for detail in row.details if detail.startswith("also different: ")]
    everything = " ".join([row.explanation, *told])
    assert told, row.details
    for text in ("n", "1 -> 2", "x", "f32[3] -> f32[4]"):
        assert text in everything
