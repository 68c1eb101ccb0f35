"""The command `jaxplore run`: options, the program, and then the report."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from jaxplore.errors import JaxploreError
from jaxplore.model.run import Run
from jaxplore.run import journal
from jaxplore.run.options import HELP, Options, parse, python_flags


def main(arguments: Sequence[str]) -> int:
    """Run the program that the arguments name; its exit status.

    Raises:
        JaxploreError: The arguments are wrong; nothing was run.
    """
    options = parse(arguments)
    if not options.program:
        print(HELP, end="")
        return 0
    if os.name != "posix":
        raise JaxploreError.of(
            failed="`jaxplore run` cannot start programs on this system.",
            given=platform.system(),
            do="use `with jaxplore.observe() as ledger:` in the program.",
        )
    from jaxplore.run import supervisor

    flags = python_flags()
    folder = Path(tempfile.mkdtemp(prefix="jaxplore-run-"))
    started_in = os.getcwd()

    def report(ended: supervisor.Ended) -> None:
        # What fails is said on stderr, after the program's last word.
        try:
            processes, compiles = journal.read(folder)
            run = Run(
                command=options.program,
                folder=started_in,
                started_at_s=ended.started_at_s,
                wall_s=ended.wall_s,
                status=ended.status,
                signal=ended.signal,
                python=platform.python_version(),
                processes=processes,
                compiles=compiles,
            )
            _write(options, run)
        except Exception as fault:
            _say_not_written(options.output, fault)

    try:
        ended = supervisor.run(options.program, folder, flags=flags, then=report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return supervisor.end_like(ended)


def _write(options: Options, run: Run) -> None:
    from jaxplore.views.report import asjson, page

    _write_one(options.output, lambda: page.page(run))
    if options.json is not None:
        _write_one(options.json, lambda: asjson.written(run))


def _write_one(path: Path, text: Callable[[], str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text().encode("utf-8", "replace"))
    except Exception as fault:
        _say_not_written(path, fault)


def _replace(path: Path, text: bytes) -> None:
    """Write a file at once: a reader sees the one before, or this one."""
    if path.exists() and not path.is_file():
        path.write_bytes(text)  # a device or a pipe stays what it is
        return
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        partial.write_bytes(text)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _say_not_written(path: Path, fault: Exception) -> None:
    error = JaxploreError.of(
        failed="The report could not be written.",
        given=f"{path} ({type(fault).__name__}: {fault})",
        do="name another file with -o or --json; the program itself was not affected.",
    )
    with suppress(OSError):
        print(error, file=sys.stderr)
