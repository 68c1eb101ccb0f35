"""XLA's passes behind a click of the live widget: asked for, told, kept, cancelled."""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

import jaxplore
from jaxplore.capture.passes.asking import asked
from jaxplore.capture.passes.process import capture_passes
from jaxplore.model.passes import Pass, Passes
from jaxplore.model.program import Stage
from jaxplore.model.wire.passes import encode_passes
from jaxplore.views.pages import page
from jaxplore.views.programs import passes as passes_view
from jaxplore.widgets.live import ExplorerWidget

ONE = Pass(
    name="algsimp",
    words="simplify algebra",
    pipeline="simplification",
    before_instructions=3,
    after_instructions=2,
    diff=Stage(text="@@ -1,1 +1,1 @@\n-a\n+b", links=()),
)
FOUND = Passes(name="f", first=Stage(text="a", links=()), passes=(ONE,), seconds=0.5)


class Compiler:
    """Stands for XLA: waits to be told how it ends."""

    def __init__(self, ends: Passes | Exception = FOUND) -> None:
        self.ends = ends
        self.go = Event()
        self.calls = 0

    def __call__(self, *, timeout_s: float, say: Any, stop: Event) -> Passes:
        self.calls += 1
        say("XLA compiles: 3 passes changed something")
        while not self.go.wait(0.01):
            if stop.is_set():
                return replace(FOUND, passes=(), error="XLA was stopped: cancelled")
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends


def widget_with(compiler: Compiler | None, **payload: Any) -> ExplorerWidget:
    return ExplorerWidget(payload, 0, compiler)


def ask(widget: ExplorerWidget, what: str, serial: int = 0) -> None:
    widget.request = {"what": what, "serial": serial}


def until(widget: ExplorerWidget, state: str) -> dict[str, Any]:
    end = time.monotonic() + 20
    while widget.passes["state"] != state:
        assert time.monotonic() < end, widget.passes
        time.sleep(0.01)
    return widget.passes


def test_what_the_page_may_ask_for_depends_on_what_there_is():
    data = passes_view.payload(FOUND)
    assert widget_with(None).passes == {"state": "none"}
    assert widget_with(Compiler()).passes == {"state": "ready"}
    assert widget_with(Compiler(), passes=data).passes == {"state": "done", "data": data}


def test_a_click_runs_xla_beside_the_kernel_and_gives_its_passes():
    compiler = Compiler()
    widget = widget_with(compiler)
    ask(widget, "passes")
    running = until(widget, "running")
    while "elapsed_s" not in running or running["step"] == "starting":
        running = widget.passes
    assert running["step"] == "XLA compiles: 3 passes changed something"
    ask(widget, "passes", 1)  # an impatient second click
    compiler.go.set()
    assert until(widget, "done") == {"state": "done", "data": encode_passes(FOUND)}
    assert compiler.calls == 1


def test_a_click_on_cancel_stops_xla():
    widget = widget_with(Compiler())
    ask(widget, "passes")
    until(widget, "running")
    ask(widget, "cancel", 1)
    assert until(widget, "failed") == {"state": "failed", "error": "XLA was stopped: cancelled"}


def test_a_failure_keeps_the_passes_that_are_there():
    compiler = Compiler(ValueError("no process here"))
    compiler.go.set()
    data = passes_view.payload(FOUND)
    widget = widget_with(compiler, passes=data)
    ask(widget, "passes")
    assert until(widget, "failed") == {
        "state": "failed",
        "error": "no process here",
        "data": data,
    }


def test_passes_up_to_a_failure_are_shown_with_it():
    half = replace(FOUND, error="XLA was stopped after 60 s")
    compiler = Compiler(half)
    compiler.go.set()
    widget = widget_with(compiler)
    ask(widget, "passes")
    assert until(widget, "done")["data"] == encode_passes(half)


def test_closing_the_widget_stops_xla():
    compiler = Compiler()
    widget = widget_with(compiler)
    ask(widget, "passes")
    until(widget, "running")
    widget.close()
    until(widget, "failed")


def test_what_is_large_travels_compressed():
    def f(x: jax.Array) -> jax.Array:
        for _ in range(8):
            x = jnp.sin(x @ x) / 3
        return x

    found = capture_passes(asked(f, (jnp.ones((8, 8)),), {}))
    assert sorted(passes_view.payload(found)) == ["format", "gzip"]


CELL = """
import jax, jax.numpy as jnp
import jaxplore
from functools import partial
from jaxplore.capture.passes.asking import asked
from jaxplore.capture.passes.process import capture_passes
from jaxplore.views.pages import page
from jaxplore.widgets.live import ExplorerWidget
f, x = jax.grad(lambda x: jnp.tanh(x @ x).sum()), jnp.ones((8, 8))
program = jaxplore.program(f, x)
compiler = partial(capture_passes, asked(f, (x,), {}))
w = ExplorerWidget(page.payload(program), len(program.equations), compiler)
w.model_id
"""


@pytest.fixture
def client() -> Iterator[BlockingKernelClient]:
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel", "-f", "{connection_file}"],
        language="python",
        display_name="test",
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    manager.start_kernel(env={**os.environ, "PYTHONPATH": root})
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def test_cells_run_while_xla_works(client: BlockingKernelClient):
    seen: list[dict[str, Any]] = []

    def run(cell: str) -> str:
        def hook(message: dict[str, Any]) -> None:
            seen.append(message)

        reply = client.execute_interactive(
            cell, output_hook=hook, timeout=60, user_expressions={"v": "w.passes['state']"}
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return reply["content"]["user_expressions"]["v"]["data"]["text/plain"]

    assert run(CELL) == "'ready'"
    results = [m["content"] for m in seen if m["msg_type"] == "execute_result"]
    model = results[0]["data"]["text/plain"].strip("'")
    request = {"what": "passes", "serial": 1}
    data = {"method": "update", "state": {"request": request}, "buffer_paths": []}
    client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": model, "data": data}))
    states = [run(f"y = {number} + 1") for number in range(5)]
    # Each cell was answered while XLA's process was at work.
    assert states == ["'running'"] * 5
    assert run("w._job.wait(60)") == "'done'"
    assert run("assert w.passes['data']['format'] == 'jaxplore.passes/1'") == "'done'"


def test_an_explorer_page_may_hold_passes():
    program = jaxplore.program(lambda x: x + 1, jnp.ones(3))
    data = {**page.payload(program), "passes": passes_view.payload(FOUND)}
    compiler = partial(capture_passes, asked(lambda x: x + 1, (jnp.ones(3),), {}))
    widget = ExplorerWidget(data, len(program.equations), compiler)
    assert widget.passes == {"state": "done", "data": encode_passes(FOUND)}
