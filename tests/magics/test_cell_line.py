"""The line under a cell that compiled something."""

import re

import pytest

import jaxplore

LINE = re.compile(
    r"^(\d+) compiles? · [\d.,]+ (?:ms|s|µs|us) \(trace [\d,]+, lower [\d,]+, XLA [\d,]+\) · (.+)$"
)
TWO = "f = jax.jit(lambda a: a + 1)\ng = jax.jit(lambda a: a * 2)\n_ = g(f(x))"


def test_the_deterministic_line_is_exact(nb):
    assert nb.ok("@jax.jit\ndef f(a):\n    return a + 1\nf(x)").line == "1 compile · f: first call"


def test_the_line_of_two_functions_of_one_name(nb):
    assert nb.ok(TWO).line == "2 compiles · <lambda>: first call (x2)"


def test_more_than_three_causes_are_counted(nb):
    cell = "\n".join(f"def f{i}(a):\n    return a + {i}\njax.jit(f{i})(x)" for i in range(5))
    assert nb.ok(cell).line == (
        "5 compiles · f0: first call · f1: first call · f2: first call · 2 more"
    )


def test_the_line_with_times_has_its_form(nb, monkeypatch):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    line = nb.ok("@jax.jit\ndef f(a):\n    return a + 1\n_ = f(x)").line
    assert LINE.match(line), line
    assert LINE.match(line)[1] == "1"
    assert LINE.match(line)[2] == "f: first call"


def test_the_line_opens_into_rows_and_is_marked(nb):
    [shown] = nb.ok("jax.jit(lambda a: a + 1)(x)").of("compiles")
    assert set(shown.data) == {"text/plain", "text/html"}
    assert shown.metadata == {"jaxplore": {"view": "compiles"}}
    assert "<details" in shown.data["text/html"]
    assert "&lt;lambda&gt;" in shown.data["text/html"]
    assert "<script" not in shown.data["text/html"]


def test_a_cell_that_compiled_nothing_shows_nothing(nb):
    assert nb.ok("f = jax.jit(lambda a: a + 1)\nf(x)").line
    for cell in ("f(x)", "1 + 1", "", "# only a comment", "!true", "%pwd"):
        assert not nb.ok(cell).of("compiles")


def test_the_line_comes_after_the_results_of_the_cell(nb):
    ran = nb.ok("from IPython.display import display\ndisplay(1)\njax.jit(lambda a: a + 1)(1.0)")
    assert [s.view for s in ran.shown] == [None, None, "compiles"]


def test_the_line_also_shows_after_a_cell_that_raised(nb):
    ran = nb.fails("jax.jit(lambda a: a + 1)(x)\n1 / 0", ZeroDivisionError)
    assert ran.line == "1 compile · <lambda>: first call"
    assert not nb.ok("1 + 1").line


def test_a_silent_cell_shows_nothing_and_does_not_count(nb):
    first = nb.ok("jax.jit(lambda a: a + 1)(x)")
    assert not nb.ok("jax.jit(lambda a: a + 2)(x)", silent=True).shown
    assert nb.ok("1 + 1").line == ""
    nb.ok("jax.jit(lambda a: a + 3)(x)")
    assert first.line
    cells = [row.cell for row in jaxplore.ledger() if row.kind != "eager"]
    assert cells[-1] == nb.shell.execution_count - 1


def test_a_nested_run_gives_one_line_to_the_outer_cell(nb):
    nb.ok("def f(a):\n    return a + 1\ndef g(a):\n    return a + 2")
    ran = nb.ok("get_ipython().run_cell('jax.jit(f)(x)')\njax.jit(g)(x)")
    assert ran.line == "2 compiles · f: first call · g: first call"
    assert [s.view for s in ran.shown][-1] == "compiles"


def test_a_nested_run_that_fails_does_not_disturb_the_next_cells(nb):
    nb.ok("r = get_ipython().run_cell('1 / 0')")
    assert nb.ok("jax.jit(lambda a: a + 2)(x)").line == "1 compile · <lambda>: first call"


def test_a_cell_with_a_syntax_error_does_not_disturb_the_next(nb):
    nb.fails("def (", SyntaxError)
    assert nb.ok("jax.jit(lambda a: a + 2)(x)").line == "1 compile · <lambda>: first call"


@pytest.mark.parametrize("stop", ["raise KeyboardInterrupt", "raise SystemExit"])
def test_an_interrupted_cell_does_not_disturb_the_next(nb, stop):
    nb.run(stop)
    assert nb.ok("jax.jit(lambda a: a + 2)(x)").line == "1 compile · <lambda>: first call"


def numbers():
    return [row.cell for row in jaxplore.ledger() if row.kind != "eager"]


def test_numbers_are_those_of_the_history(bare):
    bare.ok("1")
    bare.ok("import jax")
    bare.ok("%load_ext jaxplore")
    bare.ok("jax.jit(lambda a: a + 1)(1.0)")
    bare.ok("1")
    bare.ok("jax.jit(lambda a: a + 2)(1.0)")
    assert numbers() == [4, 6]
    assert "lambda a: a + 2" in bare.ns["In"][6]


def test_numbers_are_those_of_the_history_when_no_cell_loaded_the_extension(bare):
    bare.load()  # as `c.InteractiveShellApp.extensions` does
    bare.ok("import jax")
    bare.ok("jax.jit(lambda a: a + 1)(1.0)")
    assert numbers() == [2]


def test_numbers_count_up_without_history(bare):
    bare.ok("%load_ext jaxplore", history=False)
    bare.ok("import jax", history=False)
    bare.ok("jax.jit(lambda a: a + 1)(1.0)", history=False)
    bare.ok("jax.jit(lambda a: a + 2)(1.0)", history=False)
    assert numbers() == [3, 4]


def test_numbers_without_history_do_not_disturb_later_ones_with_history(nb):
    nb.ok("1", history=False)
    nb.ok("1", history=False)
    before = nb.shell.execution_count
    nb.ok("jax.jit(lambda a: a + 1)(x)")
    assert numbers()[-1] == before


@pytest.mark.parametrize("nested", ["%%capture\n1", "r = get_ipython().run_cell('1')"])
def test_a_nested_run_does_not_shift_the_numbers(nb, nested):
    nb.ok(nested)
    before = nb.shell.execution_count
    nb.ok("jax.jit(lambda a: a + 1)(x)")
    assert numbers()[-1] == before


def test_a_failing_cell_counts_as_in_the_history(nb):
    nb.fails("def (", SyntaxError)
    nb.fails("1 / 0", ZeroDivisionError)
    before = nb.shell.execution_count
    nb.ok("jax.jit(lambda a: a + 1)(x)")
    assert numbers()[-1] == before


def test_the_call_site_is_the_users_line(nb):
    nb.ok("f = jax.jit(lambda a: a + 1)\n\ny = 3 * f(x)")
    [row] = [row for row in jaxplore.ledger() if row.kind != "eager"]
    site = row.call_site
    assert (site.file, site.line, site.text) == (f"cell {row.cell}", 3, "f(x)")
