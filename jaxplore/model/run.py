"""One observed run of a program: how it went, and everything that was compiled in it."""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model.compiles import Compile
from jaxplore.model.record import Record

Started = Literal["program", "fork", "spawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramLine(Record):
    """One line of a jaxpr, and the expression it comes from."""

    text: str
    place: str
    """`"train.py:14  jnp.tanh(x @ w)"`; `""` where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramText(Record):
    """A program that was compiled, as text to read."""

    lines: tuple[ProgramLine, ...]
    lines_left_out: int = 0
    note: str = ""
    """Why the text, or its end, is not here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Record):
    """One process of the run that was observed."""

    pid: int
    started: Started
    """How: as the program itself, by `os.fork`, or by multiprocessing's spawn."""
    jax: str = ""
    """The version that it imported; `""` where it imported none."""
    compiles_left_out: int = 0
    """Compiles beyond those that are kept: counted only."""
    left_out_s: float = 0.0
    faults: tuple[str, ...] = ()
    """What jaxplore itself could not do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompile(Record):
    """One compile of a run: in which process, and of which program."""

    pid: int
    compile: Compile
    program: ProgramText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Record):
    """A program that was run under observation."""

    command: tuple[str, ...]
    """`("train.py", "--steps", "3")`, or `("-m", "package", ...)`."""
    folder: str
    """Where it was started."""
    started_at_s: float
    """Seconds since 1970."""
    wall_s: float
    status: int
    """What a shell sees: 128 and the signal's number where a signal ended it."""
    signal: str = ""
    """`"SIGKILL"`, or `""`."""
    python: str
    processes: tuple[Process, ...]
    compiles: tuple[RunCompile, ...]

    @property
    def rows(self) -> tuple[Compile, ...]:
        """The compiles alone."""
        return tuple(one.compile for one in self.compiles)

    @property
    def left_out(self) -> int:
        """Compiles that were counted only."""
        return sum(process.compiles_left_out for process in self.processes)

    @property
    def left_out_s(self) -> float:
        """Their seconds."""
        return sum(process.left_out_s for process in self.processes)
