"""`%hlo --passes`, and explorers that can find the passes when they are asked."""

import os
import re
import time

import pytest

from jaxplore.errors import JaxploreError, OptionError
from jaxplore.magics import outputs
from tests.magics.test_kernel import Client, started

SETUP = "def f(a):\n    return jnp.tanh(a @ a.T).sum()\nm = jnp.ones((3, 3))"


def test_the_passes_as_text_and_as_html(nb):
    nb.ok(SETUP)
    number = nb.shell.execution_count - 1
    ran = nb.ok("%hlo --passes f(m)")
    [shown] = ran.of("passes")
    assert set(shown.data) == {"text/plain", "text/html"}
    lines = shown.text.splitlines()
    assert re.match(r"f: \d+ passes changed it, \d+ -> \d+ instructions", lines[0])
    assert "fold transposes into their users" in shown.text
    assert f"# cell {number} line 2: a @ a.T" in shown.text
    assert shown.data["text/html"].startswith("<details open")
    assert "<script" not in shown.data["text/html"]
    # Nothing that differs from run to run, and nothing in the ledger.
    assert (ran.of("progress"), ran.line, ran.results) == ([], "", [])


def test_the_progress_of_xla_is_one_line(nb, monkeypatch):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    nb.ok(SETUP)
    lines = [s.text for s in nb.ok("%hlo --passes f(m)").of("progress")]
    assert re.fullmatch(r"starting a process for XLA · \d\.\d s", lines[0])
    assert re.fullmatch(r"XLA, pass by pass: \d+\.\d s", lines[-1])


def test_what_has_no_passes_says_what_to_do(nb):
    nb.ok(SETUP)
    nb.ok("y = jax.jit(f)(m)")
    ran = nb.fails("%hlo --passes 0", OptionError)
    assert str(ran.error) == (
        "XLA cannot compile a row of %ledger again: JAX keeps its jaxpr alone.\n"
        "Got: 0\nDo: write the call: `%hlo --passes f(x)`."
    )
    ran = nb.fails("%hlo --passes", JaxploreError)
    assert str(ran.error) == (
        "%hlo --passes needs something to look at.\nGot: an empty line.\n"
        "Do: write a call, as in `%hlo --passes f(x)`."
    )
    nb.ok("jaxpr = jax.make_jaxpr(f)(m)")
    ran = nb.fails("%hlo --passes jaxpr", JaxploreError)
    assert "Cannot let XLA compile this again." in str(ran.error)
    ran = nb.fails("%hlo --passes f(nothing)", NameError)
    ran = nb.fails("%hlo --passes f(1)", Exception)
    assert "jaxplore" not in ran.traceback


@pytest.mark.parametrize("cell", ["e = %explore f(m)", "%%jit --show\ny = jnp.tanh(m @ m.T)"])
def test_what_a_magic_explores_can_be_compiled_again(nb, monkeypatch, cell):
    shown = []
    monkeypatch.setattr(outputs, "show_object", lambda value, view: shown.append(value))
    nb.ok(SETUP)
    nb.ok(cell)
    explorer = nb.ns["e"] if "e" in nb.ns else shown[0]
    assert explorer.widget().passes == {"state": "ready"}
    words = [found.words for found in explorer.passes().passes]
    assert "fold transposes into their users" in words


def test_a_compile_of_the_ledger_says_that_it_has_none(nb):
    nb.ok(SETUP)
    nb.ok("g = jax.jit(f)\ny = g(m)")
    nb.ok("e = %explore 0")
    assert nb.ns["e"].widget().passes == {"state": "none"}
    ran = nb.fails("e.passes()", JaxploreError)
    assert "Do: explore the function: explore(f, x).passes()." in str(ran.error)


@pytest.fixture
def kernel():
    manager, client = started([("JAXPLORE_DETERMINISTIC", "")])
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def ask(client, serial, what="passes", subshell=None):
    """What a page hears: the states, until its comm is closed."""
    comm = os.urandom(8).hex()
    data = {"serial": serial, "what": what}
    content = {"comm_id": comm, "target_name": "jaxplore.ask", "data": data}
    message = client.session.msg("comm_open", content)
    message["header"]["subshell_id"] = subshell
    client.shell_channel.send(message)
    heard = []
    while True:
        said = client.get_iopub_msg(timeout=60)
        if said["content"].get("comm_id") == comm:
            if said["msg_type"] == "comm_close":
                return heard
            heard.append(said["content"]["data"])


def subshell_of(client):
    """A second shell of the kernel, as JupyterLab makes one for a comm."""
    client.control_channel.send(client.session.msg("create_subshell_request"))
    return client.get_control_msg(timeout=20)["content"]["subshell_id"]


VIEW = "application/vnd.jaxplore.view.v1+json"


def explored(k):
    reply, outputs = k.run("%explore f(m)")
    assert reply["status"] == "ok", outputs
    [shown] = [content for kind, content in outputs if kind == "execute_result"]
    return shown["data"][VIEW]["ask"]


def test_the_page_of_a_kernel_asks_while_a_cell_runs(kernel):
    k = Client(kernel)
    k.run("%load_ext jaxplore\nimport jax, jax.numpy as jnp, time\n" + SETUP)
    serial = explored(k)
    subshell = subshell_of(kernel)
    kernel.execute("time.sleep(600)")
    start = time.monotonic()
    heard = ask(kernel, serial, subshell=subshell)
    assert time.monotonic() - start < 60
    steps = [state["state"] for state in heard]
    assert steps[-1] == "done"
    assert set(steps[:-1]) == {"running"}
    assert heard[1]["step"] == "starting a process for XLA"
    assert heard[-1]["data"]["format"] == "jaxplore.passes/1"
    assert ask(kernel, serial, subshell=subshell) == heard[-1:]
    assert ask(kernel, "another-1", subshell=subshell) == []


def test_an_unloaded_extension_answers_no_page(kernel):
    k = Client(kernel)
    k.run("%load_ext jaxplore\nimport jax, jax.numpy as jnp\n" + SETUP)
    serial = explored(k)
    k.run("%unload_ext jaxplore")
    assert ask(kernel, serial) == []
    k.run("import jaxplore")
    k.run("e = jaxplore.explore(f, m)")
    # Without the extension the function alone is enough, and what was forgotten stays so.
    assert ask(kernel, serial) == []
    assert k.value("e._repr_mimebundle_()[0]['" + VIEW + "']['ask'].endswith('-2')") == "True"
