"""Every cause of a compile as it happens to people: real JAX, one scenario each, and its cure.

A scenario's last compile has the cause; the cured twin does the same work and compiles
nothing more after its first call.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger

X2, X3, X4, M = jnp.ones(2), jnp.ones(3), jnp.ones(4), jnp.ones((4, 3))
I3, H3 = jnp.arange(3), jnp.ones(3, jnp.bfloat16)
DEVICE = jax.devices()[0]
DEVICES = ", ".join(str(device) for device in jax.devices()[:2])
MESH = Mesh(np.array(jax.devices()[:2]), ("x",))


def rows(ledger: Ledger) -> list[Compile]:
    return [row for row in ledger if not row.is_operation]


def add_all(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf + 1, tree)


# --- the scenarios: (what compiles first, what compiles again) in one call ----------------


def first_call() -> None:
    jax.jit(add_all)(X3)


def odd_batch() -> None:
    f = jax.jit(add_all)
    for batch in (M, M, M[:1]):
        f(batch)


def padded_batch() -> None:
    f = jax.jit(add_all)
    for batch in (M, M, jnp.zeros_like(M).at[:1].set(M[:1])):
        f(batch)


def other_dtype() -> None:
    f = jax.jit(add_all)
    f(X3)
    f(I3)


def one_dtype() -> None:
    f = jax.jit(add_all)
    f(X3)
    f(jnp.asarray(I3, jnp.float32))


def number_then_array() -> None:
    f = jax.jit(lambda t: t + 1)
    t = 0.0
    for _ in range(3):
        t = f(t) * jnp.float32(1)


def array_from_the_start() -> None:
    f = jax.jit(lambda t: t + 1)
    t = jnp.float32(0)
    for _ in range(3):
        t = f(t) * jnp.float32(1)


def kinds_of_number() -> None:
    f = jax.jit(lambda t: t + 1)
    for t in (1, 1.0, jnp.float32(1)):
        f(t)


def one_kind_of_number() -> None:
    f = jax.jit(lambda t: t + 1)
    for t in (1, 1.0, jnp.float32(1)):
        f(jnp.float32(t))


def static_values() -> None:
    f = jax.jit(lambda x, n: x * n, static_argnames="n")
    for n in range(3):
        f(X3, n)


def traced_values() -> None:
    f = jax.jit(lambda x, n: x * n)
    for n in range(3):
        f(X3, n)


class Config:
    def __init__(self, width: int) -> None:
        self.width = width


@dataclass(frozen=True)
class FrozenConfig:
    width: int


def static_object(kind: Callable[[int], Any]) -> None:
    f = jax.jit(lambda x, config: x * config.width, static_argnums=1)
    for _ in range(3):
        f(X3, kind(2))


def function_in_a_loop() -> None:
    for _ in range(3):
        jax.jit(lambda x: x * 2)(X3)


def function_before_the_loop() -> None:
    f = jax.jit(lambda x: x * 2)
    for _ in range(3):
        f(X3)


def scale(x: Any, s: float) -> Any:
    return x * s


def partial_in_a_loop() -> None:
    for _ in range(3):
        jax.jit(functools.partial(scale, s=2.0))(X3)


def partial_before_the_loop() -> None:
    f = jax.jit(functools.partial(scale, s=2.0))
    for _ in range(3):
        f(X3)


class Model:
    def step(self, x: Any) -> Any:
        return x * 2


def method_in_a_loop() -> None:
    for _ in range(3):
        jax.jit(Model().step)(X3)


def method_before_the_loop() -> None:
    step = jax.jit(Model().step)
    for _ in range(3):
        step(X3)


def body(carry: Any, x: Any) -> Any:
    return carry + x, None


def scan_with_a_fresh_body() -> None:
    for _ in range(3):
        jax.lax.scan(lambda carry, x: (carry + x, None), jnp.float32(0), X3)


def scan_with_a_named_body() -> None:
    for _ in range(3):
        jax.lax.scan(body, jnp.float32(0), X3)


def ways_to_pass() -> None:
    f = jax.jit(lambda x, y=1.0: x * y)
    f(X3, 1.0)
    f(X3, y=1.0)


def default_left_out() -> None:
    f = jax.jit(lambda x, y=1.0: x * y)
    f(X3, 1.0)
    f(X3)


def one_way_to_pass() -> None:
    f = jax.jit(lambda x, y=1.0: x * y)
    f(X3, y=1.0)
    f(X3, y=1.0)


def key_appears() -> None:
    f = jax.jit(add_all)
    f({"w": X3})
    f({"w": X3, "bn": X2})


def none_then_array() -> None:
    f = jax.jit(lambda x, state: x if state is None else x + state)
    f(X3, None)
    f(X3, X3)


def list_then_tuple() -> None:
    f = jax.jit(add_all)
    f([X3, X3])
    f((X3, X3))


def one_structure() -> None:
    f = jax.jit(add_all)
    f({"w": X3, "bn": X2})
    f({"bn": X2, "w": X3})


def precision() -> None:
    f = jax.jit(lambda a: a @ a.T)
    f(M)
    with jax.default_matmul_precision("float32"):
        f(M)


def one_precision() -> None:
    f = jax.jit(lambda a: a @ a.T)
    for _ in range(2):
        with jax.default_matmul_precision("float32"):
            f(M)


def wide_numbers() -> None:
    f = jax.jit(lambda t: t + 1)
    f(1.0)
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        f(1.0)


def pinned() -> None:
    f = jax.jit(add_all)
    f(X3)
    f(jax.device_put(X3, DEVICE))


def pinned_from_the_start() -> None:
    f = jax.jit(add_all)
    f(jax.device_put(X3, DEVICE))
    f(jax.device_put(X3, DEVICE))


def resharded() -> None:
    f = jax.jit(add_all)
    f(jax.device_put(X4, NamedSharding(MESH, P("x"))))
    f(jax.device_put(X4, NamedSharding(MESH, P())))


def one_sharding() -> None:
    f = jax.jit(add_all)
    for _ in range(2):
        f(jax.device_put(X4, NamedSharding(MESH, P("x"))))


def other_options() -> None:
    jax.jit(add_all)(X3 + 0)
    jax.jit(add_all, donate_argnums=0)(X3 + 0)


def same_options() -> None:
    for _ in range(2):
        jax.jit(add_all, donate_argnums=0)(X3 + 0)


def gradient_of_jitted() -> None:
    f = jax.jit(lambda x: jnp.sin(x) * 2)
    f(X3)
    jax.grad(lambda x: f(x).sum())(X3)


def jitted_gradient() -> None:
    f = jax.jit(jax.grad(lambda x: (jnp.sin(x) * 2).sum()))
    f(X3)
    f(X3)


def batched_jitted() -> None:
    f = jax.jit(lambda x: jnp.sin(x) * 2)
    f(X3)
    jax.vmap(f)(M)


def emptied() -> None:
    f = jax.jit(add_all)
    f(X3)
    jax.clear_caches()
    f(X3)


def forgotten() -> None:
    f = jax.jit(add_all)
    f(X3)
    f.clear_cache()
    f(X3)


FILE = Path(__file__).name
CASES: list[tuple[str, Callable[[], None], str, tuple[tuple[str, str, str], ...]]] = [
    ("R01", first_call, "first call", ()),
    (
        "R02",
        odd_batch,
        "tree: f32[4,3] -> f32[1,3], 2nd shape",
        (("tree", "f32[4,3]", "f32[1,3]"),),
    ),
    ("R03", other_dtype, "tree: f32[3] -> i32[3]", (("tree", "f32[3]", "i32[3]"),)),
    (
        "R04",
        number_then_array,
        "t: a Python number (weak f32[]) before, an array (f32[]) now",
        (("t", "weak f32[]", "f32[]"),),
    ),
    (
        "R05",
        kinds_of_number,
        "t: 3 kinds of number so far: Python int, Python float, f32[]",
        (("t", "weak f32[]", "f32[]"),),
    ),
    (
        "R06",
        static_values,
        "static n: 1 -> 2, 3 values so far = 3 executables",
        (("n", "1", "2"),),
    ),
    (
        "R07",
        functools.partial(static_object, Config),
        "static config: a new Config object each time compares unequal, 3 so far",
        (("config", "Config(width=2)", "Config(width=2)"),),
    ),
    ("R09", function_in_a_loop, f"{FILE} line LINE makes a new function each call, 3 so far", ()),
    (
        "R09",
        partial_in_a_loop,
        "a new functools.partial of `scale` is made for each call, 3 so far",
        (),
    ),
    (
        "R09",
        method_in_a_loop,
        "jit gets the bound method `step` of another object each time, 3 so far",
        (),
    ),
    (
        "R12",
        scan_with_a_fresh_body,
        "outside jit: its body `<lambda> line LINE` is traced and compiled anew each call, "
        "3 so far",
        (),
    ),
    (
        "R13",
        ways_to_pass,
        "y was given as a position, now as a keyword",
        (("call", "<lambda>(x, y)", "<lambda>(x, y=...)"),),
    ),
    (
        "R13",
        default_left_out,
        "y was given as a position, now as its default",
        (("call", "<lambda>(x, y)", "<lambda>(x)"),),
    ),
    (
        "R14",
        key_appears,
        "tree['bn'] appeared",
        (("tree['bn']", "", "f32[2]"),),
    ),
    (
        "R14",
        none_then_array,
        "state appeared",
        (("state", "", "f32[3]"),),
    ),
    ("R14", list_then_tuple, "tree: [*, *] -> (*, *)", (("tree", "[*, *]", "(*, *)"),)),
    (
        "R15",
        precision,
        "jax_default_matmul_precision changed: None -> float32",
        (("jax_default_matmul_precision", "None", "float32"),),
    ),
    (
        "R15",
        wide_numbers,
        "jax_enable_x64 changed: False -> True",
        (("jax_enable_x64", "False", "True"), ("t", "weak f32[]", "weak f64[]")),
    ),
    (
        "R16",
        pinned,
        f"tree: same type, uncommitted before, committed to {DEVICE} now",
        (("tree", "uncommitted", str(DEVICE)),),
    ),
    (
        "R17",
        resharded,
        f"tree: same type, P('x',) on {DEVICES} -> P() on {DEVICES}",
        (("tree", f"P('x',) on {DEVICES}", f"P() on {DEVICES}"),),
    ),
    (
        "R18",
        other_options,
        "jit with other options: donated arguments: none -> tree",
        (("donated arguments", "", "tree"),),
    ),
    (
        "R19",
        gradient_of_jitted,
        "its backward pass, not <lambda> again",
        (),
    ),
    ("R19", batched_jitted, "its batched form, not <lambda> again", ()),
    ("R20", emptied, f"caches were emptied in {FILE} line LINE (jax.clear_caches), compile 2", ()),
    (
        "R20",
        forgotten,
        "compiled before for the same types; nothing that jaxplore can see differs, compile 2",
        (),
    ),
]


@pytest.mark.parametrize(
    ("cause", "scenario", "explanation", "changes"),
    CASES,
    ids=[f"{c[0]}-{getattr(c[1], '__name__', 'static_object')}" for c in CASES],
)
def test_a_cause_is_named(
    ledger: Ledger,
    cause: str,
    scenario: Callable[[], None],
    explanation: str,
    changes: tuple[tuple[str, str, str], ...],
):
    scenario()
    row = rows(ledger)[-1]
    found = tuple((change.path, change.before, change.now) for change in row.changes)
    said = row.explanation
    if "LINE" in explanation:
        said = re.sub(r"line \d+", "line LINE", said)
    assert (row.cause, said, found) == (cause, explanation, changes)
    assert cause == "R01" or row.advice


CURED: list[tuple[str, Callable[[], None]]] = [
    ("R02", padded_batch),
    ("R03", one_dtype),
    ("R04", array_from_the_start),
    ("R05", one_kind_of_number),
    ("R06", traced_values),
    ("R07", functools.partial(static_object, FrozenConfig)),
    ("R09", function_before_the_loop),
    ("R09", partial_before_the_loop),
    ("R09", method_before_the_loop),
    ("R12", scan_with_a_named_body),
    ("R13", one_way_to_pass),
    ("R14", one_structure),
    ("R15", one_precision),
    ("R16", pinned_from_the_start),
    ("R17", one_sharding),
    ("R18", same_options),
    ("R19", jitted_gradient),
]


@pytest.mark.parametrize(("cause", "scenario"), CURED)
def test_following_the_advice_saves_the_compile(
    ledger: Ledger, cause: str, scenario: Callable[[], None]
):
    scenario()
    first = "R21" if cause == "R12" else "R01"
    assert [row.cause for row in rows(ledger)] == [first]


def test_a_shape_is_never_blamed_on_a_setting(ledger: Ledger):
    f = jax.jit(lambda a: a @ a.T)
    f(M)
    with jax.default_matmul_precision("float32"):
        f(M)
    f(M[:2])
    row = rows(ledger)[-1]
    assert (row.cause, [c.path for c in row.changes]) == ("R02", ["a"])


def test_a_shape_is_never_blamed_on_a_structure(ledger: Ledger):
    f = jax.jit(add_all)
    f({"w": X3})
    f({"w": X3, "b": X3})
    f({"w": X4})
    row = rows(ledger)[-1]
    assert (row.cause, row.explanation) == ("R02", "tree['w']: f32[3] -> f32[4], 2nd shape")


def test_the_nearest_key_is_named_in_both_orders(ledger: Ledger):
    for f, first, second in (
        (jax.jit(lambda x: x + 1), X4, X3),
        (jax.jit(lambda y: y + 1), X3, X4),
    ):
        f(first)
        f(second)
        f(jnp.arange(4))
        row = rows(ledger)[-1]
        assert (row.cause, [(c.before, c.now) for c in row.changes]) == (
            "R03",
            [("f32[4]", "i32[4]")],
        )


def test_every_earlier_key_is_compared(ledger: Ledger):
    f = jax.jit(lambda x, y: (x, y))
    f(jnp.ones(3), jnp.ones(7))
    for size in range(10, 100):
        f(jnp.ones(size), jnp.ones(size))
    f(jnp.ones(3), jnp.ones(8))
    [change] = rows(ledger)[-1].changes
    assert (change.path, change.before, change.now) == ("y", "f32[7]", "f32[8]")


def test_the_path_in_a_tree_is_named(ledger: Ledger):
    f = jax.jit(add_all)
    f({"bn": {"scale": X3, "bias": X3}, "w": M})
    f({"bn": {"scale": X4, "bias": X3}, "w": M})
    row = rows(ledger)[-1]
    assert [c.path for c in row.changes] == ["tree['bn']['scale']"]


def test_a_growing_array_gets_its_own_advice(ledger: Ledger):
    f = jax.jit(add_all)
    for size in (3, 4, 5):
        f(jnp.ones(size))
    row = rows(ledger)[-1]
    assert "`tree` grows on axis 0 (3, 4, 5)" in row.advice
    assert row.advice.startswith(f"{FILE} line ")
    assert row.details[0] == "types of tree compiled for: f32[3] x1, f32[4] x1, f32[5] x1"


def test_a_module_edited_and_reloaded_shows_what_changed(
    ledger: Ledger, user_module: Callable[..., ModuleType], tmp_path: Path
):
    text = "import jax\n@jax.jit\ndef f(x):\n    return x * {}\n"
    module = user_module(text.format(2), "edited_model")
    module.f(X3)
    path = tmp_path / "edited_model.py"
    path.write_text(text.format(30), encoding="utf-8")
    module.__spec__.loader.exec_module(module)
    module.f(X3)
    module.__spec__.loader.exec_module(module)
    module.f(X3)
    edited, again = rows(ledger)[-2:]
    assert (edited.cause, edited.explanation) == ("R11", "its source changed: line 3")
    assert [(c.path, c.before, c.now) for c in edited.changes] == [
        ("line 3 of f", "return x * 2", "return x * 30")
    ]
    assert (again.cause, again.explanation) == (
        "R11",
        "its module was loaded again, with the same source, compile 3",
    )


def test_the_backward_pass_is_told_from_the_function(ledger: Ledger):
    gradient_of_jitted()
    assert [(row.cause, row.variant) for row in rows(ledger)] == [
        ("R01", ""),
        ("R19", "forward"),
        ("R19", "backward"),
    ]


def test_avoidable_is_all_but_the_first_per_needed_type(ledger: Ledger):
    function_in_a_loop()
    odd_batch()
    number_then_array()
    assert [row.avoidable for row in rows(ledger)] == [False, True, True, False, False, False, True]


def test_one_op_compiles_are_rolled_into_their_line(ledger: Ledger):
    jnp.cos(jnp.ones(11)) + jnp.ones(11)
    eager = [row for row in ledger if row.kind == "eager"]
    assert {row.cause for row in eager} == {"R21"}
    assert len({row.call_site.line for row in eager}) == 1


def test_a_jitted_gradient_is_another_function(ledger: Ledger):
    loss = jax.jit(lambda w: (w**2).sum())
    loss(X3)
    jax.jit(jax.grad(loss))(X3)
    jax.jit(jax.vmap(jax.grad(loss)))(M)
    assert [(row.cause, row.explanation) for row in rows(ledger)] == [
        ("R01", "first call"),
        ("R01", "first call of jax.grad of <lambda>"),
        ("R01", "first call of jax.vmap of jax.grad of <lambda>"),
    ]


def test_a_partial_and_its_function_are_two(ledger: Ledger):
    jax.jit(functools.partial(scale, s=2.0))(X3)
    jax.jit(scale)(X3, 2.0)
    assert [row.cause for row in rows(ledger)] == ["R01", "R01"]


def test_a_default_that_cannot_be_hashed_loses_nothing(ledger: Ledger):
    f = jax.jit(lambda x, d={"k": 1}: x * d["k"])
    f(X3)
    assert [row.cause for row in rows(ledger)] == ["R01"]
