"""A function defined again is the function that is already compiled."""

import gc
import importlib
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxplore
from jaxplore.capture.functions import coderead
from jaxplore.transforms.kept import kept

V3 = jnp.ones(3)
Notebook = Callable[..., dict[str, Any]]

F = "@jaxplore.jit\ndef f(x):\n    return x * {}\n"


def test_the_same_cell_run_twice_compiles_once(notebook: Notebook):
    with jaxplore.observe() as ledger:
        first = notebook(F.format(2))["f"]
        first(V3)
        second = notebook("\n\n# moved\n" + F.format(2))["f"]
        second(V3)
    assert second is first
    assert len([row for row in ledger if row.kind != "eager"]) == 1


@pytest.mark.parametrize(
    "source",
    [
        "k = 3\ndef helper(x): return x * k\n@jaxplore.jit\ndef f(x): return helper(x)",
        "f = jaxplore.jit(lambda x, n=2: x * n)",
        "@jaxplore.jit(static_argnames='n')\ndef f(x, n=1): return jnp.sin(x) * n",
        "table = {'a': [1, 2], 'b': (3.0, 'x')}\n@jaxplore.jit\ndef f(x): return x * table['a'][0]",
        "m = np.arange(3)\n@jaxplore.jit\ndef f(x): return x * m",
        "@jaxplore.jit\ndef f(x):\n    def g(y): return y * 2\n    return g(x)",
    ],
)
def test_an_unchanged_cell_gives_the_same_object(notebook: Notebook, source: str):
    assert notebook(source)["f"] is notebook(source)["f"]


@pytest.mark.parametrize(
    "module_source", ["k = {}\n", "def k(): return {}\nk = k()\n", "k = [{}]\n"]
)
def test_a_reloaded_module_is_new(
    notebook: Notebook, tmp_path: Path, module_source: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "their_module.py"
    path.write_text(module_source.format(2))
    cell = "import their_module\n" + F.format("int(np.asarray(their_module.k).reshape(()))")
    assert notebook(cell)["f"](V3).tolist() == [2, 2, 2]
    path.write_text(module_source.format(3) + "# longer\n")
    importlib.reload(sys.modules["their_module"])
    try:
        assert notebook(cell)["f"](V3).tolist() == [3, 3, 3]
    finally:
        del sys.modules["their_module"]


def test_a_module_attribute_that_is_set_is_seen(
    notebook: Notebook, user_module: Callable[..., Any]
):
    module = user_module("k = [2]\ndef g(): return k[0]", "theirs")
    cell = "import theirs\n" + F.format("theirs.g()")
    assert notebook(cell)["f"](V3).tolist() == [2, 2, 2]
    module.k[0] = 3
    assert notebook(cell)["f"](V3).tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("class C: pass\nc = C(); c.k = 2\ndef g(): return c.k", "c.k = 3"),
        ("class C: k = 2\ndef g(): return C.k", "C.k = 3"),
        ("import types\nm = types.SimpleNamespace(k=2)\ndef g(): return m.k", "m.k = 3"),
        ("def h(): return h.k\nh.k = 2\ndef g(): return h()", "h.k = 3"),
        ("def h(k=2): return k\ndef g(): return h()", "h.__defaults__ = (3,)"),
    ],
)
def test_a_change_inside_a_user_module_is_seen(
    notebook: Notebook, user_module: Callable[..., Any], source: str, change: str
):
    module = user_module(source, "theirs")
    cell = "import theirs\n" + F.format("theirs.g()")
    assert notebook(cell)["f"](V3).tolist() == [2, 2, 2]
    exec(change, vars(module))
    assert notebook(cell)["f"](V3).tolist() == [3, 3, 3]


def test_a_change_in_a_module_that_a_module_uses_is_seen(
    notebook: Notebook, user_module: Callable[..., Any]
):
    deep = user_module("k = 2", "deep")
    user_module("import deep\ndef g(): return deep.k", "theirs")
    cell = "import theirs\n" + F.format("theirs.g()")
    assert notebook(cell)["f"](V3).tolist() == [2, 2, 2]
    deep.k = 3
    assert notebook(cell)["f"](V3).tolist() == [3, 3, 3]


scalars = st.one_of(st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, -0.0, 1.0, 2.0]))
containers = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(containers, containers)
@settings(max_examples=60, deadline=None)
def test_a_function_of_a_global_is_reused_only_for_the_very_same_value(one: Any, other: Any):
    space: dict[str, Any] = {"jaxplore": jaxplore}
    source = "@jaxplore.jit\ndef f(x): return (x, value)"
    space["value"] = one
    exec(source, space)
    first = space["f"]
    space["value"] = other
    exec(source, space)
    # repr tells True from 1 from 1.0 and 0.0 from -0.0, and shows the order of dicts.
    assert (space["f"] is first) == (repr(one) == repr(other))


@given(st.lists(st.tuples(st.sampled_from("khg"), st.integers(0, 2)), max_size=8))
@settings(max_examples=40, deadline=None)
def test_no_order_of_edits_gives_a_stale_result(edits: list[tuple[str, int]]):
    cells = {
        "k": "k = {}",
        "h": "def h(y): return y + {} + k",
        "g": "def g(y): return h(y) * ({} + 1)",
    }
    space: dict[str, Any] = {"jaxplore": jaxplore}
    state = {"k": 0, "h": 0, "g": 0}
    for name, value in [("k", 0), ("h", 0), ("g", 0), *edits]:
        state[name] = value
        exec(cells[name].format(value), space)
        exec("@jaxplore.jit\ndef f(x): return g(x)", space)
        if all(part in space for part in "khg"):
            expected = (1.0 + state["h"] + state["k"]) * (state["g"] + 1)
            assert float(space["f"](1.0)) == expected


def test_two_notebooks_do_not_share_functions():
    spaces: list[dict[str, Any]] = [{"jaxplore": jaxplore, "k": 2}, {"jaxplore": jaxplore, "k": 2}]
    for space in spaces:
        exec("@jaxplore.jit\ndef f(x): return x * k", space)
    assert spaces[0]["f"] is not spaces[1]["f"]


def test_a_global_changed_after_reuse_is_jaxs_own_business(notebook: Notebook):
    """Without running the cell again `jax.jit` keeps its program too: the same here."""
    f = notebook("k = 2\n" + F.format("k"))["f"]
    assert f(V3).tolist() == [2, 2, 2]
    notebook("k = 3")
    assert f(V3).tolist() == [2, 2, 2]
    assert notebook(F.format("k"))["f"](V3).tolist() == [3, 3, 3]


def test_a_retrace_of_a_reused_function_reads_the_notebooks_globals(notebook: Notebook):
    notebook("k = 2\n" + F.format("k"))["f"](V3)
    f = notebook("k = 3\n" + F.format("k"))["f"]
    f(V3)
    again = notebook("k = 2\n" + F.format("k"))["f"]
    assert again(V3).tolist() == [2, 2, 2]
    assert again(jnp.ones(4)).tolist() == [2, 2, 2, 2]


def test_a_key_never_keeps_an_array_alive(notebook: Notebook):
    space = notebook("n = jnp.arange(5.0)\n" + F.format("n.sum()"))
    dead = weakref.ref(space["n"])
    kept.clear()
    del space["n"], space["f"]
    gc.collect()
    assert dead() is None


def test_only_the_latest_functions_are_kept(notebook: Notebook):
    functions = [weakref.ref(notebook(F.format(n))["f"]) for n in range(80)]
    notebook("f = None")
    gc.collect()
    assert sum(ref() is not None for ref in functions) <= 64


def test_a_helper_that_many_helpers_use_is_read_once(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
):
    """Two helpers per layer, each calling both of the next: 2**10 paths, 20 functions."""
    layers = ["def a0(x): return x\ndef b0(x): return x\n"]
    for n in range(1, 11):
        layers += [f"def {h}{n}(x): return a{n - 1}(x) + b{n - 1}(x)\n" for h in "ab"]
    read: list[str] = []
    code_of = coderead.key_of
    monkeypatch.setattr(coderead, "key_of", lambda code: read.append("") or code_of(code))
    notebook("".join(layers) + "@jaxplore.jit\ndef f(x): return a10(x)")
    assert len(read) <= 3 * 22


def test_threads_may_define_functions_at_the_same_time():
    results: list[Any] = []

    def work(n: int) -> None:
        space: dict[str, Any] = {"jaxplore": jaxplore}
        for _ in range(5):
            exec(F.format(n), space)
            results.append(float(space["f"](1.0)) == n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 20


@pytest.mark.parametrize("hostile", ["__eq__", "__hash__", "__getattr__"])
def test_an_object_that_cannot_be_compared_is_no_error(
    notebook: Notebook, hostile: str, quiet_lines: list[str]
):
    cell = (
        f"class H:\n    k = 2\n    def {hostile}(self, *a): raise {{}}\n"
        + ("" if hostile != "__eq__" else "    __hash__ = object.__hash__\n")
        + "h = H()\n"
        + F.format("h.k")
    ).format("AttributeError('no')" if hostile == "__getattr__" else "RuntimeError('no')")
    for _ in range(2):
        assert notebook(cell)["f"](V3).tolist() == [2, 2, 2]
