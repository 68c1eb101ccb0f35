"""A page without a widget asks the kernel for the passes of the program it shows."""

import gc
import re
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.model.passes import Passes
from jaxplore.model.program import Stage
from jaxplore.views.programs import passes as passes_view
from jaxplore.widgets import explorer as explorer_module
from jaxplore.widgets.asks import TARGET, Asks
from jaxplore.widgets.explorer import VIEW_MIME

FOUND = Passes(name="f", first=Stage(text="a", links=()), passes=(), seconds=0.5)
DONE = {"state": "done", "data": passes_view.payload(FOUND)}
STARTING = {"state": "running", "step": "starting", "elapsed_s": 0.0}


class Page:
    """Stands for a page's comm: what it was sent, and whether it was closed."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.is_closed = False
        self.leave: Callable[[Any], None] = lambda _: None

    def send(self, data: dict[str, Any]) -> None:
        assert not self.is_closed
        self.heard.append(data)

    def close(self) -> None:
        self.is_closed = True

    def on_close(self, callback: Callable[[Any], None]) -> None:
        self.leave = callback

    def until_closed(self) -> list[Any]:
        end = time.monotonic() + 20
        while not self.is_closed:
            assert time.monotonic() < end, self.heard
            time.sleep(0.01)
        return self.heard


class Manager:
    """Stands for the kernel's comms."""

    def __init__(self) -> None:
        self.targets: dict[str, Callable[[Any, Any], None]] = {}

    def register_target(self, target_name: str, f: Callable[[Any, Any], None]) -> None:
        self.targets[target_name] = f

    def unregister_target(self, target_name: str, f: Callable[[Any, Any], None]) -> Any:
        return self.targets.pop(target_name)

    def open(self, serial: str | None, what: str = "passes") -> Page:
        page = Page()
        self.targets[TARGET](page, {"content": {"data": {"serial": serial, "what": what}}})
        return page


class Compiler:
    """Stands for XLA: waits to be let go on, or stopped."""

    def __init__(self, ends: Passes = FOUND) -> None:
        self.ends = ends
        self.go = Event()
        self.calls = 0

    def __call__(self, *, timeout_s: float, say: Any = None, stop: Event | None = None) -> Passes:
        self.calls += 1
        while not self.go.wait(0.01):
            if stop is not None and stop.is_set():
                return replace(FOUND, error="XLA was stopped: cancelled")
        return self.ends


@pytest.fixture
def kernel() -> Manager:
    return Manager()


@pytest.fixture
def asks(kernel: Manager) -> Asks:
    made = Asks()
    made.connect(kernel)
    return made


def test_a_page_hears_each_state_and_is_left(asks: Asks, kernel: Manager):
    compiler = Compiler()
    page = kernel.open(asks.serial_of(compiler))
    assert page.heard == [STARTING]
    compiler.go.set()
    assert page.until_closed() == [STARTING, DONE]


def test_two_pages_of_one_output_share_its_compile(asks: Asks, kernel: Manager):
    compiler = Compiler()
    serial = asks.serial_of(compiler)
    first, second = kernel.open(serial), kernel.open(serial)
    compiler.go.set()
    assert first.until_closed() == second.until_closed() == [STARTING, DONE]
    assert kernel.open(serial).until_closed() == [DONE]  # as after a reload of the page
    assert compiler.calls == 1


def test_a_cancel_comes_on_its_own_and_another_try_is_possible(asks: Asks, kernel: Manager):
    compiler = Compiler()
    serial = asks.serial_of(compiler)
    page = kernel.open(serial)
    cancel = kernel.open(serial, "cancel")
    assert (cancel.is_closed, cancel.heard) == (True, [])
    failed = {"state": "failed", "error": "XLA was stopped: cancelled"}
    assert page.until_closed() == [STARTING, failed]
    compiler.go.set()
    assert kernel.open(serial).until_closed() == [STARTING, DONE]


def test_xla_ends_when_no_page_waits_any_more(asks: Asks, kernel: Manager):
    compiler = Compiler()
    serial = asks.serial_of(compiler)
    first, second = kernel.open(serial), kernel.open(serial)
    first.leave({})
    assert second.heard == [STARTING]
    second.leave({})
    compiler_ended = time.monotonic() + 20
    while asks._kept[str(serial)].job.is_running:
        assert time.monotonic() < compiler_ended
        time.sleep(0.01)
    assert len(second.heard) == 1


@pytest.mark.parametrize("what", ["passes", "cancel", "else"])
def test_what_is_not_known_is_closed_without_an_answer(asks: Asks, kernel: Manager, what: str):
    page = kernel.open("another kernel-1", what)
    assert (page.is_closed, page.heard) == (True, [])


def test_serials_are_of_this_kernel_and_stay(asks: Asks):
    one, other = Compiler(), Compiler()
    serial = asks.serial_of(one)
    assert serial is not None and re.fullmatch(r"[0-9a-f]{12}-1", serial)
    assert asks.serial_of(one) == serial != asks.serial_of(other)
    session = serial.split("-")[0]
    again = Asks()
    again.connect(Manager())
    assert not str(again.serial_of(one)).startswith(session)


def test_only_the_last_programs_are_kept_but_none_is_lost_while_xla_is_at_work(
    asks: Asks, kernel: Manager
):
    busy, idle = Compiler(), Compiler()
    serial, other = asks.serial_of(busy), asks.serial_of(idle)
    page = kernel.open(serial)
    gone = weakref.ref(idle)
    del idle
    for _ in range(8):
        asks.serial_of(Compiler())
    gc.collect()
    assert gone() is None
    assert kernel.open(other).heard == []
    assert kernel.open(serial, "cancel").is_closed
    assert page.until_closed()[-1]["state"] == "failed"
    assert len(asks._kept) == 8


def test_without_a_kernel_no_output_has_a_serial(asks: Asks, kernel: Manager):
    assert Asks().serial_of(Compiler()) is None
    page = kernel.open(asks.serial_of(Compiler()))
    asks.connect(kernel)  # twice is once: nothing is forgotten
    assert page.heard == [STARTING]
    asks.disconnect()
    assert page.until_closed()[-1]["state"] == "failed"
    assert kernel.targets == {}
    assert asks.serial_of(Compiler()) is None


def test_an_output_names_its_program_and_a_page_finds_its_passes(
    asks: Asks, kernel: Manager, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(explorer_module, "asks", asks)
    shown = jaxplore.explore(lambda x: jnp.sin(x) * 2 + x, jnp.ones(3))
    data, _ = shown._repr_mimebundle_()
    serial = data[VIEW_MIME]["ask"]
    assert serial not in data["text/html"]
    assert shown._repr_mimebundle_()[0] == data
    last = kernel.open(serial).until_closed()[-1]
    found = shown.passes()
    assert last == {
        "state": "done",
        "data": {**passes_view.payload(found), "seconds": last["data"]["seconds"]},
    }
    assert found.passes
    assert "ask" not in shown._repr_mimebundle_()[0][VIEW_MIME]
    alone = jaxplore.explore(shown.program)
    assert "ask" not in alone._repr_mimebundle_()[0][VIEW_MIME]
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert VIEW_MIME not in jaxplore.explore(lambda x: x, jnp.ones(3))._repr_mimebundle_()[0]
    assert len(asks._kept) == 1
