"""Running a `%%jit` cell again: rarer changes that it must see, and what it costs no compile."""

import importlib
import sys

import numpy as np
import pytest

FOUR = np.arange(4.0)

MUST_RETRACE = {
    "int to numpy int": ("n = 2", "n = np.int64(3)", "x * n"),
    "order of a set": (
        "n = set(); n.add(0); n.add(8)",
        "n = set(); n.add(8); n.add(0)",
        "x * (2 if list(n) == [0, 8] else 3)",
    ),
    "class of an array": (
        "class A(np.ndarray):\n    def k(self):\n        return 2\n"
        "class B(np.ndarray):\n    def k(self):\n        return 3\n"
        "class H:\n    pass\nn = H()\nn.a = np.ones(1).view(A)",
        "n.a = np.ones(1).view(B)",
        "x * n.a.k()",
    ),
    "object in a class attribute": (
        "class K:\n    k = 2\nclass C:\n    o = K()\nn = C",
        "n.o.k = 3",
        "x * n.o.k",
    ),
    "globals of a helper by text": (
        "k = 2\ndef n():\n    return globals()['k']",
        "k = 3",
        "x * n()",
    ),
    "private slot": (
        "class C:\n    __slots__ = ('__k',)\n    def put(self, k):\n        self.__k = k\n"
        "    def get(self):\n        return self.__k\nn = C()\nn.put(2)",
        "n.put(3)",
        "x * n.get()",
    ),
    "number that hides its value": (
        "class I(int):\n    def __repr__(self):\n        return 'I'\nn = I(2)",
        "n = I(3)",
        "x * int(n)",
    ),
    "code replaced in place": (
        "def n(a):\n    return 2 * a",
        "n.__code__ = (lambda a: 3 * a).__code__",
        "n(x)",
    ),
    "factory": (
        "def make(k):\n    def n(a):\n        return k * a\n    return n\nn = make(2)",
        "n = make(3)",
        "n(x)",
    ),
}


@pytest.mark.parametrize("name", MUST_RETRACE)
def test_a_change_is_never_missed(nb, name):
    setup, change, cell = MUST_RETRACE[name]
    nb.ok(setup)
    for _ in range(2):
        np.testing.assert_allclose(nb.ok(f"%%jit\n{cell}").value, 2 * FOUR)
    nb.ok(change)
    np.testing.assert_allclose(nb.ok(f"%%jit\n{cell}").value, 3 * FOUR)


def test_a_static_float_is_compiled_in(nb):
    for k in (2.0, 3.0, 2.0):
        nb.ok(f"n = {k}")
        np.testing.assert_allclose(nb.ok("%%jit --static n\nx * n").value, k * FOUR)
    assert nb.ok("%%jit --static n\nx * n").line == ""


def test_one_cell_in_two_places_is_one_program(nb):
    nb.ok("n = 2")
    assert nb.ok("%%jit\nx * n").line != ""
    nb.ok("n = 3")
    np.testing.assert_allclose(nb.ok("%%jit\nx * n").value, 3 * FOUR)
    nb.ok("n = 2")
    again = nb.ok("%%jit\nx * n")
    assert again.line == ""
    np.testing.assert_allclose(again.value, 2 * FOUR)


def test_a_helper_that_draws_random_numbers_is_traced_each_time(nb):
    nb.ok("import random\nrandom.seed(1)\ndef n():\n    return random.random()")
    values = [nb.ok("%%jit\nx * n()").value[1] for _ in range(2)]
    assert values[0] != values[1]


def test_a_reloaded_module_is_never_missed(nb, user_module, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    nb.ns["m"] = user_module("def f(a):\n    return 2 * a\n", "jxp_reloaded")
    np.testing.assert_allclose(nb.ok("%%jit\nm.f(x)").value, 2 * FOUR)
    (tmp_path / "jxp_reloaded.py").write_text("def f(a):\n    return 3 * a\n# longer\n")
    importlib.reload(sys.modules["jxp_reloaded"])
    np.testing.assert_allclose(nb.ok("%%jit\nm.f(x)").value, 3 * FOUR)


def test_functions_of_a_cell_are_reused_and_never_stale(nb):
    cell = "%%jit\ndef g(a):\n    return a * k\ndef f(a):\n    return g(a) + 1"
    for k, line in ((2, False), (2, True), (3, False)):
        nb.ok(f"k = {k}")
        nb.ok(cell)
        ran = nb.ok("y = f(x)\ny")
        np.testing.assert_allclose(ran.value, k * FOUR + 1)
        assert (ran.line == "") is line
