"""What each device holds, and what was compiled for it."""

import pytest

from jaxplore.model.devices import Devices
from jaxplore.model.diagnosis import Diagnosed
from jaxplore.views import devices as view


def test_live_arrays_are_counted_once_and_on_their_devices(eight):
    seen, again, _, _ = eight["devices"]
    assert [(row.live_bytes, row.live_arrays) for row in seen.rows] == [(96, 2), *[(32, 1)] * 7]
    # Its shards are arrays by now, of the same buffers.
    assert [(row.live_bytes, row.live_arrays) for row in again.rows] == [(96, 2), *[(32, 1)] * 7]


def test_compiles_count_for_each_device_of_a_program(eight):
    seen, again, _, _ = eight["devices"]
    assert [(row.compiles, row.functions) for row in seen.rows] == [(1, ("<lambda>",))] * 8
    assert [row.compiles for row in again.rows] == [0] * 8  # nothing is observed


def test_the_default_device_is_where_arrays_go(eight):
    usual, other = eight["devices"][2:]
    assert [row.device.name for row in usual.rows if row.is_default] == ["cpu:0"]
    assert [row.device.name for row in other.rows if row.is_default] == ["cpu:2"]


def test_a_cpu_does_not_say_what_memory_it_has(eight):
    row = eight["devices"][0].rows[0]
    assert (row.used_bytes, row.limit_bytes, row.peak_bytes) == (None, None, None)
    assert "in use" not in str(eight["devices"][0])


@pytest.fixture
def idle(eight):
    seen = eight["devices"][0]
    found = Diagnosed(
        id="D01",
        severity="error",
        title="JAX computes on the CPU although this machine has <a> GPU",
        found="no plugin",
        fix="`pip install x`",
    )
    rows = seen.rows[:1]
    return Devices(backend="cpu", process=0, processes=1, rows=rows, findings=(found,))


def test_text_and_html_warn_of_an_idle_accelerator(idle, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "0")
    assert str(idle) == (
        "1 device, backend cpu\n"
        "D01 error: JAX computes on the CPU although this machine has <a> GPU\n"
        "  found: no plugin\n  fix: `pip install x`\n\n"
        "device  kind  default  live  arrays  compiles  functions\n"
        "cpu:0   cpu   default  96 B       2         1  <lambda>"
    )
    html = view.html(idle)
    assert "has &lt;a&gt; GPU" in html and "&lt;lambda&gt;" in html and "<lambda>" not in html


def test_a_reference_holds_only_what_is_the_same_on_every_run(idle, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert str(idle) == "1 device, backend cpu\n\ndevice  kind  default\ncpu:0   cpu   default"
    assert "96 B" not in view.html(idle) and "D01" not in view.html(idle)
