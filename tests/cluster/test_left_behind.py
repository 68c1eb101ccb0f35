"""Whatever happens to the notebook, no process of its cluster is left."""

import os
import signal
import subprocess
import sys

import pytest

from jaxplore.cluster import local
from jaxplore.errors import ClusterError
from tests.cluster.real import ROOT, of_folder, until

pytestmark = pytest.mark.processes

NOTEBOOK = """
import sys
from jaxplore.cluster.local import LocalEngines
made = LocalEngines(1)
print(made.folder, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_nothing_is_left_when_the_notebook_ends_while_they_start(how):
    notebook = subprocess.Popen(
        [sys.executable, "-c", NOTEBOOK],
        env={**os.environ, "PYTHONPATH": ROOT},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    folder = notebook.stdout.readline().strip()
    assert until(lambda: len(of_folder(folder)) >= 2)  # a controller and an engine
    if how == "killed":
        notebook.send_signal(signal.SIGKILL)
    notebook.communicate("")
    assert until(lambda: not of_folder(folder) and not os.path.exists(folder))


def test_a_start_that_is_interrupted_leaves_nothing(monkeypatch):
    import jaxplore

    made = []

    class Interrupted(local.LocalEngines):
        def connect(self, timeout_s, progress):
            made.append(self)
            raise KeyboardInterrupt

    monkeypatch.setattr(local, "LocalEngines", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        jaxplore.cluster()
    assert not of_folder(str(made[0].folder)) and not made[0].folder.exists()


def test_a_start_that_fails_says_what_the_process_wrote_and_leaves_nothing(monkeypatch):
    import jaxplore

    made = []

    class Broken(local.LocalEngines):
        def _start(self, count):
            made.append(self)
            self.engines.append(self._run("engine-0", "no_such_module"))

    monkeypatch.setattr(local, "LocalEngines", Broken)
    with pytest.raises(ClusterError) as raised:
        jaxplore.cluster()
    assert str(raised.value) == (
        "The cluster did not start: engine-0 exited with status 1.\n"
        "Got: engine-0 wrote: ImportError: No module named no_such_module\n"
        "Do: mend what it says; `python -m ipyparallel.engine --help` shows whether ipyparallel "
        "itself works here."
    )
    assert not of_folder(str(made[0].folder)) and not made[0].folder.exists()


def test_a_start_that_takes_too_long_says_so_and_leaves_nothing(monkeypatch, tmp_path):
    import jaxplore

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ClusterError) as raised:
        jaxplore.cluster(timeout=0.1)
    lines = str(raised.value).splitlines()
    assert lines == [
        "The cluster did not start in time.",
        "Got: the controller starts; controller wrote nothing",
        "Do: close what else this machine computes, start fewer processes, or wait longer: "
        "`jaxplore.cluster(timeout=300)`.",
    ]
    assert not of_folder(str(tmp_path)) and not list(tmp_path.iterdir())


def test_without_ipyparallel_it_says_what_to_install(monkeypatch):
    import jaxplore

    monkeypatch.setitem(sys.modules, "ipyparallel", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ClusterError) as raised:
        jaxplore.cluster()
    assert str(raised.value) == (
        "A cluster needs the package ipyparallel.\n"
        "Got: it is not installed\n"
        "Do: run `pip install 'jaxplore[cluster]'` and restart the notebook."
    )


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (
            {"processes": 0},
            "`processes` is how many there are to be: a whole number from 1.\nGot: 0",
        ),
        (
            {"devices": "4"},
            "`devices` is how many there are to be: a whole number from 1.\nGot: '4'",
        ),
        ({"timeout": 0}, "`timeout` is a number of seconds, more than 0.\nGot: 0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, given):
    import jaxplore

    with pytest.raises(ClusterError) as raised:
        jaxplore.cluster(**arguments)
    assert str(raised.value).startswith(given)
