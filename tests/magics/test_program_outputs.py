"""What a `%%jit` program cell leaves in the notebook."""

import jax
import numpy as np
import pytest

FOUR = np.arange(4.0)


@pytest.mark.parametrize(
    ("cell", "name", "kind", "value"),
    [
        ("n = 3", "n", int, 3),
        ("s = 'abc'", "s", str, "abc"),
        ("b = True", "b", bool, True),
        ("k = 2.5", "k", float, 2.5),
        ("z = None", "z", type(None), None),
        ("t = (1, 'a', 2.5)", "t", tuple, (1, "a", 2.5)),
        ("n = x.shape[0]", "n", int, 4),
        ("d = {'n': 1, 's': {'b': [2]}}", "d", dict, {"n": 1, "s": {"b": [2]}}),
        ("r = range(3)", "r", range, range(3)),
        ("q = {1, 2}", "q", set, {1, 2}),
    ],
)
def test_what_is_no_array_stays_what_it_is(nb, cell, name, kind, value):
    for _ in range(2):
        nb.ns.pop(name, None)
        nb.ok(f"%%jit\n{cell}\ny = x * 1")
        assert type(nb.ns[name]) is kind
        assert nb.ns[name] == value


def test_arrays_inside_containers_are_arrays(nb):
    nb.ok("%%jit\nd = {'w': x + 1, 'n': 3, 'f': jnp.sin}")
    assert isinstance(nb.ns["d"]["w"], jax.Array)
    assert nb.ns["d"]["n"] == 3
    assert nb.ns["d"]["f"] is jax.numpy.sin


def test_a_function_assigned_stays_a_function(nb):
    nb.ok("%%jit\nf = lambda a: a * 2\ny = f(x)")
    assert nb.ok("f(3)").value == 6


def test_a_mutable_value_is_new_on_each_run(nb):
    cell = "%%jit\nseen = {1, 2}\ny = x + 1"
    nb.ok(cell)
    nb.ok("seen.add(3)")
    nb.ok(cell)
    assert nb.ns["seen"] == {1, 2}


def test_a_last_expression_is_displayed_and_kept(nb):
    ran = nb.ok("%%jit\ny = x * 2\ny.sum()")
    assert ran.results == ["Array(12., dtype=float32)"]
    assert nb.ok("_").value == 12.0
    number = nb.shell.execution_count - 2
    assert nb.ns["Out"][number] == 12.0


@pytest.mark.parametrize("cell", ["y = x * 2", "y = x\nNone", "pass", "jax.debug.print('')"])
def test_without_a_value_nothing_is_displayed(nb, cell):
    assert nb.ok(f"%%jit\n{cell}").results == []


@pytest.mark.parametrize("cell", ["%%jit\nx * 2;", "%%jit\ny = x\ny.sum(); ", "%%grad\nx.sum();"])
def test_a_semicolon_hides_the_value(nb, cell):
    ran = nb.ok(cell)
    assert ran.results == []


def test_a_value_that_is_no_array_is_displayed_too(nb):
    assert nb.ok("%%jit\n(x.shape, 'a', 3)").value == ((4,), "a", 3)


def test_counting_up_in_place(nb):
    for expected in (1, 2, 3):
        ran = nb.ok("%%jit\nx = x + 1")
        np.testing.assert_allclose(nb.ns["x"], FOUR + expected)
    assert ran.line == ""


def test_augmented_assignment(nb):
    nb.ok("%%jit\nx += 1\nx *= 2")
    np.testing.assert_allclose(nb.ns["x"], (FOUR + 1) * 2)


def test_a_conditional_assignment_keeps_the_value_of_the_notebook(nb):
    nb.ok("flag = False\nk = 2.0\nh = np.ones(3)\ns = 'a'\nhuge = [1, 2.5]")
    before = {name: nb.ns[name] for name in ("k", "h", "s", "huge")}
    nb.ok("%%jit\nif flag:\n    k = x\n    h = x\n    s = x\n    huge = x\ny = x + 1")
    assert {name: nb.ns[name] for name in before} == before
    assert all(nb.ns[name] is value for name, value in before.items())


def test_a_conditional_assignment_that_is_read_keeps_the_value_of_the_notebook(nb):
    nb.ok("flag = False\nk = 2.0\nh = np.ones(4)")
    before = {name: nb.ns[name] for name in ("k", "h")}
    nb.ok("%%jit\nif flag:\n    k = 3.0\n    h = x\ny = x * k + h")
    np.testing.assert_allclose(nb.ns["y"], FOUR * 2 + 1)
    assert type(nb.ns["k"]) is float
    assert nb.ns["h"] is before["h"]


def test_a_conditional_assignment_that_happens(nb):
    nb.ok("flag = True\nk = 2.0")
    nb.ok("%%jit\nif flag:\n    k = 5\ny = x * k")
    assert nb.ns["k"] == 5
    assert type(nb.ns["k"]) is int


def test_an_import_inside_the_cell_is_set(nb):
    nb.ns.pop("math", None)
    nb.ok("%%jit\nimport math\nimport os.path as p, collections.abc\ny = x * math.pi")
    assert nb.ns["math"].pi > 3
    assert nb.ns["p"].join
    assert nb.ns["collections"].abc


def test_a_failing_cell_sets_nothing(nb):
    nb.ok("y = 1")
    nb.fails("%%jit\ny = x * 2\n1 / 0", ZeroDivisionError)
    assert nb.ns["y"] == 1


def test_nothing_of_the_machinery_is_left_in_the_notebook(nb):
    before = set(nb.ns)
    nb.ok("%%jit\ny = x * 2\ny.sum()")
    assert {n for n in set(nb.ns) - before if not n.startswith("_")} == {"y"}
    assert not any("<" in name for name in nb.ns)
