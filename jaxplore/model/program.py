"""One program as JAX saw it, and the texts it became, linked to the source.

`Program` is the record behind every picture: `capture` writes it, `views` and the
browser read it. Indices tie the parts together: an equation names its values by
their place in `Program.values`, and its region by its place in `Program.regions`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, overload

from jaxplore.model.record import Drawn, Record
from jaxplore.model.span import Span
from jaxplore.model.types import short_type

Phase = Literal["forward", "backward"]
ValueKind = Literal["input", "constant", "literal", "result"]
FrameOwner = Literal["user", "library"]
StageName = Literal["jaxpr", "stablehlo", "hlo"]

STAGE_NAMES: tuple[StageName, ...] = ("jaxpr", "stablehlo", "hlo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Record):
    """Something an equation reads or writes. Holds its type, never its contents."""

    name: str
    """As in the jaxpr text: `a`, `b`, ...; the number itself for a literal."""
    shape: tuple[int | str, ...]
    """Dimensions; a string for a symbolic dimension."""
    dtype: str
    """`"float32"`, `"key<fry>"`, ...; `"token"` and the like where there is none."""
    weak_type: bool
    size_bytes: int
    sharding: str | None
    """As JAX prints it; None when nothing is said about placement."""
    kind: ValueKind

    @property
    def type_text(self) -> str:
        """Short type, as JAX writes it.

        >>> Value(name="a", shape=(3, 4), dtype="float32", weak_type=False,
        ...       size_bytes=48, sharding=None, kind="input").type_text
        'f32[3,4]'
        """
        return short_type(self.dtype, self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame(Record):
    """A call on the way to an equation. Frames that share callers form a tree."""

    span: Span
    """The expression that was being evaluated: in the innermost frame the operation itself,
    in the others the call."""
    caller: int | None
    """The frame outside of it: an index into `Program.frames`; None for the outermost."""
    owner: FrameOwner
    """Whose code it is. JAX's own frames are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation(Record):
    """One equation of a jaxpr."""

    primitive: str
    inputs: tuple[int, ...]
    """Indices into `Program.values`."""
    outputs: tuple[int, ...]
    span: Span | None
    """The innermost expression of the user's own code that made it."""
    scope: tuple[str, ...]
    """Names from `jax.named_scope` and inner jits, outermost first."""
    phase: Phase
    region: int
    """Which sub-program it stands in: an index into `Program.regions`."""
    flops: int
    """Floating-point operations; a loop counts its body times its length."""
    bytes: int
    """Bytes of its inputs and outputs."""
    parameters: str
    """Short text of its parameters, without nested programs."""
    regions: tuple[int, ...] = ()
    """The sub-programs it holds: a scan's body, a cond's branches, a jit's program."""
    frame: int | None = None
    """The innermost frame of its call stack, a library's included: an index into
    `Program.frames`. None where JAX kept no position."""
    meaning: str = ""
    """What it does, in words: `"contracts {0} axis 1 with {1} axis 0"`, where `{0}` stands
    for its first input. Empty where the primitive's name says it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region(Record):
    """A program or a program nested in an equation. `Program.regions[0]` is the whole."""

    name: str
    kind: str
    """`"program"`, or the parameter that holds it: `"jaxpr"`, `"cond_jaxpr"`, `"branches"`."""
    equation: int | None
    """The equation it is nested in; None for the whole program."""
    inputs: tuple[int, ...]
    constants: tuple[int, ...]
    outputs: tuple[int, ...]
    runs: int | None = 1
    """How often one run of the whole program runs it: the lengths of the scans about it,
    multiplied. None inside a `while`, whose count only a run can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XlaEstimate(Record):
    """What XLA says the compiled program costs. It counts the body of a loop once."""

    flops: float | None
    bytes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Record):
    """Ties lines of a stage's text to equations and to the user's expressions."""

    first_line: int
    """From 1."""
    last_line: int
    """Inclusive."""
    equations: tuple[int, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EquationLinks(Sequence[Link]):
    """The links of the jaxpr's text: one per equation, in order.

    As columns, because a large program has as many as equations and is mostly read line
    by line. Equal to any sequence of the same links.
    """

    first_lines: tuple[int, ...]
    last_lines: tuple[int, ...]
    spans: tuple[Span | None, ...]

    def __len__(self) -> int:
        return len(self.first_lines)

    @overload
    def __getitem__(self, index: int) -> Link: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Link, ...]: ...
    def __getitem__(self, index: int | slice) -> Link | tuple[Link, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        position = range(len(self))[index]
        span = self.spans[position]
        return Link(
            first_line=self.first_lines[position],
            last_line=self.last_lines[position],
            equations=(position,),
            spans=() if span is None else (span,),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # pyright: ignore[reportAssignmentType]  (as for any sequence that compares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Record):
    """The program's text at one stage, with links."""

    text: str
    links: Sequence[Link]
    error: str | None = None
    """Why this stage has no text; the other stages are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Record):
    """Text of a file or a cell that the program's expressions stand in."""

    file: str
    first_line: int
    """Line number of the text's first line."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, weakref_slot=True)
class Program(Drawn):
    """What JAX saw when it traced a function, and what XLA made of it."""

    name: str
    equations: tuple[Equation, ...]
    values: tuple[Value, ...]
    regions: tuple[Region, ...]
    stages: Mapping[str, Stage]
    sources: tuple[Source, ...]
    argument_names: tuple[str, ...] = field(default=())
    """For the whole program's inputs, in order: `"params['w']"`; empty when unknown."""
    frames: tuple[Frame, ...] = field(default=())
    """The calls that led to the equations; callers before the frames they called."""
    xla_estimate: XlaEstimate | None = None
    """None where the program was not compiled, or XLA says nothing."""

    def __str__(self) -> str:
        stage = self.stages.get("jaxpr")
        body = stage.text if stage else ""
        return f"{self.summary()}\n{body}".rstrip()

    def __repr__(self) -> str:
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # A read-only view of a dict can be neither pickled nor copied; a dict can.
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        return _remade, ({**parts, "stages": dict(self.stages)},)

    @property
    def total_flops(self) -> int:
        """Floating-point operations of one run: those of the outermost equations, which count
        what they hold. So a scan counts its body times its length, a `while` its body once, a
        cond its dearest branch."""
        return sum(e.flops for e in self.equations if e.region == 0)

    @property
    def total_bytes(self) -> int:
        """Bytes that the equations of one run read and write, without what XLA saves by
        fusing: those of all that hold no program, times how often they run. A `while` counts
        once, a cond its dearest branch."""
        runs = [1 if region.runs is None else region.runs for region in self.regions]
        sums = [0] * len(self.regions)
        # Whatever is nested comes after what holds it.
        for e in reversed(self.equations):
            inside = [sums[region] for region in e.regions]
            if not inside:
                sums[e.region] += e.bytes * runs[e.region]
            else:
                sums[e.region] += max(inside) if e.primitive == "cond" else sum(inside)
        return sums[0]

    def summary(self) -> str:
        """One line: name, number of equations, types in and out."""
        whole = self.regions[0]
        inputs = ", ".join(self._argument(i, v) for i, v in enumerate(whole.inputs))
        outputs = ", ".join(self.values[v].type_text for v in whole.outputs)
        count = len(self.equations)
        noun = "equation" if count == 1 else "equations"
        return f"{self.name}: {count:,} {noun}, ({inputs}) -> ({outputs})"

    def _argument(self, position: int, value: int) -> str:
        type_text = self.values[value].type_text
        if position < len(self.argument_names):
            return f"{self.argument_names[position]}: {type_text}"
        return type_text

    def to_json(self) -> dict[str, Any]:
        """As columns and string tables; see `jaxplore.model.wire`."""
        from jaxplore.model.wire.encode import encode

        return encode(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Program":
        """The program that `to_json` wrote."""
        from jaxplore.model.wire.decode import decode

        return decode(data)


def _remade(parts: dict[str, Any]) -> Program:
    fields: dict[str, Any] = {**parts, "stages": freeze_stages(parts["stages"])}
    return Program(**fields)


def freeze_stages(stages: Mapping[str, Stage]) -> Mapping[str, Stage]:
    """A read-only copy, in the order of `STAGE_NAMES`."""
    return MappingProxyType({name: stages[name] for name in STAGE_NAMES if name in stages})
