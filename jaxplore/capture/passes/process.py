"""Starts worker and reader, follows what they do, and ends them: in time, or when told to."""

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Timer
from typing import BinaryIO, Final

from jaxplore.capture.passes.dump import Dump
from jaxplore.capture.passes.reader import DONE, FIND
from jaxplore.capture.passes.request import Request
from jaxplore.capture.passes.worker import DUMP, OUTCOME
from jaxplore.capture.programs.linking import EquationIndex
from jaxplore.errors import JaxploreError
from jaxplore.model.passes import Passes
from jaxplore.model.program import Stage

Say = Callable[[str], None]

_LOOK_S: Final = 0.1
_SAY_S: Final = 0.5
# XLA writes the whole program after each pass: a program may be too large to watch.
_MOST_BYTES: Final = 2_000_000_000
# What this process can import, the worker can; its own paths come first.
_START: Final = (
    "import sys; sys.path += [p for p in sys.argv[2:] if p not in sys.path]; "
    "from jaxplore.capture.passes import %s; %s.run(int(sys.argv[1]))"
)
_COUNT: Final = "--xla_force_host_platform_device_count"


def capture_passes(
    request: Request, *, timeout_s: float = 60, say: Say | None = None, stop: Event | None = None
) -> Passes:
    """Compile a program once more in a process of its own, and read every pass in another.

    Args:
        request: The program.
        timeout_s: XLA is stopped after this many seconds, and the reading after as many
            more; what was done until then is kept.
        say: Called with a few words whenever something new can be told.
        stop: XLA is stopped when it is set.

    Raises:
        JaxploreError: No process can be started here.
    """
    tell, stopping = say or _silently, stop or Event()
    with tempfile.TemporaryDirectory(prefix="jaxplore-passes-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / DUMP).mkdir()
        request.write(folder)
        tell("starting a process for XLA")
        start = time.monotonic()
        with (folder / "said").open("wb") as said, (folder / "read").open("wb") as read:
            worker = _started("worker", request, folder, timeout_s, said)
            try:
                # Started now, it has imported all it needs when there is something to read.
                reader = _started("reader", request, folder, timeout_s, read)
                try:
                    error = _followed(worker, folder / DUMP, start + timeout_s, tell, stopping)
                    _end(worker)
                    if error is None:
                        error = _outcome(worker.returncode, folder)
                    elif error == _TOO_LONG:
                        error = (
                            f"XLA was stopped after {timeout_s:g} s; "
                            "a longer timeout_s lets it go on"
                        )
                    given = (request.name, str(folder / DUMP), error, time.monotonic() - start)
                    return _read(
                        reader, request.index, given, tell, stopping, folder / "read", timeout_s
                    )
                finally:
                    _end(reader)
            finally:
                _end(worker)


_TOO_LONG: Final = "too long"


def _silently(_step: str) -> None:
    return


def _started(
    module: str, request: Request, folder: Path, timeout_s: float, said: BinaryIO
) -> "subprocess.Popen[bytes]":
    # More than the limit here: it is only for when nobody is left to keep it.
    limit = str(int(timeout_s) + 2)
    talks = module == "reader"
    try:
        return subprocess.Popen(
            [sys.executable, "-c", _START % (module, module), limit, *_import_paths()],
            # Not the user's folder: a file of theirs could be taken for a module.
            cwd=folder,
            env=environment(request, os.environ),
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talks else said,
            stderr=said,
            start_new_session=True,
        )
    except (OSError, TypeError) as fault:
        raise JaxploreError.of(
            failed="Cannot start a process for XLA.",
            given=f"{sys.executable!r} ({fault})",
            do="look at the optimised HLO instead; it needs no other process.",
        ) from fault


def _read(
    reader: "subprocess.Popen[bytes]",
    index: EquationIndex,
    given: tuple[str, str, str | None, float],
    say: Say,
    stop: Event,
    log: Path,
    timeout_s: float,
) -> Passes:
    """Let the reader read, answering what it asks."""
    hear, tell = reader.stdout, reader.stdin
    assert hear is not None
    assert tell is not None
    # The reader keeps the time itself, between two texts; this is for one that hangs.
    watch = Timer(2 * timeout_s + 10, reader.kill)
    watch.daemon = True
    watch.start()
    answer: object = given
    try:
        while True:
            pickle.dump(answer, tell)
            tell.flush()
            what, value = pickle.load(hear)
            if what == DONE:
                return value
            if what == FIND:
                method, *args = value
                answer = getattr(index, method)(*args)
            else:
                say(value)
                answer = stop.is_set()
    except Exception as fault:  # what XLA did is then not shown, and nothing else is lost
        name, _, error, seconds = given
        why = f"what XLA wrote could not be read: {_last_line(log) or fault}"
        first = Stage(text="", links=())
        return Passes(name=name, first=first, passes=(), error=error or why, seconds=seconds)
    finally:
        watch.cancel()


def environment(request: Request, before: Mapping[str, str]) -> dict[str, str]:
    """The worker's environment: the user's, with the same devices and no GPU memory taken
    in advance."""
    flags = [flag for flag in before.get("XLA_FLAGS", "").split() if not flag.startswith(_COUNT)]
    devices = {} if request.cpu_devices is None else {"JAX_NUM_CPU_DEVICES": request.cpu_devices}
    return {
        **before,
        **{name: str(count) for name, count in devices.items()},
        "JAX_PLATFORMS": ",".join(request.platforms),
        "XLA_FLAGS": " ".join(flags),
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }


def _import_paths() -> list[str]:
    """Where this process finds modules, as far as another may look there too."""
    return [path for path in sys.path if os.path.isabs(path)]


def _followed(
    worker: "subprocess.Popen[bytes]", dump: Path, deadline: float, say: Say, stop: Event
) -> str | None:
    """Wait for the worker's end, saying how far it is; why it must be ended, if so."""
    start = said = time.monotonic()
    while worker.poll() is None:
        now = time.monotonic()
        if now >= deadline:
            return _TOO_LONG
        if now - said >= _SAY_S:
            said = now
            count, newest = Dump(dump).newest()
            at = f"; the newest is {newest}" if newest else ""
            changed = f": {count} passes changed something{at}" if count else ""
            say(f"XLA compiles{changed}")
            if _size(dump) > _MOST_BYTES:
                return f"XLA was stopped: it wrote more than {_MOST_BYTES // 10**9} GB"
        # Quick at first: a small program takes about a second.
        if stop.wait(min(_LOOK_S, max(0.02, (now - start) / 10))):
            return "XLA was stopped: cancelled"
    return None


def _size(folder: Path) -> int:
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                total += entry.stat().st_size
    return total


def _end(worker: "subprocess.Popen[bytes]") -> None:
    """End the worker and all that it may have started, if it has not ended by itself."""
    if worker.poll() is None:
        with suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(worker.pid, signal.SIGKILL)
            else:
                worker.kill()
        worker.wait()
    for stream in (worker.stdin, worker.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _outcome(code: int, folder: Path) -> str | None:
    """Why the worker failed; None when it did not."""
    try:
        return json.loads((folder / OUTCOME).read_text())["error"]
    except (OSError, ValueError):
        pass
    last = _last_line(folder / "said")
    name = f"status {code}"
    if code < 0:
        with suppress(ValueError):
            name = signal.Signals(-code).name
    return f"XLA's process ended ({name})" + (f": {last}" if last else "")


def _last_line(log: Path) -> str:
    return log.read_text(errors="replace").strip().split("\n")[-1][-300:]
