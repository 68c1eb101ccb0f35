"""Nothing the user runs changes because jaxplore is loaded."""

import contextlib
import sys

import pytest

CELLS = [
    "1 + 1",
    "_ + 1",
    "__",
    "print('out')\nimport sys\nprint('err', file=sys.stderr)",
    "1 / 0",
    "def f(a):\n    return a.nothing\nf(3)",
    "import jax\njax.jit(lambda a: a.nothing)(1.0)",
    "import jax, jax.numpy as jnp\nx = jnp.arange(3.0)\nx",
    "jax.jit(lambda a, b: a + b)(x, jnp.ones(5))",
    "@jax.jit\ndef g(a):\n    if a > 0:\n        return a\ng(1.0)",
    "jax.grad(lambda a: a * a)(3.0)",
    "def (",
    "raise KeyboardInterrupt",
    "from IPython.display import display, HTML\ndisplay(HTML('<b>b</b>'))\n5;",
    "%pwd",
    "!echo hi",
    "In[-1], sorted(Out)",
    "import warnings\nwarnings.warn('mine')",
]


def recorded(notebook, capsys):
    """What every cell gave: values, displays, streams, tracebacks."""
    rows = []
    for cell in CELLS:
        with _warns(cell):
            ran = notebook.run(cell)
        streams = capsys.readouterr()
        shown = [(s.kind, s.data) for s in ran.shown if s.view is None]
        rows.append((cell, repr(ran.result.result), shown, streams, ran.traceback, repr(ran.error)))
    return rows


def _warns(cell):
    return pytest.warns(UserWarning, match="mine") if "warn" in cell else contextlib.nullcontext()


def test_cells_give_the_same_with_and_without_jaxplore(bare, capsys):
    plain = recorded(bare, capsys)
    bare.shell.reset(new_session=True)
    bare.load()
    observed = recorded(bare, capsys)
    for one, other in zip(plain, observed, strict=True):
        assert one == other


def test_traceback_frames_are_the_same_with_and_without_jaxplore(bare):
    cell = (
        "import jax, traceback\ntry:\n    jax.jit(lambda a: a.nothing)(1.0)\n"
        "except AttributeError as e:\n    text = traceback.format_exc()"
    )
    bare.ok(cell)
    plain = bare.ns["text"]
    bare.load()
    bare.ok(cell)
    strip = lambda text: [line for line in text.splitlines() if "ipython-input" not in line]
    assert strip(bare.ns["text"]) == strip(plain)


def test_history_and_results_count_as_always(nb):
    before = nb.shell.execution_count
    nb.ok("%%jit\nx * 2")
    nb.ok("%%grad\nx.sum()")
    nb.ok("%jaxpr jnp.sin(x)")
    assert nb.shell.execution_count == before + 3
    assert nb.ns["In"][before].startswith("get_ipython().run_cell_magic('jit'")
    assert sorted(n for n in nb.ns["Out"] if n >= before) == [before, before + 1]


def test_underscores_hold_the_last_results(nb):
    nb.ok("%%jit\nx.sum()")
    nb.ok("%%jit\nx.sum() * 2")
    nb.ok("%%jit\nx.sum() * 3")
    assert [float(nb.ns[name]) for name in ("_", "__", "___")] == [18.0, 12.0, 6.0]


def test_no_output_goes_to_the_streams(nb, capsys):
    nb.ok("%%jit\ny = x * 2")
    nb.ok("%jaxpr jnp.sin(x)")
    nb.ok("%ledger")
    said = capsys.readouterr()
    assert said.out + said.err == ""


def test_no_new_names_in_the_notebook(bare):
    before = set(bare.ns)
    bare.load()
    assert set(bare.ns) == before


def test_the_display_hook_and_excepthook_stay(bare):
    before = (sys.displayhook, sys.excepthook, sys.settrace, sys.stdout, sys.stderr)
    bare.load()
    bare.ok("1 + 1")
    assert (sys.displayhook, sys.excepthook, sys.settrace, sys.stdout, sys.stderr) == before


def test_composed_magics_work(nb, capsys):
    nb.ok("%%time\n%%jit\ny = x * 2")
    assert float(nb.ns["y"].sum()) == 12.0
    nb.ok("%%capture out\n%%jit\ny = x * 3\nprint('hi')")
    assert float(nb.ns["y"].sum()) == 18.0
    assert nb.ns["out"].stdout == "hi\n"


def test_expressions_of_curly_brackets_are_not_expanded(nb):
    nb.ok("k = 3\ndef f(d):\n    return d['a'] * k")
    assert nb.ok("%jaxpr f({'a':x})").of("jaxpr")
    assert nb.ok("%jaxpr f({'a':k})").of("jaxpr")
