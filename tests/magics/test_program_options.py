"""`--name`, `--no-run`, `-o`, `--show` and options that do not exist."""

import numpy as np
import pytest

from jaxplore.model.program import Program

VIEW = "application/vnd.jaxplore.view.v1+json"
FOUR = np.arange(4.0)


def test_name_gives_a_function_of_the_traced_inputs(nb):
    nb.ok("w, k, n = jnp.ones(4), 2.0, 3")
    np.testing.assert_allclose(nb.ok("%%jit --name step\nx * w * k + n").value, FOUR * 2 + 3)
    np.testing.assert_allclose(nb.ok("step(x + 1, w, 3.0)").value, (FOUR + 1) * 3 + 3)
    assert nb.ok("step(x, w, k)").line == ""
    assert nb.ns["step"].__name__ == "step"
    assert nb.ns["step"].__doc__ == "The cell's program: step(x, w, k)."


def test_the_name_is_in_the_line(nb):
    assert nb.ok("%%jit --name step\nx * 2").line == "1 compile · step: first call"


def test_a_named_program_without_value_gives_what_it_assigns(nb):
    nb.ok("%%jit --name one\ny = x * 2")
    np.testing.assert_allclose(nb.ok("one(x)").value, FOUR * 2)
    nb.ok("%%jit --name two\na = x * 2\nb = 3")
    value = nb.ok("two(x)").value
    assert set(value) == {"a", "b"}
    assert value["b"] == 3


def test_a_named_program_sets_nothing_when_called(nb):
    nb.ok("%%jit --name step\ny = x * 2\ny.sum()")
    before = nb.ns["y"]
    nb.ok("step(x + 1)")
    assert nb.ns["y"] is before


def test_ints_inside_a_container_stay_constants_of_a_named_program(nb):
    nb.ok("p = {'w': x, 'n': 3}")
    cell = "%%jit --name step\nsum(p['w'] for _ in range(p['n']))"
    np.testing.assert_allclose(nb.ok(cell).value, 3 * FOUR)
    np.testing.assert_allclose(nb.ok("step({'w': x + 1, 'n': 3})").value, 3 * FOUR + 3)
    np.testing.assert_allclose(nb.ok("step({'w': x, 'n': 2})").value, 2 * FOUR)


def test_a_named_program_takes_keywords(nb):
    nb.ok("k = 2.0")
    nb.ok("%%jit --name step\nx * k")
    np.testing.assert_allclose(nb.ok("step(x, k=3.0)").value, FOUR * 3)


@pytest.mark.parametrize("call", ["step()", "step(x, x, x)", "step(x, q=1)"])
def test_a_named_program_says_which_inputs_it_takes(nb, call):
    nb.ok("%%jit --name step\nx * 2")
    ran = nb.fails(call, TypeError)
    assert "step" in str(ran.error)
    assert "zip" not in str(ran.error)


def test_a_named_program_can_be_looked_at_and_transformed(nb):
    nb.ok("%%jit --name loss\n(x**2).sum()")
    np.testing.assert_allclose(nb.ok("jax.grad(loss)(x)").value, 2 * FOUR)
    assert nb.ok("%jaxpr loss(x)").of("jaxpr")


def test_a_named_program_holds_no_array(nb):
    nb.ok("import weakref\nbig = jnp.ones(1000)\nref = weakref.ref(big)")
    nb.ok("%%jit --name step\ntotal = big.sum()")
    nb.ok("del big\nimport gc\n_ = gc.collect()")
    assert nb.ok("ref() is None").value


def test_no_run_binds_and_compiles_nothing(nb):
    ran = nb.ok("%%jit --name step --no-run\ny = x * 2\ny")
    assert ran.line == ""
    assert ran.results == []
    assert "y" not in nb.ns
    np.testing.assert_allclose(nb.ok("step(x)").value, FOUR * 2)


def test_output_sets_the_program(nb):
    nb.ok("%%jit -o p\ny = x * 2")
    assert isinstance(nb.ns["p"], Program)
    assert [equation.primitive for equation in nb.ns["p"].equations] == ["mul"]
    nb.ok("%%jit --output q --no-run\nz = x * 2")
    assert "z" not in nb.ns
    assert len(nb.ns["q"].equations) == 1


def test_show_is_marked_and_reads_everywhere(nb, monkeypatch):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    ran = nb.ok("%%jit --show\ny = jnp.sin(x)")
    [shown] = ran.of("explorer")
    assert set(shown.data) == {VIEW, "text/html", "text/plain"}
    assert "jnp.sin(x)" in shown.text
    assert shown.metadata["jaxplore"]["view"] == "explorer"
    assert ran.results == []


def test_show_costs_no_compile_of_the_user(nb):
    ran = nb.ok("%%jit --show\ny = jnp.sin(x)")
    assert ran.line == "1 compile · cell: first call"
    assert nb.ok("%%jit --show\ny = jnp.sin(x)").line == ""


def test_show_in_a_notebook_under_test_holds_no_script(nb):
    [shown] = nb.ok("%%jit --show\ny = jnp.sin(x)").of("explorer")
    assert set(shown.data) == {"text/html", "text/plain"}
    assert "<script" not in shown.data["text/html"]


def test_an_error_of_the_cell_is_not_swallowed_when_it_is_only_shown(nb):
    ran = nb.fails("%%jit --no-run --show\njnp.ones(3) + x", (TypeError, ValueError))
    assert not ran.faults


@pytest.mark.parametrize("magic", ["%%jit --nonsense", "%%grad --nonsense", "%%grad --order a"])
def test_an_unknown_option_is_a_usage_error(nb, magic, capsys):
    nb.fails(f"{magic}\nx.sum()", "UsageError")
    said = capsys.readouterr()
    assert "--nonsense" in said.err + said.out or "order" in said.err + said.out


@pytest.mark.parametrize("option", ["--name 3x", "-o a.b", "--name class"])
def test_a_name_that_is_none_is_refused(nb, option):
    ran = nb.fails(f"%%jit {option}\nx * 2", "CellError")
    assert option.split()[1] in str(ran.error)
