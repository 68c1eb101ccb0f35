"""`%doctor` in a notebook, and its views."""

import html
import os

from jaxplore.capture.doctor.watch import watch
from jaxplore.errors import OptionError
from jaxplore.model.diagnosis import Diagnosed, Diagnosis
from jaxplore.views import doctor as view

ONE = Diagnosed(
    id="D13", severity="warning", title="`a` <b>", found="it is `on`", fix="`off` & restart"
)
NOTE = Diagnosed(id="D31", severity="note", title="the cache is off", found="f", fix="g")
RECORD = Diagnosis(findings=(ONE, NOTE), facts=(("jax", "0.10.2"), ("cache", "<off>")))


def test_the_whole_text(monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    assert str(RECORD) == view.text(RECORD) == (
        "doctor: 1 warning, 1 note\n"
        "D13 warning: `a` <b>\n  found: it is `on`\n  fix: `off` & restart\n"
        "D31 note: the cache is off\n  found: f\n  fix: g\n"
        "facts\n  jax: 0.10.2\n  cache: <off>"
    )  # fmt: skip
    page = RECORD._repr_html_()
    assert "<b>`a`" not in page and "&lt;b&gt;" in page and "<code>a</code>" in page
    assert "<code>&lt;off&gt;</code>" in page and "<script" not in page


def test_a_checked_notebook_sees_neither_notes_nor_facts(monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert view.text(RECORD) == "doctor: 1 warning\nD13 warning: `a` <b>"
    assert "cache" not in view.html(RECORD).partition("</style>")[2]
    assert view.text(Diagnosis(findings=(NOTE,), facts=())) == "doctor: nothing is wrong"


def test_a_variable_set_too_late_is_found_with_its_line(nb, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    nb.ok("x + 1")
    nb.ok("import os\nos.environ['XLA_FLAGS'] = '--xla_dump_hlo_as_text=true'")
    [shown] = nb.ok("%doctor").of("doctor")
    number = nb.shell.execution_count - 2
    assert (
        "D10 error: XLA_FLAGS was set after JAX had started, and has no effect\n"
        f"  found: set in cell {number} line 2: "
        "os.environ['XLA_FLAGS'] = '--xla_dump_hlo_as_text=true'; "
        "it is read once, when JAX makes its first array\n"
    ) in shown.text
    assert html.escape("os.environ['XLA_FLAGS']") in shown.data["text/html"]
    nb.unload()
    assert watch._notes == {}


def test_x64_that_came_late_is_a_note(nb, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    nb.ok("x + 1")
    try:
        nb.ok("jax.config.update('jax_enable_x64', True)")
        [shown] = nb.ok("%doctor").of("doctor")
        assert "D16 note: 64 bits were switched on after JAX had started" in shown.text
    finally:
        nb.ok("jax.config.update('jax_enable_x64', False)")


def test_the_help_names_it(nb):
    [shown] = nb.ok("%jaxplore help").of("help")
    assert "%doctor " in shown.text


def test_it_takes_no_options(nb):
    ran = nb.fails("%doctor all", OptionError)
    assert str(ran.error) == "%doctor takes no options.\nGot: all\nDo: write `%doctor`."


def test_a_fault_in_the_watch_breaks_no_cell(nb, monkeypatch):
    def broken(*_):
        raise RuntimeError("planted")

    monkeypatch.setattr(watch, "end", broken)
    ran = nb.run("1 + 1")
    assert ran.value == 2
    assert ran.faults == [
        "jaxplore could not note what a cell set (RuntimeError: planted); "
        "your code was not affected"
    ]


IDLE = Diagnosed(id="D01", severity="error", title="the GPU lies idle", found="f", fix="g")
CHOSEN = Diagnosed(id="D01", severity="warning", title="the CPU was chosen", found="f", fix="g")


def test_an_idle_accelerator_is_told_once_with_the_first_compile(nb, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    monkeypatch.setattr("jaxplore.public.doctor.device_findings", lambda: (IDLE, CHOSEN))
    assert nb.ok("1 + 1").of("doctor") == []
    [shown] = nb.ok("jax.jit(lambda x: x * 3)(1.0)").of("doctor")
    assert shown.text == "doctor: 1 error\nD01 error: the GPU lies idle\n  found: f\n  fix: g"
    assert nb.ok("jax.jit(lambda x: x * 4)(1.0)").of("doctor") == []


def test_a_quiet_notebook_is_not_told(nb, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    monkeypatch.setattr("jaxplore.public.doctor.device_findings", lambda: (IDLE,))
    nb.ok("%jaxplore quiet")
    assert nb.ok("jax.jit(lambda x: x * 5)(1.0)").of("doctor") == []


def test_where_an_accelerator_is_used_nothing_is_asked(nb, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    asked = []
    monkeypatch.setattr("jaxplore.public.doctor.device_findings", lambda: asked.append(1) or ())
    monkeypatch.setattr("jax.default_backend", lambda: "gpu")
    nb.ok("jax.jit(lambda x: x * 6)(1.0)")
    assert asked == []
