"""Start a program under observation, pass signals on, and wait until it has ended."""

import os
import posix
import select
import signal
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_STARTUP: Final = str(Path(__file__).parent / "startup")
# What a terminal sends to the program as well.
_FROM_TERMINAL: Final = frozenset({signal.SIGINT, signal.SIGQUIT})
_PASSED_ON: Final = _FROM_TERMINAL | {
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    code: int
    """Its exit status, or minus the number of the signal that ended it."""
    started_at_s: float
    wall_s: float

    @property
    def status(self) -> int:
        """What a shell shows."""
        return self.code if self.code >= 0 else 128 - self.code

    @property
    def signal(self) -> str:
        """The name of the signal that ended it, or `""`."""
        if self.code >= 0:
            return ""
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


def run(
    command: Sequence[str],
    folder: Path,
    *,
    flags: Sequence[str] = (),
    then: Callable[[Ended], None],
) -> Ended:
    """Run a program and return how it ended.

    Args:
        command: `("script.py", ...)` or `("-m", "module", ...)`.
        folder: Where its compiles are written.
        flags: Options of Python, such as `-X dev`.
        then: What to do when it has ended; no signal interrupts it.
    """
    arguments = [sys.executable, *flags, *command]
    environment = observed_environment(posix.environ, folder)
    with _signals() as waiting:
        started_at_s, start = time.time(), time.monotonic()
        # Not subprocess: the program inherits all open files, as it would from the shell.
        pid = os.posix_spawn(sys.executable, arguments, environment)
        code = waiting.until_ended(pid)
        ended = Ended(code, started_at_s, time.monotonic() - start)
        then(ended)
    return ended


def observed_environment(environment: Mapping[bytes, bytes], folder: Path) -> dict[bytes, bytes]:
    """The environment that lets `startup/sitecustomize.py` begin and then undo all this.

    Args:
        environment: As this process was started: importing JAX sets variables.
        folder: Where compiles are written.
    """
    before = environment.get(b"PYTHONPATH")
    paths = [os.fsencode(_STARTUP), *([before] if before else [])]
    observed = {
        **environment,
        b"PYTHONPATH": os.fsencode(os.pathsep).join(paths),
        b"JAXPLORE_RUN": os.fsencode(folder),
    }
    if before is not None:
        observed[b"JAXPLORE_RUN_PYTHONPATH"] = before
    return observed


class _Waiting:
    """Signals that arrive here, whichever thread gets them."""

    def __init__(self, read_end: int) -> None:
        self._read_end = read_end

    def until_ended(self, pid: int) -> int:
        while True:
            ended, state = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(state)
            select.select([self._read_end], [], [])
            for number in os.read(self._read_end, 512):
                if number in _PASSED_ON and not (number in _FROM_TERMINAL and _is_in_foreground()):
                    with suppress(ProcessLookupError):
                        os.kill(pid, number)


@contextmanager
def _signals() -> Generator[_Waiting]:
    """Let no signal end this process; one that is ignored stays so, for the program too."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    os.set_blocking(write_end, False)
    woken = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    before = {
        number: signal.signal(number, _only_noted)
        for number in (*_PASSED_ON, signal.SIGCHLD)
        if number == signal.SIGCHLD or signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield _Waiting(read_end)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken)
        os.close(read_end)
        os.close(write_end)


def _only_noted(_number: int, _frame: object) -> None:
    return


def _is_in_foreground() -> bool:
    """Whether a terminal sends its signals to this process, and so to the program."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def end_like(ended: Ended) -> int:
    """End this process as the program did: by the same signal, else by its exit status."""
    if ended.code < 0:
        import resource

        with suppress(OSError, ValueError):
            # The program may have left a core; this process has nothing to tell.
            resource.setrlimit(
                resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1])
            )
            signal.signal(-ended.code, signal.SIG_DFL)
        os.kill(os.getpid(), -ended.code)
    return ended.status
