"""The command line: `jaxplore COMMAND ...`, also as `python -m jaxplore COMMAND ...`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from jaxplore.errors import JaxploreError

# What a shell shows when a command was called in a wrong way.
_WRONG_USE: Final = 2


def _run(arguments: Sequence[str]) -> int:
    from jaxplore.run import command

    return command.main(arguments)


def _doctor(arguments: Sequence[str]) -> int:
    from jaxplore.public import doctorcommand

    return doctorcommand.main(arguments)


# Command -> (what `jaxplore --help` says of it, what it does).
_COMMANDS: Final[Mapping[str, tuple[str, Callable[[Sequence[str]], int]]]] = {
    "run": ("run any program under observation and write a report", _run),
    "doctor": ("say what is wrong with the installation, and how to mend it", _doctor),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments (by default those of this process) say; the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _dispatch(given)
    except JaxploreError as error:
        print(error, file=sys.stderr)
        return _WRONG_USE


def _dispatch(given: Sequence[str]) -> int:
    if not given:
        print(_help(), file=sys.stderr)
        return _WRONG_USE
    name, *rest = given
    if name in ("-h", "--help"):
        print(_help())
        return 0
    if name == "--version":
        print(f"jaxplore {sys.modules['jaxplore'].__version__}")
        return 0
    if name not in _COMMANDS:
        raise JaxploreError.of(
            failed="There is no such command.",
            given=repr(name),
            do=f"use {' or '.join(_COMMANDS)}; `jaxplore --help` says what each does.",
        )
    return _COMMANDS[name][1](rest)


def _help() -> str:
    width = max(map(len, _COMMANDS))
    lines = [f"  {name:<{width}}  {said}" for name, (said, _) in _COMMANDS.items()]
    return "\n".join(
        [
            "usage: jaxplore COMMAND ...",
            "",
            "See what JAX did: what was compiled, why, and for how long.",
            "",
            *lines,
            "",
            "`jaxplore COMMAND --help` says more.",
        ]
    )
