"""Every import goes down the diagram of the design, function-local ones too."""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Layer -> (what it may import from jaxplore, third party).
BASE = {"errors", "faults"}
ALLOWED = {
    "errors": (set(), set()),
    "faults": (set(), set()),
    "model": ({"errors"}, set()),
    "capture": (BASE | {"model"}, {"jax", "numpy"}),
    "transforms": (BASE | {"model", "capture"}, {"jax", "numpy"}),
    "advise": (BASE | {"model"}, set()),
    "views": (BASE | {"model", "advise"}, {"rich", "graphviz"}),
    "widgets": (BASE | {"model", "views"}, {"anywidget", "ipywidgets", "traitlets"}),
    # Python itself imports run/startup as sitecustomize; it hands over to another one.
    "run": (BASE | {"model", "capture", "views", "session"}, {"jax", "sitecustomize"}),
    "cli": (BASE | {"run", "public"}, set()),
}
TOP = {"IPython", "ipyparallel", "jax", "numpy", "pytest"}
HOOKS = "jaxplore/capture/_hooks.py"


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that a file imports, wherever it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "." * node.level + (node.module or "")
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rsplit(".", 1)[-1]
            name = node.args[0]
            if called in ("import_module", "__import__") and isinstance(name, ast.Constant):
                yield node.lineno, str(name.value)


def private_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, text) of every other way to reach `jax._src`: attributes and strings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "_src":
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in docstrings and "_src" in node.value.split(".")[:2]:
                yield node.lineno, repr(node.value)


def layer_of(path: str) -> str:
    return path.split("/")[1].removesuffix(".py")


def violations(sources: Mapping[str, str]) -> list[str]:
    """`file:line text` of every import that the diagram does not allow."""
    found: list[str] = []
    for path, source in sources.items():
        tree = ast.parse(source)
        layer = layer_of(path)
        for line, name in imports(tree):
            if not allowed(path, layer, name):
                found.append(f"{path}:{line} {name}")
        if path != HOOKS:
            found += [f"{path}:{line} {text}" for line, text in private_names(tree)]
    return found


def allowed(path: str, layer: str, name: str) -> bool:
    root, _, rest = name.partition(".")
    if not root:
        return False  # relative
    if name.startswith("jax._src"):
        return path == HOOKS
    if root == "jaxplore":
        target = rest.split(".")[0]
        return layer not in ALLOWED or target == layer or target in ALLOWED[layer][0]
    third_party = ALLOWED[layer][1] if layer in ALLOWED else TOP
    return root in sys.stdlib_module_names or root in third_party


def test_every_import_of_jaxplore_goes_down_the_diagram():
    files = sorted((ROOT / "jaxplore").rglob("*.py"))
    sources = {str(f.relative_to(ROOT)): f.read_text(encoding="utf-8") for f in files}
    assert "jaxplore/capture/_hooks.py" in sources
    assert violations(sources) == []


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        (
            "capture/x.py",
            "def f():\n  from jaxplore.views import dot",
            "2 jaxplore.views.dot",
        ),
        ("capture/x.py", "from jaxplore import views", "1 jaxplore.views"),
        ("capture/x.py", "import jaxplore.session", "1 jaxplore.session"),
        ("capture/x.py", "import jaxplore", "1 jaxplore"),
        ("views/x.py", "import jax", "1 jax"),
        ("views/x.py", "import jax.numpy as jnp", "1 jax.numpy"),
        ("views/x.py", "if TYPE_CHECKING:\n  from jax import Array", "2 jax.Array"),
        ("advise/x.py", "import numpy", "1 numpy"),
        ("model/x.py", "from jaxplore.faults import contained", "1 jaxplore.faults.contained"),
        ("widgets/x.py", "from jaxplore.capture import hlo", "1 jaxplore.capture.hlo"),
        ("transforms/x.py", "from .jit import jit", "1 .jit"),
        (
            "faults.py",
            "from jaxplore.errors import JaxploreError",
            "1 jaxplore.errors.JaxploreError",
        ),
        ("capture/x.py", "import jax._src.core", "1 jax._src.core"),
        ("capture/x.py", "from jax._src import core", "1 jax._src.core"),
        ("capture/x.py", "core = jax._src.core", "1 jax._src"),
        ("capture/x.py", "importlib.import_module('jax._src.core')", "1 jax._src.core"),
        ("capture/x.py", "getattr(jax, '_src')", "1 '_src'"),
        ("public/look.py", "def f():\n  import flax", "2 flax"),
        ("magics/x.py", "import anywidget", "1 anywidget"),
        ("views/x.py", "__import__('jax')", "1 jax"),
    ],
)
def test_a_planted_violation_is_found(path: str, source: str, said: str):
    assert f"jaxplore/{path}:{said}" in violations({f"jaxplore/{path}": source})


def test_what_the_diagram_allows_is_no_violation():
    sources = {
        "jaxplore/capture/x.py": "import json, jax.numpy\nfrom jaxplore.model.span import Span",
        "jaxplore/capture/_hooks.py": "from jax._src import core\nname = 'jax._src.pjit'",
        "jaxplore/views/x.py": '"""Not from jax._src."""\ndef f():\n  import graphviz, rich',
        "jaxplore/public/look.py": "from jaxplore.widgets.explorer import Explorer",
    }
    assert violations(sources) == []
