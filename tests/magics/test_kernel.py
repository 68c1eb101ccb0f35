"""The extension in a real kernel: file names, message order, marks on outputs."""

import os
import re
import sys

import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

OUTPUTS = ("stream", "display_data", "execute_result", "error")


class Client:
    """Executes cells and gives the outputs in the order in which they arrive."""

    def __init__(self, client):
        self._client = client

    def run(self, cell, *, history=True, silent=False):
        outputs = []

        def hook(message):
            if message["msg_type"] in OUTPUTS:
                outputs.append((message["msg_type"], message["content"]))

        reply = self._client.execute_interactive(
            cell, store_history=history, silent=silent, output_hook=hook, timeout=60
        )
        return reply["content"], outputs

    def value(self, expression):
        reply = self._client.execute_interactive(
            "", user_expressions={"v": expression}, output_hook=lambda _: None, timeout=60
        )
        return reply["content"]["user_expressions"]["v"]["data"]["text/plain"]


def started(env=()):
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel", "-f", "{connection_file}"],
        language="python",
        display_name="test",
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    manager.start_kernel(
        env={**os.environ, "PYTHONPATH": root, "PYTHONWARNINGS": "default", **dict(env)}
    )
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return manager, client


@pytest.fixture(scope="module")
def kernel():
    manager, client = started([("JAXPLORE_DETERMINISTIC", "")])
    yield Client(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


@pytest.fixture
def k(kernel):
    reply, outputs = kernel.run(
        "%reset -f\n%reload_ext jaxplore\nimport jax, jax.numpy as jnp\nx = jnp.arange(4.0)"
    )
    assert reply["status"] == "ok", outputs
    return kernel


def test_the_first_cells_are_numbered_as_in_the_notebook():
    manager, client = started()
    try:
        k = Client(client)
        k.run("%load_ext jaxplore")
        k.run("import jax, jaxplore")
        _, outputs = k.run("y = jax.jit(lambda a: a + 1)(1.0)")
        assert outputs[0][1]["data"]["text/plain"].startswith("1 compile · ")
        assert k.value("[r.cell for r in jaxplore.ledger() if r.kind != 'eager']") == "[3]"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def test_what_jaxplore_adds_is_marked_and_comes_last(k):
    _, outputs = k.run("print('hi')\njax.jit(lambda a: a + 1)(x)")
    kinds = [kind for kind, _ in outputs]
    assert sorted(kinds) == ["display_data", "execute_result", "stream"]
    [added] = [content for kind, content in outputs if kind == "display_data"]
    assert added["metadata"] == {"jaxplore": {"view": "compiles"}}
    [own] = [content for kind, content in outputs if kind == "execute_result"]
    assert own["metadata"] == {}
    assert re.match(
        r"1 compile · .* \(trace \d+, lower \d+, XLA [\d,]+\) · <lambda>: first call",
        added["data"]["text/plain"],
    )


@pytest.mark.parametrize(
    ("cell", "view"),
    [
        ("%jaxpr jnp.sin(x)", "jaxpr"),
        ("%hlo jnp.sin(x)", "hlo"),
        ("%explore jnp.sin(x)", "explorer"),
        ("%ledger", "ledger"),
        ("%jaxplore help", "help"),
        ("%jaxplore quiet", "mode"),
        ("%%jit --show\ny = x * 7", "explorer"),
        ("%%grad\nx.sum()", "gradient"),
    ],
)
def test_every_output_of_a_magic_is_marked(k, cell, view):
    reply, outputs = k.run(cell)
    assert reply["status"] == "ok", outputs
    views = [c["metadata"].get("jaxplore", {}).get("view") for _, c in outputs if "metadata" in c]
    assert view in views


def test_a_program_cell_gives_its_value_and_its_line(k):
    reply, outputs = k.run("%%jit\ny = x * 2\ny.sum()")
    assert reply["status"] == "ok"
    assert sorted(kind for kind, _ in outputs) == ["display_data", "execute_result"]
    assert k.value("float(y.sum())") == "12.0"
    _, outputs = k.run("%%jit\ny = x * 2\ny.sum()")
    assert [kind for kind, _ in outputs] == ["execute_result"]


def test_spans_name_the_cell_and_not_the_temporary_file(k):
    reply, _ = k.run("%%jit\n\ndef f(a):\n    return 1 + jnp.sin(a)")
    k.run("import jaxplore\ns = jaxplore.program(f, x, stages=('jaxpr',)).equations[0].span")
    assert k.value("(s.file, s.line, s.column, s.text)") == repr(
        (f"cell {reply['execution_count']}", 4, 15, "jnp.sin(a)")
    )


def test_a_traceback_shows_the_cell_and_nothing_of_jaxplore(k):
    reply, outputs = k.run("%%jit\ny = x.sum()\nif y > 0:\n    y = -y")
    assert reply["ename"] == "TracerBoolConversionError"
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(outputs[0][1]["traceback"]))
    assert f"Cell In[{reply['execution_count']}], line 3" in text
    assert "----> 3 if y > 0:" in text
    assert "jaxplore" not in text


def test_silent_cells_show_nothing(k):
    assert k.run("jax.jit(lambda a: a + 3)(x)", silent=True)[1] == []
    assert k.run("1;")[1] == []


def test_cells_without_history_count_up(k):
    k.run("import jaxplore", history=False)
    k.run("jax.jit(lambda a: a + 3)(x)", history=False)
    k.run("jax.jit(lambda a: a + 4)(x)", history=False)
    numbers = k.value("[r.cell for r in jaxplore.ledger() if r.kind != 'eager'][-2:]")
    first, second = map(int, re.findall(r"\d+", numbers))
    assert second == first + 1


def test_output_of_threads_and_interrupts_leave_the_next_cell_alone(k):
    k.run("raise KeyboardInterrupt")
    _, outputs = k.run("y = jax.jit(lambda a: a + 5)(x)")
    assert [kind for kind, _ in outputs] == ["display_data"]


def test_a_semicolon_hides_the_value(k):
    _, outputs = k.run("%%jit\nx * 2;")
    assert [kind for kind, _ in outputs] == ["display_data"]


def test_unloading_in_the_kernel(k):
    k.run("%unload_ext jaxplore")
    assert k.run("y = jax.jit(lambda a: a + 6)(x)")[1] == []
    reply, _ = k.run("%%jit\nx")
    assert reply["ename"] == "UsageError"
