"""Runs in a process of its own: reads what XLA wrote, so that the kernel stays free.

It asks the process that started it what each origin stands for; that one alone knows the
equations and the user's text.
"""

import os
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from jaxplore.capture.passes.reading import Ended, read_passes
from jaxplore.capture.programs.linking import EquationIndex

FIND: Final = "find"
SAY: Final = "say"
DONE: Final = "done"


class AskedIndex:
    """Stands for the index of the process that knows the equations: asks it, once each."""

    def __init__(self, ask: "Talk") -> None:
        self._ask = ask
        self._answers: dict[tuple[Any, ...], Any] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """A method of the index, whichever: what it is given can be a key, and be sent."""

        def asked(*args: Any) -> Any:
            call = (name, *args)
            if call not in self._answers:
                self._answers[call] = self._ask(FIND, call)
            return self._answers[call]

        return asked


class Talk:
    """Says one thing at a time, and hears the answer."""

    def __init__(self, hear: BinaryIO, tell: BinaryIO) -> None:
        self._hear, self._tell = hear, tell

    def __call__(self, what: str, value: Any = None) -> Any:
        """Say something; the answer."""
        pickle.dump((what, value), self._tell)
        self._tell.flush()
        return self.hear()

    def hear(self) -> Any:
        """The next thing that is said here."""
        return pickle.load(self._hear)


def run(limit_s: int) -> None:
    """Wait until there is something to read, read it, say it."""
    # What anything prints must not come between.
    talk = Talk(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(5)
    name, dump, error, seconds = talk.hear()
    deadline = time.monotonic() + limit_s

    def say(step: str) -> bool:
        return talk(SAY, step)

    ended = Ended(Path(dump), error, seconds)
    index = cast(EquationIndex, AskedIndex(talk))
    talk(DONE, read_passes(name, ended, index, say=say, deadline=deadline))
