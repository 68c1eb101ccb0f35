"""Every compile becomes one row that says what, why, where and how long."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import optax
import pytest

import jaxplore
from jaxplore.capture.source import files
from jaxplore.model.compiles import Change, Compile
from jaxplore.model.ledger import Ledger


@pytest.fixture
def ledger(quiet_lines: list[str]) -> Iterator[Ledger]:
    with jaxplore.observe() as ledger:
        yield ledger


def jitted(ledger: Ledger) -> list[Compile]:
    return [row for row in ledger if row.kind != "eager"]


def causes(ledger: Ledger) -> list[tuple[str, str, tuple[Change, ...]]]:
    return [(row.kind, row.cause, row.changes) for row in jitted(ledger)]


# Made before any observation, so that only calls of jitted functions compile.
V2, V3, M = jnp.ones(2), jnp.ones(3), jnp.ones((3, 3))
I3 = jnp.arange(3)
DEVICE = str(jax.devices()[0])


def test_the_first_call_is_a_row_with_everything_known(ledger: Ledger):
    @jax.jit
    def f(x: Any, y: Any) -> Any:
        return jnp.sin(x) @ y * 2

    result = f(V3, M)
    [row] = jitted(ledger)
    assert (row.function, row.kind, row.cause, row.explanation) == (
        "f",
        "trace",
        "R01",
        "first call",
    )
    assert (row.call_site.text, row.call_site.file) == ("f(V3, M)", __file__)
    assert row.call_site.function == "test_the_first_call_is_a_row_with_everything_known"
    assert row.defined_at.text == "@jax.jit"
    assert all(s > 0 for s in (row.trace_s, row.lower_s, row.compile_s))
    assert (row.equations, row.devices, row.cell) == (3, (DEVICE,), None)
    assert (row.argument_size_bytes, row.output_size_bytes) == (12 + 36, 12)
    assert row.temp_size_bytes is not None
    assert (result == jnp.sin(V3) @ M * 2).all()


def test_a_call_that_is_compiled_adds_no_row(ledger: Ledger):
    f = jax.jit(lambda x: x + 1)
    for _ in range(3):
        f(V3)
    assert len(jitted(ledger)) == 1


@pytest.mark.parametrize(
    ("first", "then", "row"),
    [
        (V2, V3, ("trace", "R02", (Change(path="x", before="f32[2]", now="f32[3]"),))),
        (V3, I3, ("trace", "R03", (Change(path="x", before="f32[3]", now="i32[3]"),))),
        (
            1.0,
            jnp.float32(1),
            ("trace", "R04", (Change(path="x", before="weak f32[]", now="f32[]"),)),
        ),
        (
            V3,
            jax.device_put(V3, jax.devices()[0]),
            ("compile", "R16", (Change(path="x", before="uncommitted", now=DEVICE),)),
        ),
        (
            {"a": V3},
            {"a": V3, "b": V3},
            ("trace", "R14", (Change(path="x['b']", before="", now="f32[3]"),)),
        ),
        (
            (V3, V2),
            [V3, V2],
            ("trace", "R14", (Change(path="x", before="(*, *)", now="[*, *]"),)),
        ),
    ],
)
def test_a_change_of_one_argument_is_named(ledger: Ledger, first: Any, then: Any, row: Any):
    f = jax.jit(lambda x: jax.tree.map(lambda leaf: leaf + 1, x))
    f(first)
    f(then)
    assert causes(ledger) == [("trace", "R01", ()), row]


def test_the_nearest_earlier_call_is_compared(ledger: Ledger):
    f = jax.jit(lambda x, y: (x, y))
    f(V2, V2)
    f(I3, M)
    f(V2, V3)
    assert jitted(ledger)[-1].changes == (Change(path="y", before="f32[2]", now="f32[3]"),)


@pytest.mark.parametrize("call", [lambda f, n: f(V3, n), lambda f, n: f(V3, n=n)])
def test_a_new_static_value_is_named(ledger: Ledger, call: Callable[..., Any]):
    f = jax.jit(lambda x, n: x * n, static_argnames="n")
    call(f, 3)
    call(f, 4)
    assert causes(ledger)[1:] == [("trace", "R06", (Change(path="n", before="3", now="4"),))]


def test_a_static_value_given_instead_of_its_default_is_named(ledger: Ledger):
    f = jax.jit(lambda x, n=1: x * n, static_argnames="n")
    f(V3)
    f(V3, n=2)
    assert causes(ledger)[1:] == [("trace", "R06", (Change(path="n", before="1", now="2"),))]


def test_a_function_made_again_by_the_same_code_is_named(ledger: Ledger):
    for _ in range(2):
        jax.jit(lambda x: x * 2)(V3)
    assert causes(ledger) == [("trace", "R01", ()), ("trace", "R09", ())]


def test_two_functions_on_one_line_are_not_taken_for_one(ledger: Ledger):
    jax.jit(lambda x: x * 2)(V3), jax.jit(lambda x: x * 3)(V3)
    assert [cause for _, cause, _ in causes(ledger)] == ["R01", "R01"]


def test_two_functions_of_one_name_are_not_taken_for_an_edit(ledger: Ledger):
    first = jax.jit(lambda x: x * 2)
    second = jax.jit(lambda x: x - 3)
    first(V3)
    second(V3)
    assert [cause for _, cause, _ in causes(ledger)] == ["R01", "R01"]


def test_a_bound_method_is_a_new_function_each_time_as_it_is_for_jax(ledger: Ledger):
    class Model:
        def forward(self, x: Any) -> Any:
            return x * 2

    model = Model()
    for _ in range(2):
        jax.jit(model.forward)(V3)
    jax.jit(model.forward)(V2)
    assert [row.function for row in jitted(ledger)] == ["forward"] * 3
    assert [cause for _, cause, _ in causes(ledger)] == ["R01", "R09", "R01"]


def test_a_gradient_of_a_jitted_function_is_a_variant(ledger: Ledger):
    f = jax.jit(lambda x: jnp.sin(x).sum())
    jax.grad(f)(V3)
    assert {row.cause for row in jitted(ledger)} == {"R19"}


def test_what_is_compiled_ahead_of_time_is_seen(ledger: Ledger):
    jax.jit(lambda x: x * 3).lower(V3).compile()
    [row] = jitted(ledger)
    assert (row.function, row.explanation) == ("<lambda>", "compiled ahead of time")
    assert row.call_site.text == "jax.jit(lambda x: x * 3).lower(V3).compile()"
    assert row.compile_s > 0 and row.trace_s > 0 and row.lower_s > 0


def test_an_operation_outside_jit_is_told_apart(ledger: Ledger):
    jax.lax.tan(jnp.ones((2, 5, 3)))
    [row] = [row for row in ledger if row.function == "tan"]
    assert (row.kind, row.cause, row.call_site.text) == (
        "eager",
        "R21",
        "jax.lax.tan(jnp.ones((2, 5, 3)))",
    )


def test_compiles_inside_libraries_are_charged_to_the_users_call(ledger: Ledger):
    linear = equinox.filter_jit(equinox.nn.Linear(3, 2, key=jax.random.key(0)))
    linear(V3)
    assert [row.call_site.text for row in jitted(ledger)][-1:] == ["linear(V3)"]
    optimizer = optax.adam(1e-3)
    optimizer.init({"w": V3})
    for row in ledger:
        assert row.call_site.file == __file__


def test_an_inner_jit_is_part_of_the_outer_ones_row(ledger: Ledger):
    inner = jax.jit(lambda x: jnp.sin(x))

    @jax.jit
    def outer(x: Any) -> Any:
        return inner(x) + inner(x * 2)

    outer(V3)
    [row] = jitted(ledger)
    assert (row.function, row.equations) == ("outer", 6)


def test_a_compile_during_a_trace_is_a_row_of_its_own(ledger: Ledger):
    inner = jax.jit(lambda x: x * 5)

    @jax.jit
    def outer(x: Any) -> Any:
        with jax.ensure_compile_time_eval():
            known = inner(V3)
        return x + known

    outer(V3)
    assert sorted(row.function for row in jitted(ledger)) == ["<lambda>", "outer"]
    assert all(row.compile_s for row in jitted(ledger))
    assert jitted(ledger)[-1].trace_s


def test_an_exception_in_a_traced_function_is_the_users_own(ledger: Ledger):
    fault = RuntimeError("mine")

    def f(x: Any) -> Any:
        if x.shape == (3,):
            raise fault
        return x + 1

    g = jax.jit(f)
    with pytest.raises(RuntimeError) as caught:
        g(V3)
    assert caught.value is fault
    g(V2)
    g(M)
    assert causes(ledger) == [
        ("trace", "R01", ()),
        ("trace", "R02", (Change(path="x", before="f32[2]", now="f32[3,3]"),)),
    ]


def test_a_call_with_wrong_arguments_leaves_later_rows_right(ledger: Ledger):
    f = jax.jit(lambda x: x + 1)
    for wrong in ((), (V3, V3), ("text",)):
        with pytest.raises(TypeError):
            f(*wrong)
    f(V3)
    assert causes(ledger) == [("trace", "R01", ())]


def test_closed_over_arrays_are_no_arguments(ledger: Ledger):
    held = jnp.arange(7.0)
    f = jax.jit(lambda x: x + held.sum())
    f(V2)
    f(V3)
    assert jitted(ledger)[1].changes == (Change(path="x", before="f32[2]", now="f32[3]"),)


def test_arguments_that_are_not_used_are_still_compared(ledger: Ledger):
    f = jax.jit(lambda unused, x: x + 1)
    f(V2, V2)
    f(V3, V2)
    assert jitted(ledger)[1].changes == (Change(path="unused", before="f32[2]", now="f32[3]"),)


def test_donated_arguments_are_observed(ledger: Ledger):
    f = jax.jit(lambda x: x + 1, donate_argnums=0)
    assert f(jnp.zeros(3)).tolist() == [1, 1, 1]
    assert [row.cause for row in jitted(ledger)] == ["R01"]


def test_nested_observations_each_get_every_row():
    f = jax.jit(lambda x: x + 1)
    with jaxplore.observe() as outer:
        f(V2)
        with jaxplore.observe() as inner:
            assert jaxplore.ledger() is inner
            f(V3)
        assert jaxplore.ledger() is outer
        f(M)
    assert [row.cause for row in jitted(outer)] == ["R01", "R02", "R02"]
    assert [row.cause for row in jitted(inner)] == ["R02"]


def test_without_an_observation_there_is_no_ledger():
    with pytest.raises(jaxplore.JaxploreError) as caught:
        jaxplore.ledger()
    assert str(caught.value).split("\n")[0] == "There is no ledger: nothing is being observed."
    assert [line.split(":")[0] for line in str(caught.value).split("\n")[1:]] == ["Got", "Do"]


CELL = "import jax\n@jax.jit\ndef f(x):\n    return x * 2\n\ndef run(x):\n    return f(x)\n"


@pytest.fixture
def run_cell() -> Iterator[Callable[[int, str], Any]]:
    """Runs a source text as a notebook runs a cell, and calls its `run`."""

    def run(number: int, source: str, x: Any = V3) -> None:
        # ipykernel names the file after the text: the same text is the same file.
        file_name = f"/tmp/ipykernel_1/{abs(hash(source))}.py"
        files.cells.name(file_name, number, source)
        space: dict[str, Any] = {}
        exec(compile(source, file_name, "exec"), space)
        space["run"](x)

    yield run
    files.cells.clear()


def test_a_row_names_the_cell_that_paid(ledger: Ledger, run_cell: Callable[..., None]):
    run_cell(7, CELL)
    [row] = jitted(ledger)
    assert (row.cell, row.call_site.file, row.call_site.text) == (7, "cell 7", "f(x)")
    assert (row.defined_at.file, row.defined_at.text) == ("cell 7", "@jax.jit")


def test_a_cell_run_again_is_named(ledger: Ledger, run_cell: Callable[..., None]):
    run_cell(7, CELL)
    run_cell(8, CELL)
    assert [(row.cell, row.cause) for row in jitted(ledger)] == [(7, "R01"), (8, "R10")]


def test_a_cell_that_was_edited_is_named(ledger: Ledger, run_cell: Callable[..., None]):
    run_cell(7, CELL)
    run_cell(8, CELL.replace("x * 2", "x * 3"))
    assert causes(ledger)[1:] == [
        ("trace", "R11", (Change(path="line 3 of f", before="return x * 2", now="return x * 3"),))
    ]
