"""`jaxplore.cluster`: start processes, or take those of an ipyparallel client, and join them."""

import os
import time
from typing import TYPE_CHECKING, Any, Final

from jaxplore.errors import ClusterError

if TYPE_CHECKING:
    from jaxplore.cluster.handle import Cluster, Settings
    from jaxplore.cluster.local import LocalEngines
    from jaxplore.cluster.waiting import Member

_made: Final["list[Cluster]"] = []
"""The cluster that `%%spmd` runs on: at most one."""


def cluster(
    processes: int = 2, devices: int = 4, *, client: Any = None, timeout: float = 60
) -> "Cluster":
    """Several processes that compute together, from one notebook.

    Starts ipyparallel engines on this machine and joins them by `jax.distributed`: each has
    the CPU as `devices` devices, all see all of them. `%%spmd` then runs a cell on every
    process. They end with `.stop()`, at the end of a `with` block, and with the notebook,
    however that ends. Called again with the same arguments it gives the cluster that runs.

    Before a program that spans several processes is compiled and run for the first time, they
    compare it: a process that runs another one, or does not come, is named instead of waited
    for. What is compiled already runs at full speed and is not seen: there a process that
    waits for ever is shown with its place, and ended by `%%spmd --timeout` or an interrupt.

    Args:
        processes: How many to start.
        devices: How many devices the CPU of each is to have.
        client: An `ipyparallel.Client` whose engines are to be used instead, wherever they
            run: they are joined, or used as they are where they are joined already. Then
            `processes` is the number of its engines.
        timeout: Seconds until all must have started and joined, and that a process waits for
            the others before a program that they have not run yet.

    Raises:
        ClusterError: ipyparallel is not installed, another cluster runs, or starting or
            joining failed; then nothing is left running.
    """
    __tracebackhide__ = True
    from jaxplore.cluster.handle import Settings

    _check(processes, devices, timeout)
    _check_installed()
    asked = Settings(processes=processes, devices=devices, client=client)
    running = current()
    if running is not None:
        if running.settings == asked:
            return running
        raise ClusterError.of(
            failed="Another cluster is running.",
            given=f"{running.settings.processes} processes of {running.settings.devices} devices "
            f"run, {processes} of {devices} were asked for",
            do="end it first: `.stop()` of what `jaxplore.cluster()` gave.",
        )
    made = _make(asked, timeout)
    _made[:] = [made]
    return made


def current() -> "Cluster | None":
    """The cluster that is running."""
    return _made[0] if _made and _made[0].is_running else None


def _make(asked: "Settings", timeout_s: float) -> "Cluster":
    from jaxplore.cluster.handle import Cluster
    from jaxplore.cluster.joining import Joining
    from jaxplore.cluster.local import LocalEngines

    progress = _Progress()
    engines = None
    client: Any = asked.client
    if client is None:
        engines = LocalEngines(asked.processes)
    try:
        if engines is not None:
            client = engines.connect(timeout_s, progress)
        members = tuple(_members(client, engines))
        joining = Joining(client, members, timeout_s=timeout_s, progress=progress)
        found = joining.join(asked.devices)
        for member in members:
            member.process = found[member.process].process
    except BaseException:
        if engines is not None:
            engines.stop()
        raise
    finally:
        progress.done()
    known = sorted(found.values(), key=lambda one: one.process)
    return Cluster(asked, client, members, tuple(known), engines)


def _members(client: Any, engines: "LocalEngines | None") -> "list[Member]":
    from jaxplore.cluster.waiting import Member

    ids: list[int] = sorted(client.ids)
    if not ids:
        raise ClusterError.of(
            failed="The client has no engines.",
            given=f"{client!r}",
            do="wait for them: `client.wait_for_engines(2)`.",
        )
    popens: dict[int, Any] = {}
    if engines is not None:
        pids: dict[int, int] = client[:].apply_async(os.getpid).get_dict(timeout=30)
        by_pid = {popen.pid: popen for popen in engines.engines}
        popens = {one: by_pid.get(pid) for one, pid in pids.items()}
    return [Member(process, one, popens.get(one)) for process, one in enumerate(ids)]


def _check(processes: Any, devices: Any, timeout: Any) -> None:
    for name, value in (("processes", processes), ("devices", devices)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ClusterError.of(
                failed=f"`{name}` is how many there are to be: a whole number from 1.",
                given=repr(value)[:80],
                do="write `jaxplore.cluster(processes=2, devices=4)`, say.",
            )
    if not isinstance(timeout, int | float) or timeout <= 0:
        raise ClusterError.of(
            failed="`timeout` is a number of seconds, more than 0.",
            given=repr(timeout)[:80],
            do="write `jaxplore.cluster(timeout=60)`, say.",
        )


def _check_installed() -> None:
    import importlib.util

    if importlib.util.find_spec("ipyparallel") is None:
        raise ClusterError.of(
            failed="A cluster needs the package ipyparallel.",
            given="it is not installed",
            do="run `pip install 'jaxplore[cluster]'` and restart the notebook.",
        )


class _Progress:
    """One line under the cell, once starting lasts longer than a second."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._said = ""
        self._line: Any = None

    def __call__(self, what: str) -> None:
        from jaxplore.faults import contained
        from jaxplore.views.mode import deterministic

        if what == self._said or time.monotonic() - self._began_s < 1 or deterministic():
            return
        self._said = what
        with contained("show progress"):
            self._write(f"{time.monotonic() - self._began_s:.0f} s: {what} ...")

    def done(self) -> None:
        """It has ended, well or not."""
        from jaxplore.faults import contained

        if self._line is not None:
            with contained("show progress"):
                self._write(f"{self._said}: {time.monotonic() - self._began_s:.0f} s")

    def _write(self, line: str) -> None:
        from IPython.core.getipython import get_ipython

        from jaxplore.magics.progress import WrittenOver

        if get_ipython() is None:
            return
        if self._line is None:
            self._line = WrittenOver()
        self._line.write(line)
