"""The stage line in a real kernel: written by another thread, empty when JAX is done.

Nothing here waits for a time: what is staged goes on when the line has been written.
"""

import re
import sys
from types import SimpleNamespace

import jax
import pytest

from jaxplore.magics.beside.livestage import LiveStage
from tests.magics.test_kernel import Client, started

SETUP = """
import os, threading, time, jax, jax.numpy as jnp
from jaxplore.magics.beside.livestage import LiveStage
from jaxplore.model.compiles import LineCount
from jaxplore.public.persistentcache import cache

class Compiling:
    function, equations, lines = "train_step", 52_310, ()

asked, compiling = [], [None]

def running(thread_id):
    asked.append(thread_id)
    return compiling[0]

def seen(times=3):
    # Asked before each line is written: at the third time two lines are.
    asked.clear()
    end = time.monotonic() + 60
    while len(asked) < times and time.monotonic() < end:
        time.sleep(0.01)  # in the kernel: polls for what the watching thread does

live, depth = LiveStage(get_ipython(), running), [0]

def before(info):
    depth[0] += 1
    if depth[0] == 1:
        asked.clear()
        live.begin()

def after(result):
    depth[0] = max(depth[0] - 1, 0)
    if depth[0] == 0:
        live.end()

get_ipython().events.register("pre_run_cell", before)
get_ipython().events.register("post_run_cell", after)
"""
# Not traced before, so it is traced until lines are written.
TRACES = "_ = jax.make_jaxpr(lambda x: (seen(), x)[1])(1.0)"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    manager, client = started([("JAXPLORE_DETERMINISTIC", "")])
    k = Client(client)
    directory = tmp_path_factory.mktemp("cache")
    reply, outputs = k.run(SETUP + f"directory = {str(directory)!r}\n")
    assert (reply["status"], outputs) == ("ok", [])
    yield k
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def lines(outputs):
    """(text or bundle, view) of one display that was written over."""
    kinds = [kind for kind, _ in outputs]
    assert kinds == ["display_data"] + ["update_display_data"] * (len(outputs) - 1)
    assert len({content["transient"]["display_id"] for _, content in outputs}) == 1
    return [
        (content["data"].get("text/plain"), content["metadata"]["jaxplore"]["view"])
        for _, content in outputs
    ]


@pytest.fixture
def k(kernel, monkeypatch):
    monkeypatch.setattr(
        "tests.magics.test_kernel.OUTPUTS",
        ("stream", "display_data", "update_display_data", "execute_result", "error"),
    )
    return kernel


def test_tracing_is_shown_with_its_line_and_cleared_at_the_end(k):
    _, outputs = k.run("def step(x):\n    seen()\n    return x\n_ = jax.make_jaxpr(step)(1.0)")
    *shown, last = lines(outputs)
    assert last == (None, "stage")
    assert outputs[-1][1]["data"] == {}
    assert shown
    for text, view in shown:
        assert re.fullmatch(r"JAX traces step: \d+ s, at cell 1 line \d+", text)
        assert view == "stage"


def test_xla_is_shown_with_the_count(k):
    k.run("""
cache(directory=directory)
def wait(event, **facts):
    if event.endswith("compile_requests_use_cache") and compiling[0]:
        seen()
jax.monitoring.register_event_listener(wait)
f, x = jax.jit(lambda x: x * 7), jnp.arange(3)
""")
    _, outputs = k.run("compiling[0] = Compiling; f(x); compiling[0] = None")
    k.run("jax.monitoring.unregister_event_listener(wait); cache(False)")
    *shown, last = lines(outputs)
    assert last == (None, "stage")
    assert shown
    for text, view in shown:
        assert re.fullmatch(
            r"XLA compiles train_step \(52,310 equations\): \d+ s, "
            r"an interrupt waits until it ends",
            text,
        )
        assert view == "stage"


def test_the_line_is_empty_as_soon_as_jax_is_done(k):
    _, outputs = k.run(f"{TRACES}\nseen(2)\nprint('computed')")
    assert [kind for kind, _ in outputs][-2:] == ["update_display_data", "stream"]
    assert outputs[-2][1]["data"] == {}


def test_a_widget_that_captures_outputs_gets_no_line(k):
    _, outputs = k.run(f"import ipywidgets\nout = ipywidgets.Output()\nwith out:\n    {TRACES}\n")
    assert [content["metadata"] for _, content in outputs if "metadata" in content] == []


def test_a_short_cell_shows_nothing(k):
    assert k.run("_ = jnp.ones(3) + 1")[1] == []


def test_a_cell_that_fails_ends_its_line(k):
    reply, outputs = k.run("def g(x):\n    seen()\n    1 / 0\njax.make_jaxpr(g)(1.0)")
    assert reply["ename"] == "ZeroDivisionError"
    *shown, last = lines([output for output in outputs if output[0] != "error"])
    assert (bool(shown), last) == (True, (None, "stage"))


def test_a_captured_cell_captures_the_users_outputs_only(k):
    _, outputs = k.run(f"%%capture out\n{TRACES}\nlive.warn(Compiling)")
    assert outputs == []
    assert k.value("(out.outputs, out.stdout, out.stderr)") == "([], '', '')"


def test_a_checked_notebook_is_not_watched(k):
    k.run("os.environ['JAXPLORE_DETERMINISTIC'] = '1'")
    code = "[t.name for t in threading.enumerate() if t.name == 'jaxplore-stage']"
    _, outputs = k.run(f"live.warn(Compiling)\n{code}")
    k.run("os.environ['JAXPLORE_DETERMINISTIC'] = ''")
    assert [content["data"] for _, content in outputs] == [{"text/plain": "[]"}]


def test_the_warning_is_an_output_of_its_own_that_stays(k):
    _, outputs = k.run("live.warn(Compiling)")
    [(kind, content)] = outputs
    assert (kind, content["metadata"]) == ("display_data", {"jaxplore": {"view": "warning"}})
    assert content["data"]["text/plain"].startswith("train_step has 52,310 equations: XLA may")
    assert content["data"]["text/html"].startswith('<div class="jaxplore-finding"')
    assert content["data"]["text/plain"] in content["data"]["text/html"]


def test_no_warning_without_a_cell(k):
    k.run("threading.Thread(target=lambda: (live.end(), live.warn(Compiling))).start()")
    assert k.run("")[1] == []


class Terminal:
    """A terminal's stderr."""

    def __init__(self, *, interactive):
        self.interactive = interactive
        self.written = ""

    def isatty(self):
        return self.interactive

    def write(self, text):
        self.written += text

    def flush(self):
        pass


@pytest.mark.parametrize("interactive", [True, False])
def test_a_terminal_gets_one_line_that_is_wiped_and_a_pipe_none(monkeypatch, interactive):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    monkeypatch.setattr(sys, "stderr", Terminal(interactive=interactive))
    asked = []
    live = LiveStage(SimpleNamespace(display_pub=None), asked.append)

    def step(x):
        while len(asked) < 3:
            pass
        return x

    live.begin()
    jax.make_jaxpr(step)(1.0)
    live.end()
    if interactive:
        line = r"\r\x1b\[KJAX traces \S+step: \d+ s, at test_live_stage.py line \d+"
        assert re.fullmatch(rf"({line})+\r\x1b\[K", sys.stderr.written)
    else:
        assert sys.stderr.written == ""
