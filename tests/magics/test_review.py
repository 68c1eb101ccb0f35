"""What a stranger found in a review, each kept mended."""

import functools

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.capture import _hooks
from jaxplore.faults import reporter


def test_a_traced_value_does_not_hide_in_an_object_or_a_partial(nb):
    nb.ok("import jax.numpy as jnp, functools\nx = jnp.ones(3)")
    nb.ok("class Model:\n    def __init__(self, w):\n        self.w = w")
    ran = nb.ok(
        "%%jit\nm = Model(x * 2)\nh = functools.partial(jnp.add, x * 2)\ny = x * 3\ny.sum()"
    )
    assert float(ran.value) == 9.0
    assert "m" not in nb.ns and "h" not in nb.ns and "y" in nb.ns
    [note] = ran.of("note")
    assert note.text == (
        "`m`, `h` not set: made of values that exist only inside the compiled cell"
    )


def test_switching_off_and_on_keeps_the_ledger(nb):
    nb.ok("import jax\njax.jit(lambda a: a + 1)(1.0)")
    nb.ok("%jaxplore off")
    nb.ok("jax.jit(lambda a: a + 2)(1.0)")
    nb.ok("%jaxplore on")
    nb.ok("jax.jit(lambda a: a + 3)(1.0)")
    assert len([row for row in jaxplore.ledger() if row.kind != "eager"]) == 2


def test_a_compile_inside_the_users_module_belongs_to_the_cell(nb, user_module):
    user_module("import jax\ndef go(x):\n    return jax.jit(lambda a: a * 5)(x)", "helper_of_cells")
    nb.ok("import helper_of_cells\nhelper_of_cells.go(1.0)")
    [row] = [row for row in jaxplore.ledger() if row.kind != "eager"]
    assert row.call_site.file.endswith("helper_of_cells.py")
    assert row.cell is not None


def test_two_lambdas_are_two_functions(nb):
    nb.ok("import jax\njax.jit(lambda x: x + 1)(1.0)")
    assert nb.ok("jax.jit(lambda x: x * 2)(1.0)").line.endswith("<lambda>: first call")


def test_a_function_of_jax_that_the_user_jits_is_the_users(nb):
    nb.ok("import jax, jax.numpy as jnp")
    assert nb.ok("jax.jit(jnp.tanh)(1.0)").line.endswith("tanh: first call")


def test_async_comprehensions_are_refused_by_line(nb):
    ran = nb.fails("%%jit\n[y async for y in x]", "CellError")
    assert "Got: line 2: [y async for y in x]" in str(ran.error)


def test_the_cause_of_the_users_exception_is_kept() -> None:
    def fails(x: jax.Array) -> jax.Array:
        try:
            raise KeyError("inner")
        except KeyError as fault:
            raise ValueError("outer") from fault

    with pytest.raises(ValueError, match="outer") as raised:
        jaxplore.program(fails, 1.0)
    assert isinstance(raised.value.__cause__, KeyError)


def test_an_observation_that_could_not_begin_does_not_stop_the_next(monkeypatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(reporter, "write", lines.append)
    reporter.forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_hooks, "wrap_miss", lambda *_: 1 / 0)
        with jaxplore.observe() as ledger:
            jax.jit(lambda x: x * 11)(1.0)
    assert len(ledger) == 0 and len(lines) == 1
    with jaxplore.observe() as ledger:
        jax.jit(lambda x: x * 12)(1.0)
    assert len([row for row in ledger if row.kind != "eager"]) == 1
    reporter.forget()


def test_a_placement_miss_is_not_charged_for_the_trace_of_eval_shape() -> None:
    q = jax.jit(lambda x: x * 2.5)
    x = jnp.ones(3)
    with jaxplore.observe() as ledger:
        q(x)
        jax.eval_shape(q, jnp.ones(4))
        q(jax.device_put(x, jax.devices()[0]))
    rows = [row for row in ledger if row.kind != "eager"]
    assert [(row.kind, row.cause) for row in rows] == [("trace", "R01"), ("compile", "R16")]
    assert rows[1].trace_s is None


def test_many_compiles_are_a_small_line_and_a_small_table(nb):
    nb.ok("import jax")
    ran = nb.ok("for i in range(120):\n    jax.jit(lambda a: a + 1)(1.0)")
    assert len(ran.line) < 300
    assert len(ran.of("compiles")[0].data["text/html"]) < 120_000


def test_arguments_that_are_no_arrays_leave_the_others_their_names() -> None:
    def f(x: jax.Array, mode: str, y: jax.Array) -> jax.Array:
        return jnp.sin(x) + y if mode == "sin" else x

    assert jaxplore.program(f, 1.0, "sin", 2.0).argument_names == ("x", "y")


def test_partials_and_plain_objects_without_traced_values_are_set(nb):
    nb.ok("import functools, jax.numpy as jnp\nx = jnp.ones(2)")
    nb.ok("%%jit\nh = functools.partial(max, 3)\ny = x + 1")
    assert isinstance(nb.ns["h"], functools.partial)
