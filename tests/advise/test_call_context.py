"""What surrounds a call: transformations, meshes, loops, emptied caches, jit switched off."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

import jaxplore
from jaxplore.capture.compiles.callform import static_values
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.source import files
from jaxplore.errors import UnexpectedCompileError
from jaxplore.magics.beside.stalewatch import StaleWatch
from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger

X3, X4, M = jnp.ones(3), jnp.ones(4), jnp.ones((4, 3))
M5, M4 = jnp.ones((5, 3)), jnp.ones((4, 4))
DEVICES = np.array(jax.devices()[:2])
AUTO = Mesh(DEVICES, ("x",), axis_types=(AxisType.Auto,))
EXPLICIT = Mesh(DEVICES, ("x",), axis_types=(AxisType.Explicit,))
REVERSED = Mesh(DEVICES[::-1], ("x",), axis_types=(AxisType.Auto,))


def rows(ledger: Ledger) -> list[Compile]:
    return [row for row in ledger if not row.is_operation]


# --- transformations ------------------------------------------------------------------------


def other_shape() -> None:
    f = jax.jit(lambda x: jnp.sin(x).sum())
    jax.grad(f)(X3)
    jax.grad(f)(X4)


def other_batch() -> None:
    f = jax.jit(lambda x: jnp.sin(x) * 2)
    jax.vmap(f)(M)
    jax.vmap(f)(M5)


def other_dtype() -> None:
    f = jax.jit(lambda x: x * 2)
    jax.vmap(f)(M)
    jax.vmap(f)(jnp.arange(12).reshape(4, 3))


def other_static() -> None:
    f = jax.jit(lambda x, n: (x * n).sum(), static_argnums=1)
    jax.grad(f)(X3, 2)
    jax.grad(f)(X3, 3)


def other_setting() -> None:
    f = jax.jit(lambda x: (x @ x.T).sum())
    jax.grad(f)(M)
    with jax.default_matmul_precision("float32"):
        jax.grad(f)(M)


def other_structure() -> None:
    f = jax.jit(lambda p: sum((leaf**2).sum() for leaf in jax.tree.leaves(p)))
    jax.grad(f)({"w": X3})
    jax.grad(f)({"w": X3, "b": X3})


def other_axes() -> None:
    f = jax.jit(lambda x: jnp.sin(x) * 2)
    jax.vmap(f, in_axes=0)(M4)
    jax.vmap(f, in_axes=1)(M4)


def other_loss() -> None:
    f = jax.jit(lambda x: jnp.sin(x))
    jax.grad(lambda x: f(x).sum())(X3)
    jax.grad(lambda x: f(x).sum() * 2)(X3)
    jax.value_and_grad(lambda x: f(x).sum())(X3)


def higher_order() -> None:
    f = jax.jit(lambda x: (x**3).sum())
    jax.grad(f)(X3)
    jax.hessian(f)(X3)
    jax.jacfwd(f)(X3)


@pytest.mark.parametrize(
    ("scenario", "last"),
    [
        (other_shape, "R02"),
        (other_batch, "R02"),
        (other_dtype, "R03"),
        (other_static, "R19"),
        (other_setting, "R19"),
        (other_structure, "R19"),
        (other_axes, "R19"),
        (other_loss, "R19"),
        (higher_order, "R19"),
    ],
)
def test_only_a_type_is_blamed_for_a_transformed_call(
    ledger: Ledger, scenario: Callable[[], None], last: str
):
    scenario()
    transformed = [row for row in rows(ledger) if row.variant]
    assert transformed[-1].cause == last
    assert {row.cause for row in transformed} <= {"R19", last}
    assert not any(row.avoidable for row in transformed)
    assert not [row.advice for row in transformed if "[0]" in row.advice]


def test_a_type_that_changed_is_named_for_each_variant(ledger: Ledger):
    other_shape()
    found = [(row.variant, row.cause) for row in rows(ledger)]
    half = len(found) // 2
    assert [variant for variant, _ in found[:half]] == [variant for variant, _ in found[half:]]
    assert {cause for _, cause in found[:half]} == {"R19"}
    assert {cause for _, cause in found[half:]} == {"R02"}
    for row in rows(ledger)[half:]:
        assert any((c.before, c.now) == ("f32[3]", "f32[4]") for c in row.changes)


# --- where the arrays are -------------------------------------------------------------------


def other_axis_type() -> None:
    f = jax.jit(lambda x: x + 1)
    for mesh in (AUTO, EXPLICIT):
        with jax.set_mesh(mesh):
            f(X4)


def other_device_order() -> None:
    f = jax.jit(lambda x: x + 1)
    for mesh in (AUTO, REVERSED):
        f(jax.device_put(X4, NamedSharding(mesh, P("x"))))


def mesh_context() -> None:
    f = jax.jit(lambda x: x + 1)
    f(X4)
    with AUTO:
        f(X4)


def other_memory(kind: str) -> None:
    f = jax.jit(lambda x: x + 1)
    f(jax.device_put(X4, NamedSharding(AUTO, P("x"))))
    f(jax.device_put(X4, NamedSharding(AUTO, P("x"), memory_kind=kind)))


pinned_memory = functools.partial(other_memory, "pinned_host")
unpinned_memory = functools.partial(other_memory, "unpinned_host")


@pytest.mark.parametrize(
    "scenario",
    [other_axis_type, other_device_order, mesh_context, pinned_memory, unpinned_memory],
    ids=["axis type", "device order", "with mesh", "pinned", "unpinned"],
)
@pytest.mark.filterwarnings("ignore:.*context manager has been deprecated")
def test_another_place_is_named(ledger: Ledger, scenario: Callable[[], None]):
    scenario()
    first, second = rows(ledger)
    assert first.cause == "R01"
    assert second.cause in ("R15", "R17")
    assert second.changes
    assert all(change.before != change.now for change in second.changes)


def test_a_call_that_jit_places_was_traced(ledger: Ledger):
    f = jax.jit(lambda x: x + 1, in_shardings=NamedSharding(AUTO, P("x")))
    f(X4)
    [row] = rows(ledger)
    assert (row.cause, row.kind) == ("R01", "trace")
    assert row.trace_s is not None


# --- what was forgotten ---------------------------------------------------------------------


def test_what_nothing_explains_is_not_avoidable(ledger: Ledger):
    f = jax.jit(lambda x: x + 1)
    f(X3)
    f.clear_cache()
    f(X3)
    row = rows(ledger)[-1]
    assert (row.cause, row.avoidable) == ("R20", False)
    assert "nothing that jaxplore can see differs" in row.explanation


def test_emptied_caches_are_avoidable(ledger: Ledger):
    f = jax.jit(lambda x: x + 1)
    f(X3)
    jax.clear_caches()
    f(X3)
    row = rows(ledger)[-1]
    assert (row.cause, row.avoidable) == ("R20", True)
    assert "clear_caches" in row.explanation


# --- loops outside jit ----------------------------------------------------------------------


def body(carry: Any, _: Any) -> Any:
    return carry, None


def add_one(_: Any, carry: Any) -> Any:
    return carry + 1.0


def scan_lengths() -> None:
    for length in (3, 4, 5):
        jax.lax.scan(body, X3, None, length=length)


def loop_lengths() -> None:
    for length in (3, 4, 5):
        jax.lax.fori_loop(0, length, add_one, X3)


@pytest.mark.parametrize("scenario", [scan_lengths, loop_lengths])
def test_a_named_body_with_another_length_is_no_new_body(
    ledger: Ledger, scenario: Callable[[], None]
):
    scenario()
    found = rows(ledger)
    scenario()
    assert [row.cause for row in found] == ["R21", "R21", "R21"]
    assert not any(row.avoidable for row in found)
    assert len(rows(ledger)) == 3


def test_a_map_with_a_fresh_body_in_a_loop_is_named(ledger: Ledger):
    for _ in range(3):
        jax.lax.map(lambda x: x * 2, X3)
    assert [row.cause for row in rows(ledger)] == ["R21", "R12", "R12"]
    assert [row.avoidable for row in rows(ledger)] == [False, True, True]


# --- functions spread over devices ----------------------------------------------------------


def scaled(x: Any) -> Any:
    return x * 2


def test_a_pmap_is_a_function_of_the_users(ledger: Ledger):
    f = jax.pmap(scaled)
    f(np.ones((2, 3), np.float32))
    f(np.ones((2, 3), np.float32))
    f(np.ones((2, 4), np.float32))
    assert [(row.function, row.cause, row.kind) for row in rows(ledger)] == [
        ("scaled", "R01", "trace"),
        ("scaled", "R02", "trace"),
    ]


def test_a_shard_map_outside_jit_runs_its_operations_one_by_one(ledger: Ledger):
    traced: list[int] = []

    def doubled(x: Any) -> Any:
        traced.append(1)
        return x * 2

    f = jax.shard_map(doubled, mesh=AUTO, in_specs=P("x"), out_specs=P("x"))
    f(X4)
    seen = len(ledger)
    f(X4)
    assert len(traced) == 2 and len(ledger) > seen > 0  # JAX keeps nothing of it
    assert {(row.kind, row.cause) for row in ledger} == {("eager", "R21")}
    assert "x * 2" in {row.call_site.text for row in ledger}


# --- observations ---------------------------------------------------------------------------


def test_an_observation_knows_what_an_outer_one_saw(ledger: Ledger):
    f = jax.jit(lambda x: x * 7)
    f(X3)
    with pytest.raises(UnexpectedCompileError) as caught, jaxplore.expect(compiles=0):
        f(X4)
    assert "R02" in str(caught.value)
    assert "f32[3] -> f32[4]" in str(caught.value)


# --- stale keys -----------------------------------------------------------------------------


@pytest.fixture
def run_cell(quiet_lines: list[str]) -> Iterator[Callable[[str], list[str]]]:
    """Runs a text as a cell; gives the explanations of what is stale."""
    watch, names, ran = StaleWatch(), dict[str, Any](jax=jax, x=X3), list[str]()

    def note(fun: Any, args: Any, kwargs: Any, params: Any) -> None:
        statics = static_values(fun, args, kwargs, params.arg_names or ())
        watch.note(fun, statics, len(ran), jaxpr=params.params["jaxpr"])

    def run(text: str) -> list[str]:
        ran.append(text)
        file_name = f"<cell of {__name__} {len(ran)}>"
        files.cells.name(file_name, len(ran), text)
        exec(compile(text, file_name, "exec"), names)
        return [found.explanation for found in watch.check(text, names, len(ran))]

    def unused(_miss: object) -> None:
        pass

    observer.add(unused)
    observer.trace_sinks.append(note)
    yield run
    observer.trace_sinks.remove(note)
    observer.remove(unused)
    files.cells.clear()


@pytest.mark.parametrize("make", ["key", "PRNGKey"])
def test_a_global_key_with_another_seed_is_stale(run_cell: Callable[[str], list[str]], make: str):
    define = "@jax.jit\ndef noisy(x): return x + jax.random.normal(key, (3,))\n"
    assert run_cell(f"key = jax.random.{make}(0)\n{define}noisy(x)") == []
    assert run_cell(f"key = jax.random.{make}(0)\nnoisy(x)") == []
    [said] = run_cell(f"key = jax.random.{make}(5)\nnoisy(x)")
    assert "`key`" in said and "noisy" in said
