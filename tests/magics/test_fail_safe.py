"""A fault inside jaxplore is one quiet line; the user's cell works, and so does the next."""

import importlib
import re

import numpy as np
import pytest

FOUR = np.arange(4.0)
QUIET = re.compile(r"^jaxplore could not .+ \(RuntimeError: planted\); your code was not affected$")

PLAIN = "f = jax.jit(lambda a: a * 2)\nf(x)"
PROGRAM = "%%jit\ny = x * 2\ny"
FUNCTIONS = "%%jit\ndef f(a):\n    return a * 2\nf(x)"
GRADIENT = "%%grad\n(x**2).sum()"

# What fails -> the cells in which it may be noticed.
PLANTED = {
    "jaxplore.capture.compiles.miss:MissBuilder.of_miss": (PLAIN, PROGRAM, FUNCTIONS),
    "jaxplore.capture.compiles.miss:MissBuilder.of_stage": (PLAIN, PROGRAM),
    "jaxplore.capture.compiles.observer:Observer._enter_run": (PLAIN, PROGRAM),
    "jaxplore.capture.compiles.observer:Observer._leave_run": (PLAIN, PROGRAM),
    "jaxplore.capture.compiles.observer:Observer._enter_impl": (PLAIN, PROGRAM),
    "jaxplore.capture.compiles.observer:Observer._leave_impl": (PLAIN, PROGRAM),
    "jaxplore.capture.compiles.observer:Observer._on_stage": (PLAIN,),
    "jaxplore.capture.compiles.observer:Observer._note_stage": (PLAIN,),
    "jaxplore.capture.compiles.observer:Observer._claim_trace": (PLAIN,),
    "jaxplore.capture.compiles.observer:Observer._emit": (PLAIN,),
    "jaxplore.capture.source.files:_Cells.get": (PLAIN, PROGRAM, FUNCTIONS),
    "jaxplore.capture.source.files:_Cells.name": ("x * 2", PLAIN, PROGRAM, FUNCTIONS),
    "jaxplore.capture.source.files:owner": (PLAIN, PROGRAM, FUNCTIONS),
    "jaxplore.capture.source.files:source_lines": (PLAIN, PROGRAM),
    "jaxplore.capture.source.files:display_name": (PLAIN, PROGRAM),
    "jaxplore.advise.compiles.causes:Explainer.explain": (PLAIN, PROGRAM),
    "jaxplore.advise.compiles.causes:unexplained": (PLAIN,),
    "jaxplore.session:Observation.record": (PLAIN,),
    "jaxplore.model.ledger:Ledger.append": (PLAIN,),
    "jaxplore.views.compiles.ledger:cell_line": (PLAIN, PROGRAM),
    "jaxplore.views.compiles.ledger:html": (PLAIN, PROGRAM),
    "jaxplore.magics.outputs:show_compiles": (PLAIN, PROGRAM, FUNCTIONS),
    "jaxplore.magics.outputs:deterministic": (PLAIN,),
    "jaxplore.magics.cells:RunningCells.begin": ("x * 2", PLAIN, PROGRAM, FUNCTIONS),
    "jaxplore.magics.notebook:Notebook._new_rows": ("x * 2", PLAIN, PROGRAM),
    "jaxplore.magics.cells:RunningCells.compile_as_cell": (PROGRAM, FUNCTIONS, GRADIENT),
    "jaxplore.magics.cell.text:locate": (PROGRAM, FUNCTIONS, GRADIENT),
    "jaxplore.magics.cell.constants:freeze": ("n = 2", "%%jit\nn = 2\nx * n", "%%jit\nx * int(2)"),
    "jaxplore.capture.functions.fingerprint:_Freezer.freeze": (PROGRAM, FUNCTIONS),
    "jaxplore.transforms.known:fingerprint": (FUNCTIONS,),
    "jaxplore.transforms.kept:Kept.find": (FUNCTIONS,),
    "jaxplore.transforms.kept:Kept.keep": (FUNCTIONS,),
}


def planted(monkeypatch, place):
    """Make a function raise."""
    module, path = place.split(":")
    owner = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    assert hasattr(owner, name), f"{place} is gone: name what took its place"

    def fails(*_args, **_options):
        raise RuntimeError("planted")

    monkeypatch.setattr(owner, name, fails)


CASES = [(place, cell) for place, cells in PLANTED.items() for cell in cells]


@pytest.mark.parametrize(("place", "cell"), CASES)
def test_the_cell_works_and_so_does_the_next(nb, place, cell):
    nb.ok("n = 2")
    with pytest.MonkeyPatch.context() as patch:
        planted(patch, place)
        ran = nb.run(cell)
    assert ran.error is None, ran.traceback
    assert len(ran.faults) <= 1, ran.faults
    assert all(QUIET.match(line) for line in ran.faults)
    if "y" in cell:
        np.testing.assert_allclose(nb.ns["y"], FOUR * 2)
    if not cell.startswith(("n =", "%%grad")):
        np.testing.assert_allclose(ran.value, FOUR * 2)
        assert len(ran.results) == 1
    after = nb.ok("%%jit\nz = x * 3\nz")
    np.testing.assert_allclose(after.value, FOUR * 3)
    assert after.line == "1 compile · cell: first call"


SHOWN = {
    "jaxplore.views.programs.program:text": ("%jaxpr f(x)", "%explore f(x)", "%%jit --show\nx * 2"),
    "jaxplore.views.programs.program:html": ("%jaxpr f(x)", "%explore f(x)", "%%jit --show\nx * 2"),
    "jaxplore.views.programs.program:stage_text": ("%hlo f(x)",),
    "jaxplore.views.pages.page:payload": ("%explore f(x)",),
    "jaxplore.views.compiles.ledger:table": ("%ledger",),
    "jaxplore.views.gradient.cellline:gradient_line": (GRADIENT,),
    "jaxplore.capture.programs.program:_program": (
        "%jaxpr f(x)",
        "%explore f(x)",
        "%%jit --show\nx * 2",
        "%%jit -o p\nx * 2",
    ),
    "jaxplore.capture.programs.walk:Walk.__init__": ("%jaxpr f(x)", "%%jit --show\nx * 2"),
    "jaxplore.public.look:explore": ("%explore f(x)", "%%jit --show\nx * 2"),
    "jaxplore.public.look:captured": ("%jaxpr f(x)", "%%jit --show\nx * 2"),
    "jaxplore.widgets.explorer:script": ("%explore f(x)",),
    "jaxplore.capture.programs.hlo:read_hlo": ("%hlo f(x)",),
    "jaxplore.capture.programs.stablehlo:read_stablehlo": ("%explore f(x)",),
}
SHOWN_CASES = [(place, cell) for place, cells in SHOWN.items() for cell in cells]


@pytest.mark.parametrize("deterministic", ["1", ""])
@pytest.mark.parametrize(("place", "cell"), SHOWN_CASES)
def test_a_display_that_fails_is_one_quiet_line(nb, monkeypatch, place, cell, deterministic):
    nb.ok("def f(a):\n    return a * 2")
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", deterministic)
    with pytest.MonkeyPatch.context() as patch:
        planted(patch, place)
        ran = nb.run(cell)
    assert ran.error is None, ran.traceback
    assert len(ran.faults) <= 1
    assert all(QUIET.match(line) for line in ran.faults)
    if cell.startswith("%%jit"):
        np.testing.assert_allclose(ran.value, FOUR * 2)
    nb.ok("%jaxpr f(x)")


def test_the_quiet_line_is_written_once_per_cell(nb, monkeypatch):
    planted(monkeypatch, "jaxplore.capture.compiles.miss:MissBuilder.of_miss")
    for _ in range(2):
        ran = nb.run("for n in range(5):\n    y = jax.jit(lambda a, n=n: a + n)(x)")
        assert ran.faults == [
            "jaxplore could not observe a cache miss (RuntimeError: planted); "
            "your code was not affected"
        ]


HOSTILE = {
    "hash": "class A:\n    def __eq__(self, o):\n        return True\n"
    "    def __hash__(self):\n        raise OSError",
    "eq": "class A:\n    def __eq__(self, o):\n        raise OSError\n"
    "    def __hash__(self):\n        return 1",
    "eq of arrays": "class A:\n    def __eq__(self, o):\n        return np.ones(3) == 1\n"
    "    def __hash__(self):\n        return 1",
    "repr": "class A:\n    def __repr__(self):\n        raise OSError",
    "int repr": "class A(int):\n    def __repr__(self):\n        raise OSError",
    "getattr": "class A:\n    def __getattr__(self, name):\n        raise OSError(name)",
    "bool and len": "class A:\n    def __bool__(self):\n        raise OSError\n"
    "    def __len__(self):\n        raise OSError",
    "class": "class A:\n    @property\n    def __class__(self):\n        raise OSError",
    "frozen without its field": "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass A:\n"
    "    k: int = dataclasses.field(init=False)",
    "name": "class A:\n    @property\n    def __name__(self):\n        raise OSError",
    "shape": "class A:\n    shape = dtype = property(lambda self: 1 / 0)",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_objects_can_be_constants(nb, name):
    nb.ok(f"{HOSTILE[name]}\nv = A()")
    for _ in range(2):
        np.testing.assert_allclose(nb.ok("%%jit\nw = v\nx * 2").value, FOUR * 2)
    # Not as a cell: IPython itself looks at `v` then, and stumbles over some of these.
    nb.ns["v"] = nb.ns["A"]()
    np.testing.assert_allclose(nb.ok("%%jit\nw = v\nx * 2").value, FOUR * 2)
    np.testing.assert_allclose(nb.ok("%%grad x\nw = v\n(x**2).sum() / 1").value, 14.0)
    assert nb.ok("%%jit --name step\nw = v\nx * 2")
    nb.ok("%%jit\ndef f(a):\n    w = v\n    return a * 2\nf(x)")
