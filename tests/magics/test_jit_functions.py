"""`%%jit` on a cell that defines functions: each def is jitted, the rest runs as usual."""

import jax
import numpy as np
import pytest

import jaxplore

FOUR = np.arange(4.0)
Jitted = type(jax.jit(lambda a: a))


def test_each_top_level_def_is_jitted(nb):
    nb.ok("%%jit\ndef f(a):\n    return a + 1\ndef g(a):\n    return f(a) * 2")
    assert isinstance(nb.ns["f"], Jitted)
    assert isinstance(nb.ns["g"], Jitted)
    np.testing.assert_allclose(nb.ok("g(x)").value, (FOUR + 1) * 2)


def test_other_statements_run_as_usual(nb, capsys):
    ran = nb.ok(
        "%%jit\nimport math\nk = 3\nprint('hello')\n!echo shell\n%pwd\nhere = %pwd\n"
        "from math import *\nfor i in range(2):\n    pass\ndel i\n"
        "def f(a):\n    return a * k\nclass C:\n    n = 1\ny = f(x)\nif True:\n    def inner():\n"
        "        return 5\ny"
    )
    out = capsys.readouterr().out
    assert "hello\n" in out
    assert "shell" in out
    assert nb.ns["here"].startswith("/")
    assert nb.ns["pi"] > 3
    assert "i" not in nb.ns
    assert nb.ns["C"].n == 1
    assert not isinstance(nb.ns["inner"], Jitted)
    np.testing.assert_allclose(nb.ns["y"], FOUR * 3)
    assert ran.results == ["Array([0., 3., 6., 9.], dtype=float32)"]


def test_only_the_last_expression_is_displayed(nb):
    ran = nb.ok("%%jit\n'a note'\n1 + 1\ndef f(a):\n    return a\n2 + 2\nz = 5")
    assert ran.results == []
    ran = nb.ok("%%jit\n'a note'\n1 + 1\ndef f(a):\n    return a\n2 + 2")
    assert ran.results == ["4"]
    assert nb.ok("_").value == 4


def test_a_semicolon_hides_the_value(nb):
    assert nb.ok("%%jit\ndef f(a):\n    return a\nf(x);").results == []


def test_the_last_value_is_the_result_of_the_cell(nb):
    assert nb.ok("%%jit\ndef f(a):\n    return 1\n6 * 7").value == 42


def test_docstrings_defaults_and_names_are_kept(nb):
    nb.ok("%%jit\ndef f(a, b=2.0, *, c=3.0):\n    'Adds.'\n    return a + b + c")
    f = nb.ns["f"]
    assert (f.__name__, f.__doc__, f.__module__) == ("f", "Adds.", "__main__")
    assert f.__wrapped__.__defaults__ == (2.0,)
    np.testing.assert_allclose(f(nb.ns["x"], c=1.0), FOUR + 3)


DECORATED = {
    "wraps": "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def g(*a, **k):\n"
    "        return f(*a, **k) + 1\n    return g",
    "plain": "def deco(f):\n    return lambda a, n=1: f(a, n) + 1",
    "checkpoint": "deco = lambda f: jax.checkpoint(lambda a, n=1: f(a, n) + 1)",
    "jit": "deco = lambda f: jax.jit(lambda a, n=1: f(a, n) + 1)",
    "custom_jvp": "def deco(f):\n    g = jax.custom_jvp(lambda a: f(a) + 1)\n"
    "    g.defjvps(lambda t, ans, a: t)\n    return g",
    "partial": "import functools\ndeco = lambda f: functools.partial(lambda a, n=1: f(a, n) + 1)",
    "object": "class deco:\n    def __init__(self, f):\n        self.f = f\n"
    "    def __call__(self, a, n=1):\n        return self.f(a, n) + 1",
}


@pytest.mark.parametrize("name", DECORATED)
@pytest.mark.parametrize("magic", ["%%jit", "%%grad"])
def test_decorators_are_kept(nb, name, magic):
    nb.ok(DECORATED[name])
    nb.ok(f"{magic}\n@deco\ndef f(a, n=1):\n    return a * n")
    np.testing.assert_allclose(nb.ok("f(x)").value, FOUR + 1)
    if magic == "%%grad":
        np.testing.assert_allclose(nb.ok("grad_f(3.0)").value, 1.0)


def test_static_reaches_a_decorated_function(nb):
    nb.ok(DECORATED["wraps"])
    nb.ok("%%jit --static n\n@deco\ndef f(a, n=1):\n    return a * len(range(n))")
    np.testing.assert_allclose(nb.ok("f(x, n=2)").value, FOUR * 2 + 1)


def test_static_and_donate_go_by_parameter_name(nb):
    nb.ok(
        "%%jit --static n,mode --donate a\ndef f(a, n):\n    return a * len(range(n))\n"
        "def g(b, *, mode):\n    return b if mode == 'p' else -b"
    )
    nb.ok("old = x + 0")
    np.testing.assert_allclose(nb.ok("f(old, 3)").value, FOUR * 3)
    assert nb.ns["old"].is_deleted()
    np.testing.assert_allclose(nb.ok("g(x, mode='q')").value, -FOUR)


def test_static_of_a_parameter_that_no_function_has(nb):
    ran = nb.fails("%%jit --static q\ndef f(a):\n    return a", "CellError")
    assert "q" in str(ran.error)


@pytest.mark.parametrize("option", ["--name q", "--no-run"])
def test_options_of_program_cells_are_refused(nb, option):
    ran = nb.fails(f"%%jit {option}\ndef f(a):\n    return a", "CellError")
    assert option.split()[0] in str(ran.error)
    assert "f" not in nb.ns


CELL = "%%jit\ndef h(a):\n    return a + 1\ndef f(a):\n    return h(a) * 2"
BACKWARDS = "%%jit\ndef f(a):\n    return h(a) * 2\ndef h(a):\n    return a + 1"


@pytest.mark.parametrize("cell", [CELL, BACKWARDS])
def test_running_the_same_cell_again_costs_no_compile(nb, cell):
    nb.ok(cell)
    nb.ok("f(x)")
    nb.ok(cell)
    assert nb.ok("f(x)").line == ""
    nb.ok(cell)
    assert nb.ok("f(x)").line == ""


@pytest.mark.parametrize("cell", [CELL, BACKWARDS])
def test_an_edited_helper_is_seen(nb, cell):
    for _ in range(3):
        nb.ok(cell)
        nb.ok("f(x)")
    nb.ok(cell.replace("a + 1", "a + 5"))
    np.testing.assert_allclose(nb.ok("f(x)").value, (FOUR + 5) * 2)
    nb.ok(cell)
    np.testing.assert_allclose(nb.ok("f(x)").value, (FOUR + 1) * 2)


def test_a_global_set_between_the_definition_and_the_call_is_seen(nb):
    cell = "%%jit\ndef f(a):\n    return a * k"
    nb.ok("k = 2.0")
    nb.ok(cell)
    nb.ok("f(x)")
    nb.ok(cell)  # with jax.jit: a new function, not traced yet
    nb.ok("k = 3.0")
    np.testing.assert_allclose(nb.ok("f(x)").value, FOUR * 3)


def test_an_undone_edit_of_a_global_is_seen(nb):
    cell = "%%jit\ndef f(a):\n    return a * k"
    for k in (2.0, 3.0, 2.0, 4.0):
        nb.ok(f"k = {k}")
        nb.ok(cell)
        np.testing.assert_allclose(nb.ok("f(x)").value, FOUR * k)


POSITIONS = [
    "%%jit\ndef f(a):\n    return 1 + jnp.sin(a)",
    "%%jit\n\n\ndef f(a):\n    return 1 + jnp.sin(a)",
    "%%jit\n# note\n\ndef f(a):\n    # more\n    return 1 + jnp.sin(a)",
    "\n\n%%jit\n\ndef f(a):\n    return 1 + jnp.sin(a)",
    "%%jit\n'é·µ'\ndef f(a):\n    π = 'αβγ'; return 1 + jnp.sin(a)",
    "%%jit\n%pwd\n!true\nk = 1\ndef f(a):\n    return 1 + jnp.sin(a)\n\n\n",
    "%%jit\n@jax.checkpoint\ndef f(a):\n    return 1 + jnp.sin(a)",
    "%%capture\n%%jit\ndef f(a):\n    return 1 + jnp.sin(a)",
    "%%time\n%%jit\n\ndef f(a):\n    return 1 + jnp.sin(a)",
    "%%grad\n\ndef f(a):\n    return (1 + jnp.sin(a))",
    "def f(a):\n    return 1 + jnp.sin(a)",
]


@pytest.mark.parametrize("cell", POSITIONS)
def test_positions_are_those_of_the_cell(nb, cell):
    nb.run(cell)
    number = nb.shell.execution_count - 1
    program = jaxplore.program(nb.ns["f"], nb.ns["x"], stages=("jaxpr",))
    [span] = [e.span for e in program.equations if e.primitive == "sin"]
    lines = cell.split("\n")
    [line] = [i for i, text in enumerate(lines, 1) if "jnp.sin" in text]
    column = lines[line - 1].index("jnp.sin(a)")
    assert (span.line, span.column, span.end_line, span.end_column) == (
        line,
        column,
        line,
        column + len("jnp.sin(a)"),
    )
    assert span.text == "jnp.sin(a)"
    assert span.file == f"cell {number}"
    assert span.function == "f"


def test_positions_follow_an_edit_that_moves_the_function(nb):
    nb.ok("%%jit\ndef f(a):\n    return jnp.sin(a)")
    nb.ok("f(x)")
    nb.ok("%%jit\n# moved\n\ndef f(a):\n    return jnp.sin(a)")
    [equation] = jaxplore.program(nb.ns["f"], nb.ns["x"], stages=("jaxpr",)).equations
    assert equation.span.line == 5


def test_positions_of_a_program_cell(nb):
    nb.ok("%%jit -o p\n\n# note\ny = 2 * jnp.sin(x)")
    [span] = [e.span for e in nb.ns["p"].equations if e.primitive == "sin"]
    assert (span.file, span.line, span.column) == (f"cell {nb.shell.execution_count - 1}", 4, 8)
    assert span.text == "jnp.sin(x)"


def test_annotations_stay_unevaluated_after_a_future_import(nb):
    nb.ok("from __future__ import annotations")
    nb.ok("%%jit\ndef f(a: NotDefined) -> Nor[This]:\n    return a")
    np.testing.assert_allclose(nb.ok("f(x)").value, FOUR)


def test_an_async_function_is_refused_before_anything_runs(nb):
    ran = nb.fails("%%jit\nq = 1\nasync def f(a):\n    return a", "CellError")
    assert "line 3" in str(ran.error)
    assert "q" not in nb.ns


def test_an_error_in_another_statement_shows_its_line(nb):
    ran = nb.fails("%%jit\ndef f(a):\n    return a\nq = 1 / 0", ZeroDivisionError)
    assert "----> 4 q = 1 / 0" in ran.traceback
    assert "jaxplore" not in ran.traceback


def test_a_function_defined_and_deleted(nb):
    for magic in ("%%jit", "%%grad"):
        nb.ok(f"{magic}\ndef f(a):\n    return a\ndel f")
        assert "f" not in nb.ns
