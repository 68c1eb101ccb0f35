"""One compile: what was compiled, when, why, and what it cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from jaxplore.model.record import Record
from jaxplore.model.span import Span

if TYPE_CHECKING:
    from jaxplore.model.diff.difference import ProgramDiff
    from jaxplore.model.program import Program

CompileKind = Literal["trace", "compile", "eager"]
CacheOutcome = Literal["hit", "miss", "not stored"]

# What a record is asked that only JAX or the front end can answer, by name;
# `jaxplore.public.diff` fills it in.
asked: Final[dict[str, Callable[..., Any]]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument(Record):
    """The type and placement that one array was passed with."""

    path: str
    """`"params['w']"`."""
    type: str
    """`"f32[32,128]"`."""
    weak_type: bool
    placement: str
    """Devices and sharding of a committed array; `""` for an uncommitted one."""
    number: str = ""
    """`"int"`, `"float"`, ... where a Python number was passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Static(Record):
    """A value that was compiled in: another value needs another compile."""

    name: str
    text: str
    key: int = 0
    """Differs where JAX takes two values for different ones, even with one text."""
    by_identity: bool = False
    """Whether its class compares by identity: an equal copy is another value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure(Record):
    """The containers of one parameter, without their arrays."""

    name: str
    text: str
    """`"{'a': *, 'b': [*]}"`."""
    key: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed(Record):
    """How one parameter was given: `"positional"`, `"keyword"` or `"default"`."""

    name: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Record):
    """A setting that a program is compiled for."""

    name: str
    text: str
    changed_in: int | None = None
    """The cell it was last changed in, where that was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCount(Record):
    """How many equations of a program one source line made."""

    span: Span
    """The expression of the line that made most of them."""
    equations: int
    repeats: int = 1
    """How often the same operation of that expression appears: 4,000 in an unrolled loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Record):
    """What was compiled, for whom, and what it cost: facts without explanation."""

    function: str
    defined_at: Span | None
    call_site: Span | None
    """The user's expression that had to wait for it."""
    cell: int | None
    kind: CompileKind
    """`"trace"`: traced, lowered and compiled; `"compile"`: compiled only; `"eager"`: an
    operation of JAX called outside jit."""
    trace_s: float | None
    """Seconds; None where the stage did not run."""
    lower_s: float | None
    compile_s: float | None
    trace_at_s: float | None = None
    """When the stage began, in seconds since 1970."""
    lower_at_s: float | None = None
    compile_at_s: float | None = None
    persistent_cache: CacheOutcome | None
    """What JAX's persistent compilation cache said; None where it is off."""
    persistent_cache_s: float | None = None
    """Seconds to read the executable from it; they are part of `compile_s`."""
    saved_s: float | None = None
    """Seconds of compiling that reading it saved."""
    equations: int | None
    lines: tuple[LineCount, ...] = ()
    """The source lines with most equations, most first."""
    body: str = ""
    """The function that an operation such as scan, called outside jit, repeats."""
    devices: tuple[str, ...]
    temp_size_bytes: int | None
    argument_size_bytes: int | None
    output_size_bytes: int | None

    @property
    def is_operation(self) -> bool:
        """Whether it is one operation outside jit, and no loop: which of these compile depends
        on what the process did before, so they show only in sums."""
        return self.kind == "eager" and not self.body

    @property
    def total_s(self) -> float:
        """Seconds of all stages that ran."""
        return sum(s or 0.0 for s in (self.trace_s, self.lower_s, self.compile_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss(Observed):
    """One compile as it was observed, and all that the next one is compared with."""

    identity: str
    """Equal for functions made from the same code, however often they are made."""
    object_serial: int
    """Differs between two function objects of one identity."""
    code_serial: int = -1
    """Differs between two runs of the text that defines it."""
    text_key: int = 0
    """Differs between two versions of the file or cell that defines it."""
    made_as: str = ""
    """`"lambda"`, `"local function"`, `"partial"`, `"bound method"` or `""`."""
    source: str
    """The function's own text; `""` where it cannot be read."""
    variant: str
    """`""` for a call; `"backward"`, `"batched"`, ... where grad, vmap or another
    transformation asked for it; `"ahead of time"`, or `"unknown"` where JAX does not say."""
    wrappers: tuple[str, ...] = ()
    """What the function was wrapped in before it was jitted: `("jax.grad",)`."""
    arguments: tuple[Argument, ...]
    statics: tuple[Static, ...]
    structures: tuple[Structure, ...] = ()
    passed: tuple[Passed, ...] = ()
    settings: tuple[Setting, ...] = ()
    options: tuple[Setting, ...] = ()
    """Options of jit that differ from the usual ones: donated arguments, shardings, ..."""
    caches_emptied: int = 0
    """How often `jax.clear_caches()` was called so far."""
    caches_emptied_at: str = ""
    cache_threshold_s: float | None = None
    """What takes less long is not stored in the persistent cache; None where it is off."""
    sizes_later: int | None = None
    """What to ask for the sizes with, where they are not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Record):
    """One difference to the nearest earlier compile of the same function."""

    path: str
    before: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compile(Observed):
    """One compile, explained."""

    cause: str
    """An id from the catalogue of causes: `"R02"`; `""` where none is known."""
    explanation: str
    advice: str
    changes: tuple[Change, ...]
    avoidable: bool = False
    """Whether the same function was compiled for the same types before."""
    number: int = 1
    """Which compile of its function it is, from 1."""
    variant: str = ""
    """`""` for a call; `"backward"`, `"batched"`, ... for what a transformation asked for."""
    details: tuple[str, ...] = ()
    """What else is known: other differences, values seen so far, the persistent cache."""
    compared_at_s: float | None = None
    """`compile_at_s` of the earlier compile that `changes` are the differences to."""

    def program(self) -> "Program":
        """What was compiled, while JAX keeps it: as long as its function lives."""
        return asked["program"](self)

    def diff(self) -> "ProgramDiff":
        """What differs between its program and that of the compile it was compared with."""
        return asked["diff"](self)

    def __str__(self) -> str:
        return f"{self.function}: {self.explanation}"
