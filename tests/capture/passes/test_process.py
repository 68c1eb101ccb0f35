"""The worker: ends in time, leaves nothing behind, and what it did until then is kept."""

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer
from typing import Any, cast

import jax
import jax.numpy as jnp
import pytest

from jaxplore.capture.passes import process
from jaxplore.capture.passes.asking import asked
from jaxplore.capture.passes.process import capture_passes, environment
from jaxplore.capture.passes.request import Request
from jaxplore.errors import JaxploreError

pytestmark = pytest.mark.processes

STOPS = """
import os, signal, sys, time
sys.path += sys.argv[2:]
from jaxplore.capture import _hooks
from jaxplore.capture.passes import worker
_hooks_compile = _hooks.compile_module
def compile_module(*given):
    _hooks_compile(*given)
    %s
_hooks.compile_module = compile_module
worker.run(int(sys.argv[1]))
"""


class Start:
    """What the processes run: the worker something else."""

    def __init__(self, plain: str, worker: str) -> None:
        self.plain, self.worker = plain, worker

    def __mod__(self, names: tuple[str, str]) -> str:
        return self.worker if names[0] == "worker" else self.plain % names


class ClockThatJumps:
    """Goes on by this much at once when there is such a file."""

    def __init__(self, *, when: Path, by_s: float) -> None:
        self.when, self.by_s = when, by_s

    def monotonic(self) -> float:
        return time.monotonic() + self.by_s * self.when.exists()


def children() -> list[str]:
    mine = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return mine.read_text().split() if mine.exists() else []


@pytest.fixture(autouse=True)
def no_process_is_left():
    before = children()
    yield
    assert children() == before


def stops(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """After XLA has compiled, and before the worker could say so, it does this."""
    started = process._START
    monkeypatch.setattr(process, "_START", Start(started, STOPS % how))


def test_nothing_is_left_behind(temporary: Path, request_for_gradient: Request):
    assert capture_passes(request_for_gradient).error is None


def test_a_time_out_keeps_the_passes_that_are_there(
    temporary: Path,
    tmp_path_factory: pytest.TempPathFactory,
    request_for_gradient: Request,
    monkeypatch: pytest.MonkeyPatch,
):
    whole = capture_passes(request_for_gradient)
    compiled = tmp_path_factory.mktemp("told") / "compiled"
    told = f"open({str(compiled)!r}, 'w').close()"
    stops(monkeypatch, f"{told}; time.sleep(600)")  # never ends by itself: the limit ends it
    # However slow this machine is, the time is up only when XLA has written its passes.
    monkeypatch.setattr(process, "time", ClockThatJumps(when=compiled, by_s=500))
    seen = capture_passes(request_for_gradient, timeout_s=500)
    assert seen.error == "XLA was stopped after 500 s; a longer timeout_s lets it go on"
    assert seen.passes == whole.passes


def test_a_crash_keeps_the_passes_that_are_there(
    temporary: Path, request_for_gradient: Request, monkeypatch: pytest.MonkeyPatch
):
    whole = capture_passes(request_for_gradient)
    stops(monkeypatch, "os.kill(os.getpid(), signal.SIGSEGV)")
    seen = capture_passes(request_for_gradient)
    assert seen.error is not None and seen.error.startswith("XLA's process ended (SIGSEGV)")
    assert seen.passes == whole.passes


def test_a_time_out_before_xla_began_is_said(temporary: Path, request_for_gradient: Request):
    seen = capture_passes(request_for_gradient, timeout_s=0.05)
    assert str(seen) == (
        "loss: XLA did not begin\nXLA was stopped after 0.05 s; a longer timeout_s lets it go on"
    )


def test_cancelling_ends_the_worker(
    temporary: Path, request_for_gradient: Request, monkeypatch: pytest.MonkeyPatch
):
    stops(monkeypatch, "time.sleep(600)")
    stop = Event()
    Timer(0.5, stop.set).start()
    start = time.monotonic()
    seen = capture_passes(request_for_gradient, stop=stop)
    assert time.monotonic() - start < 20
    assert seen.error == "XLA was stopped: cancelled"


def test_an_error_of_xla_is_said(temporary: Path, monkeypatch: pytest.MonkeyPatch):
    request = asked(lambda x: x + 1, (jnp.ones(3),), {})
    stops(monkeypatch, "raise ValueError('no memory')")
    seen = capture_passes(request)
    assert seen.error == "ValueError: no memory"
    assert seen.passes


def test_a_fault_of_the_reader_is_said(temporary: Path, request_for_gradient: Request):
    class Index:
        def __getattr__(self, _: str) -> Any:
            raise ValueError("no equations")

    seen = capture_passes(replace(request_for_gradient, index=cast(Any, Index())))
    assert seen.passes == ()
    assert seen.error == "what XLA wrote could not be read: no equations"


def test_steps_are_told_with_the_newest_pass(
    temporary: Path, request_for_gradient: Request, monkeypatch: pytest.MonkeyPatch
):
    stops(monkeypatch, "time.sleep(2)")
    said: list[str] = []
    capture_passes(request_for_gradient, say=said.append)
    assert said[0] == "starting a process for XLA"
    assert any(step.startswith("XLA compiles: ") and "the newest is" in step for step in said)


def test_without_a_python_the_error_says_what_to_do(
    temporary: Path, request_for_gradient: Request, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "executable", "/no/python")
    with pytest.raises(JaxploreError) as raised:
        capture_passes(request_for_gradient)
    assert str(raised.value) == (
        "Cannot start a process for XLA.\n"
        "Got: '/no/python' ([Errno 2] No such file or directory: '/no/python')\n"
        "Do: look at the optimised HLO instead; it needs no other process."
    )


def test_files_of_the_user_are_no_modules_of_the_worker(
    temporary: Path, request_for_gradient: Request, monkeypatch: pytest.MonkeyPatch
):
    # The fixture wants its folder empty at the end; the user's folder is another one.
    folder = temporary.parent / "notebook"
    folder.mkdir(exist_ok=True)
    (folder / "json.py").write_text("raise SystemExit('the user was run')")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    assert capture_passes(request_for_gradient).error is None


def test_the_environment_is_the_users_with_the_same_devices(request_for_gradient: Request):
    before = {
        "HOME": "/home/me",
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true --xla_force_host_platform_device_count=8",
        "JAX_PLATFORMS": "",
    }
    assert environment(request_for_gradient, before) == {
        "HOME": "/home/me",
        "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
        "JAX_PLATFORMS": "cpu",
        "JAX_NUM_CPU_DEVICES": "2",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }


def test_hostile_names_are_text(temporary: Path):
    def f(x: Any) -> Any:
        return jnp.sin(x) * 2

    f.__name__ = "../../<img src=x onerror=alert(1)>\"'$(touch hit)"
    with jax.named_scope("</script>\n{}\\"):
        seen = capture_passes(asked(f, (jnp.ones(3),), {}))
    assert seen.error is None and seen.passes


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="no alarms on this system")
def test_a_worker_whose_parent_is_gone_ends_by_itself(
    temporary: Path, request_for_gradient: Request, monkeypatch: pytest.MonkeyPatch
):
    # Its own limit is two seconds after the one that is kept here: nobody keeps it.
    stops(monkeypatch, "time.sleep(600)")
    monkeypatch.setattr(process, "_followed", lambda worker, *_: worker.wait(60) and None)
    seen = capture_passes(request_for_gradient, timeout_s=4)
    assert seen.error is not None and seen.error.startswith("XLA's process ended (SIGALRM)")
