"""Engines of this machine: started for one notebook, ended with it.

They are started one by one, not by `ipyparallel.Cluster`: nothing is written into the user's
profile, each is watched by number from its first moment, and each ends by itself when the
notebook dies (`watched`).
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from jaxplore.cluster import watched
from jaxplore.errors import ClusterError

_POLL_S: Final = 0.05
# What the notebook was told about its own devices and processes does not hold for an engine.
_NOT_INHERITED: Final = (
    "JAX_NUM_CPU_DEVICES",
    "JAX_COORDINATOR_ADDRESS",
    "JAX_LOCAL_DEVICE_IDS",
    "JAX_PROCESS_ID",
    "JAX_NUM_PROCESSES",
)


class LocalEngines:
    """A controller and its engines, and the folder that only they use."""

    def __init__(self, count: int) -> None:
        self.folder: Final = Path(tempfile.mkdtemp(prefix="jaxplore-cluster-"))
        self.engines: list[subprocess.Popen[bytes]] = []
        self.controller: subprocess.Popen[bytes] | None = None
        self.client: Any = None
        self._owner = os.getpid()
        atexit.register(self.stop)
        try:
            self._start(count)
        except BaseException:
            self.stop()
            raise

    def _start(self, count: int) -> None:
        self.controller = self._run(
            "controller",
            "ipyparallel.controller",
            "--ip=127.0.0.1",
            # One process instead of seven; a handful of engines needs no more.
            "--IPController.use_threads=True",
        )
        for number in range(count):
            self.engines.append(
                self._run(
                    f"engine-{number}",
                    "ipyparallel.engine",
                    f"--file={self.folder}/security/ipcontroller-engine.json",
                    "--IPEngine.wait_for_url_file=600",
                    # It tells of an engine's end and passes signals on: here both are direct.
                    "--IPEngine.enable_nanny=False",
                )
            )

    def _run(self, name: str, module: str, *options: str) -> "subprocess.Popen[bytes]":
        environment = {k: v for k, v in os.environ.items() if k not in _NOT_INHERITED}
        environment |= {"JAX_PLATFORMS": "cpu", "PYTHONUNBUFFERED": "1"}
        flags = environment.get("XLA_FLAGS", "").split()
        environment["XLA_FLAGS"] = " ".join(f for f in flags if "device_count" not in f)
        command = [sys.executable, "-P", watched.__file__, str(os.getpid()), str(self.folder)]
        log: IO[bytes]
        with open(self.folder / f"{name}.log", "wb") as log:
            return subprocess.Popen(
                [*command, module, f"--profile-dir={self.folder}", *options],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the notebook's own interrupt is not theirs
            )

    def connect(self, timeout_s: float, progress: Callable[[str], None]) -> Any:
        """Wait until all engines are there; gives ipyparallel's client.

        Raises:
            ClusterError: One ended before, or it took too long.
        """
        import ipyparallel

        until_s = time.monotonic() + timeout_s
        file = self.folder / "security" / "ipcontroller-client.json"
        self._wait(file.exists, until_s, progress, "the controller starts")
        self.client = ipyparallel.Client(connection_info=str(file), timeout=int(timeout_s) + 1)
        count = len(self.engines)
        self._wait(
            lambda: len(self.client.ids) == count, until_s, progress, f"{count} engines start"
        )
        return self.client

    def _wait(
        self,
        done: Callable[[], bool],
        until_s: float,
        progress: Callable[[str], None],
        what: str,
    ) -> None:
        while not done():
            progress(what)
            for name, process in self._named():
                if process.poll() is not None:
                    raise ClusterError.of(
                        failed=f"The cluster did not start: {name} {exit_words(process)}.",
                        given=self._end_of_log(name),
                        do="mend what it says; `python -m ipyparallel.engine --help` shows whether "
                        "ipyparallel itself works here.",
                    )
            if time.monotonic() > until_s:
                raise ClusterError.of(
                    failed="The cluster did not start in time.",
                    given=f"{what}; {self._end_of_log('controller')}",
                    do="close what else this machine computes, start fewer processes, or wait "
                    "longer: `jaxplore.cluster(timeout=300)`.",
                )
            time.sleep(_POLL_S)

    def broken(self) -> str:
        """Why no engine can be reached; `""` where they can."""
        if self.controller is None or self.controller.poll() is None:
            return ""
        return f"cannot be reached: ipyparallel's controller {exit_words(self.controller)}"

    def _named(self) -> "list[tuple[str, subprocess.Popen[bytes]]]":
        named = [(f"engine-{n}", one) for n, one in enumerate(self.engines)]
        return named if self.controller is None else [("controller", self.controller), *named]

    def _end_of_log(self, name: str) -> str:
        with suppress(OSError):
            lines = (self.folder / f"{name}.log").read_text(errors="replace").strip().splitlines()
            if lines:
                return f"{name} wrote: {lines[-1][:300]}"
        return f"{name} wrote nothing"

    def stop(self) -> None:
        """End all of them. A forked process does not: they are its parent's."""
        if os.getpid() != self._owner:
            return
        atexit.unregister(self.stop)
        if self.client is not None:
            with suppress(Exception):
                self.client.close()
            self.client = None
        processes = [*self.engines, *([self.controller] if self.controller else [])]
        for process in processes:
            _kill(process)
        for process in processes:
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all that it started. JAX holds back a polite signal, and compiled code
    that waits for another process hears none."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            process.kill()


def exit_words(process: "subprocess.Popen[bytes]") -> str:
    """How a process has ended: `"was killed (SIGKILL)"`, `"exited with status 3"`."""
    status = process.poll()
    if status is None:
        return "does not answer any more"
    if status >= 0:
        return f"exited with status {status}"
    name = signal.Signals(-status).name if -status in list(signal.Signals) else str(-status)
    hint = ": the machine may be out of memory" if name == "SIGKILL" else ""
    return f"was killed ({name}{hint})"
