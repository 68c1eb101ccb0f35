"""No change in a module goes unnoticed: edited and reloaded, set from outside, loaded late."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

WRITE = (
    "import importlib, pathlib, sys\nroot = pathlib.Path(ROOT)\n"
    "def put(name, text):\n    path = root / name\n    path.parent.mkdir(exist_ok=True)\n"
    "    path.write_text(text)\n    importlib.invalidate_caches()\n"
)
F = "@jaxplore.jit\ndef f(x):\n    return x * {}\n".format

MODULES: dict[str, tuple[str, str, str, str]] = {
    # What the file holds, then how the cell gets at it, what it uses, and what happens.
    "function by its module": ("def h(): return 2", "import jxp_file", "jxp_file.h()", "RELOAD"),
    "function by its name": ("def h(): return 2", "from jxp_file import h", "h()", "RELOAD"),
    "all names": ("def h(): return 2", "from jxp_file import *", "h()", "RELOAD"),
    "alias in a class": (
        "def h(): return 2",
        "import jxp_file\nclass C: h = staticmethod(jxp_file.h)",
        "C.h()",
        "RELOAD",
    ),
    "two functions deep": (
        "def a(): return 2\ndef b(): return a()\ndef c(): return b()",
        "import jxp_file",
        "jxp_file.c()",
        "RELOAD",
    ),
    "class": ("class C:\n    def m(s): return 2", "import jxp_file", "jxp_file.C().m()", "RELOAD"),
    "module in a list": ("k = 2", "import jxp_file\nms = [jxp_file]", "ms[0].k", "RELOAD"),
    "module passed on": (
        "k = 2",
        "import jxp_file\ndef read(m): return m.k",
        "read(jxp_file)",
        "jxp_file.k = 3",
    ),
    "module by another name inside": (
        "k = 2",
        "import jxp_file\ndef h():\n    m = jxp_file\n    return m.k",
        "h()",
        "jxp_file.k = 3",
    ),
    "attribute by text": ("k = 2", "import jxp_file", "getattr(jxp_file, 'k')", "jxp_file.k = 3"),
    "dictionary of a module": (
        "k = 2",
        "import jxp_file",
        "jxp_file.__dict__['k']",
        "jxp_file.k = 3",
    ),
    "list of loaded modules": (
        "k = 2",
        "import jxp_file",
        "sys.modules['jxp_file'].k",
        "jxp_file.k = 3",
    ),
    "import by text": (
        "k = 2",
        "import importlib, jxp_file",
        "importlib.import_module('jxp_file').k",
        "jxp_file.k = 3",
    ),
    "imported inside": (
        "k = 2",
        "def h():\n    from jxp_file import k\n    return k",
        "h()",
        "sys.modules['jxp_file'].k = 3",
    ),
    "attribute made when asked for": (
        "n = [2]\ndef __getattr__(name):\n    if name == 'k': return n[0]\n"
        "    raise AttributeError(name)",
        "import jxp_file",
        "jxp_file.k",
        "jxp_file.n[0] = 3",
    ),
    "special name": ("__version__ = 2", "import jxp_file", "jxp_file.__version__", "RELOAD"),
    "replaced in the list": (
        "k = 2",
        "import jxp_file",
        "jxp_file.k",
        "import types\njxp_file = types.ModuleType('jxp_file'); jxp_file.k = 3",
    ),
    "autoreload": (
        "def h(): return 2",
        "from jxp_file import h",
        "h()",
        "h.__code__ = (lambda: 3).__code__",
    ),
}


def play(tmp_path: Path, before: str, after: str) -> tuple[str, str]:
    setup = f"ROOT = {str(tmp_path)!r}\n{WRITE}\nsys.path.insert(0, ROOT)\n"
    undo = "def undo(): sys.path.remove(ROOT)\n"
    return setup + undo + before, after


@pytest.mark.parametrize("name", MODULES)
def test_a_changed_module_is_never_missed(
    never_stale: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    source, get, use, change = MODULES[name]
    if change == "RELOAD":
        text = source.replace("2", "3") + "\n# longer"
        change = f"put('jxp_file.py', {text!r})\nimport jxp_file; importlib.reload(jxp_file)\n{get}"
    cell = f"{get}\n{F(use)}"
    before = f"put('jxp_file.py', {source!r})\n{cell}"
    after = f"{change}\n{F(use)}"
    never_stale(*play(tmp_path, before, after))


def test_a_neighbour_imported_inside_is_never_missed(
    never_stale: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    h = "def h():\n    from . import jxp_b\n    from .jxp_b import k\n    return k + 0 * jxp_b.k"
    use = F("jxp_p.h()")
    before = (
        f"put('jxp_p/__init__.py', {h!r})\nput('jxp_p/jxp_b.py', 'k = 2')\n"
        f"import jxp_p, jxp_p.jxp_b\n{use}"
    )
    never_stale(*play(tmp_path, before, f"jxp_p.jxp_b.k = 3\n{use}"))


LIBRARY = {
    "function": ("optax.jxp_h = lambda: 2", "optax.jxp_h = lambda: 3", "optax.jxp_h()"),
    "number": ("optax.jxp_k = 2", "optax.jxp_k = 3", "optax.jxp_k"),
    "one of its own": ("optax.jxp_h = np.sin", "optax.jxp_h = np.cos", "optax.jxp_h(0.5)"),
    "global of a function put there": (
        "k = 2\ndef h(): return k\noptax.jxp_h = h",
        "k = 3",
        "optax.jxp_h()",
    ),
    "method of its class": (
        "optax.GradientTransformation.jxp_method = lambda s: 2\nt = optax.sgd(1.0)",
        "optax.GradientTransformation.jxp_method = lambda s: 3",
        "optax.GradientTransformation.jxp_method(t)",
    ),
}


@pytest.mark.parametrize("name", LIBRARY)
def test_what_the_user_puts_into_a_library_is_never_missed(
    never_stale: Callable[..., None], monkeypatch: pytest.MonkeyPatch, name: str
):
    optax = importlib.import_module("optax")
    for owner in (optax, optax.GradientTransformation):
        for attribute in ("jxp_h", "jxp_k", "jxp_method"):
            monkeypatch.setattr(owner, attribute, None, raising=False)
    first, change, use = LIBRARY[name]
    never_stale(f"import optax\n{first}\n{F(use)}", f"{change}\n{F(use)}")


def test_a_module_reloaded_without_a_change_compiles_again(
    compiles_again: Callable[..., int], user_module: Callable[..., object], tmp_path: Path
):
    user_module("def h(): return 2", "jxp_file")
    sys.path.insert(0, str(tmp_path))
    try:
        cell = "import jxp_file\n" + F("jxp_file.h()")
        assert compiles_again(cell) == 0
        assert compiles_again(cell, f"import importlib; importlib.reload(jxp_file)\n{cell}") == 1
    finally:
        sys.path.remove(str(tmp_path))
