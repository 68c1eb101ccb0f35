"""What was asked for: `jaxplore run [options] (script.py | -m module) [arguments]`."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jaxplore.errors import JaxploreError

HELP: Final = """\
usage: jaxplore run [-o FILE] [--json FILE] [--] (SCRIPT | -m MODULE) [ARGUMENTS ...]

Run a Python program under observation, and write what JAX compiled in it, why, and what to
do about it, as one page that opens offline. The program runs as under `python`: its output,
its errors and its exit status are its own, and nothing else is printed.

  -o FILE, --output FILE  the page (default: jaxplore-report.html)
  --json FILE             the same facts as JSON
  -h, --help              this text

What stands after SCRIPT or MODULE belongs to the program.

The report is also written when the program fails, is interrupted, is killed or calls os._exit.
Processes that it forks, or starts with multiprocessing's spawn, are observed too; programs
that it starts with subprocess, or becomes with os.exec, and multiprocessing's forkserver are
not. A signal for this command is passed on to the program; where a signal ends the program,
the same signal ends this command. Status 2 and a message of three lines: the program was not
started.

  jaxplore run train.py --steps 100
  jaxplore run -o report.html --json report.json -m my_package.train --steps 100
  python -X dev -m jaxplore run train.py      the options of Python hold for the program
"""

_DEFAULT_OUTPUT: Final = "jaxplore-report.html"
_FILES: Final = {"-o": "output", "--output": "output", "--json": "json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to run, and where to write."""

    output: Path
    json: Path | None
    program: tuple[str, ...]
    """`("script.py", ...)` or `("-m", "module", ...)`; empty where help was asked for."""


def parse(given: Sequence[str]) -> Options:
    """Read the arguments after `jaxplore run`.

    Raises:
        JaxploreError: They are wrong, or name a script or a folder that is not there.
    """
    files: dict[str, str] = {}
    rest = iter(given)
    program: list[str] = []
    for argument in rest:
        if argument in ("-h", "--help"):
            return Options(output=Path(), json=None, program=())
        if argument == "--":
            program = list(rest)
        elif argument.startswith("-m") or not argument.startswith("-") or argument == "-":
            program = [argument, *rest]
        else:
            name, value = _file(argument, rest)
            files[name] = value
    _check_program(program, given)
    output = _writable(files.get("output", _DEFAULT_OUTPUT))
    json = _writable(files["json"]) if "json" in files else None
    return Options(output=output, json=json, program=tuple(program))


def _file(argument: str, rest: Iterator[str]) -> tuple[str, str]:
    """The file that an option names: `-o FILE`, `-oFILE`, `--json FILE` or `--json=FILE`."""
    option, joined, value = argument.partition("=")
    if not argument.startswith("--"):
        option, value = argument[:2], argument[2:]
        joined = value
    if option not in _FILES:
        raise JaxploreError.of(
            failed="`jaxplore run` has no such option.",
            given=argument,
            do="use -o FILE or --json FILE; options of the program stand after its name.",
        )
    if not joined:
        value = next(rest, "")
    if not value:
        raise JaxploreError.of(
            failed=f"The option {option} needs a file name.",
            given=argument,
            do=f"write it after the option: {option} report.html",
        )
    return _FILES[option], value


def _check_program(program: Sequence[str], given: Sequence[str]) -> None:
    if not program or list(program) == ["-m"]:
        raise JaxploreError.of(
            failed="`jaxplore run` needs a program.",
            given=" ".join(given) or "no arguments",
            do="name a script or a module: jaxplore run train.py, or jaxplore run -m package",
        )
    if not program[0].startswith("-m") and not os.path.exists(program[0]):
        raise JaxploreError.of(
            failed="There is no such script.",
            given=f"{program[0]} in {os.getcwd()}",
            do="check its path; for a module use -m MODULE.",
        )


def _writable(name: str) -> Path:
    """A file that can be written, as far as can be told before the program has run."""
    path = Path(name).absolute()
    folder = next(parent for parent in path.parents if parent.exists())
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise JaxploreError.of(
            failed="The report cannot be written there.",
            given=name,
            do="name a file in a folder that you may write to.",
        )
    return path


def python_flags(invoked: Sequence[str] | None = None) -> tuple[str, ...]:
    """The options of Python that the program gets: those in `python OPTIONS -m jaxplore`.

    Args:
        invoked: The whole command line, by default that of this process.

    Raises:
        JaxploreError: With these options Python does not look for the observation.

    >>> python_flags(["python", "-X", "dev", "-m", "jaxplore", "run", "-m", "package"])
    ('-X', 'dev')
    >>> python_flags(["python", "-sP", "/usr/bin/jaxplore", "run", "train.py"])
    ()
    """
    command = list(sys.orig_argv if invoked is None else invoked)
    ours = [at for at in range(len(command) - 1) if command[at : at + 2] == ["-m", "jaxplore"]]
    flags = tuple(command[1 : ours[0]]) if ours and "run" not in command[: ours[0]] else ()
    if flags and (sys.flags.ignore_environment or sys.flags.no_site):
        raise JaxploreError.of(
            failed="A program cannot be observed with these options of Python.",
            given=" ".join(flags),
            do="leave out -E, -I and -S.",
        )
    return flags
