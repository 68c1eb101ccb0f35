"""Signals, forks, threads and processes: who is observed, and how the run ends."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run.conftest import ENVIRONMENT, LIMIT_S, Workplace

pytestmark = pytest.mark.processes

STEP = """
import jax, jax.numpy as jnp

@jax.jit
def step(x):
    return jnp.sin(x) * 2

"""


def started(workplace: Workplace, text: str) -> "subprocess.Popen[str]":
    """A program under observation that has printed its first line."""
    workplace.write("waits.py", text)
    process = subprocess.Popen(
        [sys.executable, "-m", "jaxplore", "run", "waits.py"],
        cwd=workplace.folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def page(workplace: Workplace) -> str:
    return (workplace.folder / "jaxplore-report.html").read_text(encoding="utf-8")


WAITS = (
    STEP
    + """
import signal
step(jnp.ones(3))
print("ready", flush=True)
signal.pause()
"""
)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_is_passed_on_and_ends_both(workplace: Workplace, number: signal.Signals):
    process = started(workplace, WAITS)
    process.send_signal(number)
    _, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == -number
    assert said.endswith("KeyboardInterrupt\n") == (number == signal.SIGINT)
    assert f"ended by {number.name}, status {128 + number}" in page(workplace)
    assert 'id="program-' in page(workplace)


def test_a_signal_that_the_program_handles_is_its_own_affair(workplace: Workplace):
    handles = (
        "saved = []\n"
        "signal.signal(signal.SIGTERM, lambda *a: saved.append(1))\n"
        'print("ready", flush=True)\n'
        "while not saved: signal.sigtimedwait([], 0.05)\n"
        "print('saved', flush=True)\n"
    )
    process = started(workplace, WAITS.split("print(")[0] + handles)
    process.terminate()
    out, said = process.communicate(timeout=LIMIT_S)
    assert (out, said, process.returncode) == ("saved\n", "", 0)


# The second time only the first process gets it: here one that it passed on could be told.
INTERRUPTED = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("ready", flush=True)
signal.sigwait([signal.SIGINT])
os.setpgid(0, 0)
print("alone", flush=True)
print("passed on" if signal.sigtimedwait([signal.SIGINT], 1) else "not passed on", flush=True)
"""


def test_ctrl_c_at_a_terminal_reaches_the_program_by_itself(workplace: Workplace):
    workplace.write("waits.py", INTERRUPTED)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(workplace.folder)
        command = [sys.executable, "-m", "jaxplore", "run", "waits.py"]
        os.execve(sys.executable, command, ENVIRONMENT)
    out = b""
    for said in (b"ready", b"alone"):
        while said not in out:
            out += os.read(terminal, 1024)
        os.write(terminal, b"\x03")
    while b"passed on" not in out:
        out += os.read(terminal, 1024)
    _, state = os.waitpid(pid, 0)
    os.close(terminal)
    assert b"not passed on" in out
    assert os.waitstatus_to_exitcode(state) == 0


def test_forked_processes_are_observed_and_named(workplace: Workplace):
    # Before anything has run: JAX's threads do not survive a fork.
    text = STEP + (
        "import os\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    print(step(jnp.ones(4)), flush=True)\n"
        "    os._exit(5)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)\n"
        "step(jnp.ones(3))\n"
    )
    workplace.write("forks.py", text)
    observed = workplace.same("forks.py")
    processes = observed.report["processes"]
    assert [process["started"] for process in processes] == ["program", "fork"]
    assert [process["faults"] for process in processes] == [[], []]
    by = {process["pid"]: process["started"] for process in processes}
    rows = [(row["function"], by[row["pid"]]) for row in observed.report["compiles"]]
    assert [row for row in rows if row[0] == "step"] == [("step", "fork"), ("step", "program")]
    assert "With 1 process that was forked:" in observed.page


def test_spawned_processes_are_observed_and_find_the_program(workplace: Workplace):
    text = STEP + (
        "import multiprocessing\n\n"
        "def work(n):\n    return float(step(jnp.ones(n)).sum())\n\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(work, [2, 3]))\n"
    )
    workplace.write("spawns.py", text)
    observed = workplace.same("spawns.py")
    started = [process["started"] for process in observed.report["processes"]]
    assert started == ["program", "spawn"]
    own = observed.report["processes"][0]["pid"]
    assert [row["function"] for row in observed.report["compiles"] if row["pid"] == own] == []
    assert observed.functions == ["step", "step"]


def test_the_other_ways_to_start_processes_work_unobserved(workplace: Workplace):
    text = STEP + (
        "import multiprocessing, os, subprocess, sys\n\n"
        "def work(n):\n    return n + 1\n\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('forkserver').Pool(1) as pool:\n"
        "        print(pool.map(work, [2, 3]), flush=True)\n"
        "    show = 'import os, sys; print(sorted(os.environ.items()), sys.path)'\n"
        "    subprocess.run([sys.executable, '-c', show], check=True)\n"
        "    step(jnp.ones(3))\n"
    )
    workplace.write("starts.py", text)
    assert workplace.same("starts.py").functions == ["step"]


def test_a_program_that_becomes_another_is_observed_up_to_there(workplace: Workplace):
    become = (
        "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'raise SystemExit(4)'])\n"
    )
    workplace.write("becomes.py", STEP + "step(jnp.ones(3))\n" + become)
    observed = workplace.same("becomes.py")
    assert observed.functions == ["step"]
    assert observed.outcome.code == 4


def test_compiles_of_threads_are_all_written(workplace: Workplace):
    text = STEP + (
        "from threading import Thread\n"
        "threads = [Thread(target=step, args=(jnp.ones(n),)) for n in range(1, 9)]\n"
        "for t in threads: t.start()\n"
        "for t in threads: t.join()\n"
    )
    workplace.write("threads.py", text)
    observed = workplace.same("threads.py")
    assert observed.functions == ["step"] * 8
    programs = [row["program"] for row in observed.report["compiles"] if row["kind"] != "eager"]
    assert None not in programs and len(set(programs)) == 8


def test_a_program_that_closes_all_files_is_observed(workplace: Workplace):
    text = STEP + (
        "import os\nos.closerange(3, 64)\n"
        "mine = os.open('mine.txt', os.O_RDWR | os.O_CREAT)\n"
        "step(jnp.ones(3))\n"
        "os.chdir('/')\n"
        "step(jnp.ones(4))\n"
        "print(os.read(mine, 99))\n"
    )
    workplace.write("closes.py", text)
    observed = workplace.same("closes.py")
    assert observed.functions == ["step", "step"]
    assert Path(workplace.folder, "mine.txt").read_text() == ""
