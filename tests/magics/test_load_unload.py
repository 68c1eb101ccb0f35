"""Loading, unloading and switching leave the shell as it was found."""

import jax._src.pjit as pjit
import pytest

import jaxplore
from jaxplore.errors import JaxploreError

MAGICS = (
    "jit",
    "grad",
    "gradient",
    "explore",
    "jaxpr",
    "hlo",
    "ledger",
    "placement",
    "devices",
    "spmd",
    "jaxplore",
)


def state(notebook):
    """Everything that loading may touch."""
    shell = notebook.shell
    return {
        "line magics": set(shell.magics_manager.magics["line"]),
        "cell magics": set(shell.magics_manager.magics["cell"]),
        "events": {name: list(found) for name, found in shell.events.callbacks.items()},
        "cache": "cache" in vars(shell.compile),
        "hooks": (pjit._run_python_pjit, pjit._pjit_call_impl_python),
        "names": set(shell.user_ns),
        "formatters": {
            mime: dict(formatter.type_printers)
            for mime, formatter in shell.display_formatter.formatters.items()
        },
    }


def test_unloading_restores_everything(bare):
    before = state(bare)
    bare.load()
    assert state(bare) != before
    bare.unload()
    assert state(bare) == before


def test_loading_twice_is_loading_once(bare):
    bare.load()
    once = state(bare)
    jaxplore.load_ipython_extension(bare.shell)
    assert state(bare) == once


def test_unloading_twice_is_unloading_once(bare):
    before = state(bare)
    bare.load()
    bare.unload()
    jaxplore.unload_ipython_extension(bare.shell)
    assert state(bare) == before


def test_reloading_gives_one_line_per_cell_and_an_empty_ledger(nb):
    nb.ok("%%jit\nx * 2")
    nb.ok("%reload_ext jaxplore")
    assert len(jaxplore.ledger()) == 0
    assert nb.ok("%%jit\nx * 3").line == "1 compile · cell: first call"


def test_the_extension_is_loaded_and_unloaded_from_cells(bare):
    bare.ok("%load_ext jaxplore")
    bare.ok("import jax.numpy as jnp\nx = jnp.ones(2)")
    assert bare.ok("%%jit\nx + 1").line
    bare.ok("%unload_ext jaxplore")
    assert "jit" not in bare.shell.magics_manager.magics["cell"]
    assert not bare.ok("import jax\njax.jit(lambda a: a - 7)(x)").line


def test_the_cell_that_loads_the_extension_shows_what_it_compiled(bare):
    ran = bare.ok("import jax\n%load_ext jaxplore\njax.jit(lambda a: a + 1)(1.0)")
    assert ran.line in ("", "1 compile · <lambda>: first call")


def test_magics_of_the_user_with_the_same_names_come_back(bare):
    bare.ok(
        "from IPython.core.magic import register_cell_magic, register_line_magic\n"
        "@register_cell_magic\ndef jit(line, cell):\n    return 'mine'\n"
        "@register_line_magic\ndef hlo(line):\n    return 'mine too'"
    )
    bare.load()
    bare.unload()
    assert bare.ok("%%jit\n1").value == "mine"
    assert bare.ok("%hlo 1").value == "mine too"


def test_a_magic_the_user_registered_after_loading_stays(nb):
    nb.ok(
        "from IPython.core.magic import register_cell_magic\n"
        "@register_cell_magic\ndef jit(line, cell):\n    return 'mine'"
    )
    nb.unload()
    assert nb.ok("%%jit\n1").value == "mine"


def test_without_a_load_there_is_no_ledger(bare):
    with pytest.raises(JaxploreError, match=r"%load_ext jaxplore"):
        jaxplore.ledger()


def test_quiet_records_and_shows_nothing(nb):
    said = nb.ok("%jaxplore quiet").of("mode")
    assert [s.text for s in said] == ["jaxplore quiet: record compiles, show no line by itself"]
    ran = nb.ok("%%jit\nx * 2")
    assert not ran.line
    assert [row.function for row in jaxplore.ledger() if row.kind != "eager"] == ["cell"]


def test_on_after_quiet_does_not_show_what_was_missed(nb):
    nb.ok("%jaxplore quiet")
    nb.ok("%%jit\nx * 2")
    assert not nb.ok("%jaxplore on").line
    assert nb.ok("%%jit\nx * 3").line == "1 compile · cell: first call"


def test_off_observes_nothing_and_undoes_the_hooks(bare):
    before = state(bare)["hooks"]
    bare.load()
    bare.ok("import jax.numpy as jnp\nx = jnp.ones(2)")
    bare.ok("%jaxplore off")
    assert state(bare)["hooks"] == before
    assert not bare.ok("%%jit\nx * 2").line
    assert bare.ok("%ledger").of("ledger")
    bare.ok("%jaxplore on")
    assert bare.ok("%%jit\nx * 3").line == "1 compile · cell: first call"
    bare.ok("%jaxplore off")
    bare.unload()
    assert state(bare)["hooks"] == before


def test_on_twice_is_on_once(nb):
    nb.ok("%jaxplore on")
    nb.ok("%jaxplore on")
    assert nb.ok("%%jit\nx * 2").line == "1 compile · cell: first call"


@pytest.mark.parametrize("line", ["%jaxplore", "%jaxplore help"])
def test_help_names_every_magic(nb, line):
    [shown] = nb.ok(line).of("help")
    for name in MAGICS:
        assert f"%{name}" in shown.text
    assert max(map(len, shown.text.splitlines())) < 90


def test_an_unknown_mode_is_an_error_in_three_parts(nb):
    ran = nb.fails("%jaxplore loud", JaxploreError)
    assert str(ran.error) == (
        "%jaxplore does not know this mode.\nGot: loud\nDo: use one of on, quiet, off, cache, help."
    )
    assert "jaxplore/magics" not in ran.traceback


def test_every_magic_has_a_help_text(nb):
    for kind, found in nb.shell.magics_manager.magics.items():
        for name, function in found.items():
            if name in MAGICS and hasattr(function, "__self__"):
                assert function.__doc__, (kind, name)
