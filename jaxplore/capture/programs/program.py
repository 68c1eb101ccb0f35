"""From a function and its arguments, or from anything JAX made of them, to a `Program`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.hlo import read_hlo
from jaxplore.capture.programs.labels import LabelledEquations, Labels, label, may_label
from jaxplore.capture.programs.linking import EquationIndex
from jaxplore.capture.programs.stablehlo import read_stablehlo
from jaxplore.capture.programs.tracing import Made, Progress, trace
from jaxplore.capture.programs.walk import Walk, collector_resting
from jaxplore.capture.source import files
from jaxplore.capture.source.spans import SpanTable
from jaxplore.errors import NotAProgramError
from jaxplore.model.program import (
    STAGE_NAMES,
    Equation,
    EquationLinks,
    Frame,
    Program,
    Region,
    Source,
    Stage,
    StageName,
    Value,
    XlaEstimate,
    freeze_stages,
)

Keep = Callable[[Any, EquationIndex, str], None]
Walked = Callable[[Walk], None]

# A file longer than this is shown from its first to its last function that is used.
_WHOLE_FILE_LINES: Final = 60

_NAMED_SIZES: Final = (
    "XLA compiles for sizes that are numbers; here {} is a name. "
    "Pass types with numbers to see this text."
)


def capture_program(
    target: Any,
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    *,
    stages: Sequence[str] | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
    walked: Walked | None = None,
) -> Program:
    """The program of a function for some arguments, or of what JAX made of one.

    Args:
        target: A function, a jitted function or a method; or a jaxpr; or what
            `jax.jit(f).trace(...)`, `.lower(...)` or `.compile()` returned.
        args: Arrays, pytrees of them, or `jax.ShapeDtypeStruct`; for functions only.
        kwargs: The same, by keyword.
        stages: Which texts to make, of `"jaxpr" "stablehlo" "hlo"`; all by default
            (for a jaxpr, which alone cannot be lowered: itself).
        progress: Called before each step that may take long, with a few words and the
            program's number of equations (0 before it is known).
        keep: Given what JAX lowered, what finds its equations, and the program's name, where
            a text of it was made.
        walked: Given the walk over its jaxpr, for what the record does not say.

    Raises:
        NotAProgramError: `target` is none of these, or `stages` names another stage.
        UserCodeFailed: The function raised while JAX traced it.
    """
    wanted = STAGE_NAMES if stages is None else _checked(stages)
    say = progress or _say_nothing
    with observer.paused():
        made = trace(target, args, kwargs or {}, say)
        texts = {name: _stage_text(made, name, say) for name in wanted}
    with collector_resting():
        return _program(made, wanted, texts, keep, walked)


def _say_nothing(_step: str, _equations: int) -> None:
    return


def _checked(stages: Sequence[str]) -> tuple[StageName, ...]:
    unknown = [name for name in stages if name not in STAGE_NAMES]
    if unknown or isinstance(stages, str):
        raise NotAProgramError.of(
            failed="Cannot make these stages of a program.",
            given=f"stages={stages!r}",
            do=f"name some of {', '.join(STAGE_NAMES)} in a tuple.",
        )
    return tuple(name for name in STAGE_NAMES if name in stages)


def _program(
    made: Made,
    wanted: Sequence[StageName],
    texts: Mapping[str, str | Stage | None],
    keep: Keep | None,
    walked: Walked | None,
) -> Program:
    spans = SpanTable()
    stages: dict[str, Stage] = {}
    equations: Sequence[Equation] = ()
    values: Sequence[Value] = ()
    regions: Sequence[Region] = (_empty_region(made.name),)
    frames: Sequence[Frame] = ()
    index = EquationIndex((), (), spans)
    if made.jaxpr is not None:
        walk = Walk(made.jaxpr, made.name, spans)
        equations, values, regions = walk.equations, walk.values, walk.regions
        frames = walk.frames
        if walked is not None:
            walked(walk)
        if "jaxpr" in wanted:
            stages["jaxpr"] = walk.stage()
        if any(text is not None for text in texts.values()):
            index = EquationIndex(equations, walk.paths, spans, labelled(walk, made.labels))
    for name, text in texts.items():
        if isinstance(text, Stage):
            stages[name] = text
        elif text is not None:
            read = read_stablehlo if name == "stablehlo" else read_hlo
            try:
                stages[name] = read(text, index)
            except Exception as fault:  # XLA's text may change; the other stages are kept
                error = f"cannot be read: {type(fault).__name__}: {fault}"
                stages[name] = Stage(text="", links=(), error=error)
    if keep is not None and made.lowered is not None:
        keep(made.lowered, index, made.name)
    sources = _sources(spans, equations, stages.values())
    return Program(
        name=made.name,
        equations=tuple(equations),
        values=tuple(values),
        regions=tuple(regions),
        stages=freeze_stages(stages),
        sources=sources,
        frames=_frames(frames, sources),
        xla_estimate=_xla_estimate(made.compiled) if "hlo" in wanted else None,
        argument_names=() if made.jaxpr is None else _argument_names(made.jaxpr),
    )


def _stage_text(made: Made, name: StageName, say: Progress) -> str | Stage | None:
    """The raw text of a later stage; a `Stage` with an error where JAX fails to make it.

    None where there is nothing to make it from. A failure keeps the other stages.
    """
    if name == "jaxpr":
        return None
    try:
        if name == "stablehlo":
            lower(made, say)
            return None if made.lowered is None else made.lowered.as_text(debug_info=True)
        if made.compiled is None:
            lower(made, say)
            if made.lowered is None:
                return None
            say("XLA compiles", _size(made))
            made.compiled = made.lowered.compile()
        return made.compiled.as_text() or ""
    except Exception as fault:
        names = () if made.jaxpr is None or name != "hlo" else jaxprs.named_sizes(made.jaxpr)
        error = f"{type(fault).__name__}: {fault}" if not names else _NAMED_SIZES.format(*names)
        return Stage(text="", links=(), error=error)


def _xla_estimate(compiled: Any) -> XlaEstimate | None:
    """What XLA says; None where nothing was compiled, or this backend does not say."""
    if compiled is None:
        return None
    try:
        said = compiled.cost_analysis()
        # Some versions have one for each device.
        said = said[0] if isinstance(said, list | tuple) else said
        work, moved = (_counted(said.get(name)) for name in ("flops", "bytes accessed"))
    except Exception:  # XLA's estimate is no reason to show nothing
        return None
    return None if work is None and moved is None else XlaEstimate(flops=work, bytes=moved)


def _counted(number: Any) -> float | None:
    # XLA writes what it does not know as a negative number.
    return float(number) if isinstance(number, int | float) and number >= 0 else None


def lower(made: Made, say: Progress) -> None:
    """Lower what was traced, with labels where that can be done."""
    if made.lowered is not None or made.traced is None:
        return
    say("lowering to StableHLO", _size(made))
    with_labels = label(made.traced) if may_label() else None
    if with_labels is not None:
        try:
            made.lowered, made.labels = with_labels[0].lower(), with_labels[1]
            return
        except Exception:  # what JAX says of it, it must say of the user's own program
            made.labels = None
    made.lowered = made.traced.lower()


def labelled(walk: Walk, labels: Labels | None) -> LabelledEquations | None:
    """The equations of a walk by the labels they were lowered with."""
    if labels is None:
        return None
    numbers = [labels.number(jaxpr) for jaxpr in walk.jaxprs]
    return LabelledEquations(walk.equations, walk.regions, numbers)


def _size(made: Made) -> int:
    return 0 if made.jaxpr is None else jaxprs.count_equations(made.jaxpr)


def _empty_region(name: str) -> Region:
    return Region(name=name, kind="program", equation=None, inputs=(), constants=(), outputs=())


def _argument_names(jaxpr: Any) -> tuple[str, ...]:
    opened = jaxprs.opened(jaxpr)
    names = getattr(getattr(opened, "debug_info", None), "arg_names", None) or ()
    if len(names) != len(opened.invars):
        return ()
    return tuple(str(name or "") for name in names)


def _sources(
    spans: SpanTable, equations: Sequence[Equation], stages: Iterable[Stage]
) -> tuple[Source, ...]:
    """The user's files on the stacks, and those of a library's where it has the expression."""
    quoted = {equation.span.file for equation in equations if equation.span is not None}
    for stage in stages:
        if not isinstance(stage.links, EquationLinks):
            quoted.update([span.file for link in stage.links for span in link.spans])
    sources: list[Source] = []
    for shown, file_name in spans.file_names.items():
        if shown not in quoted and files.owner(file_name) != "user":
            continue
        lines = files.source_lines(file_name)
        if not lines:
            continue
        first, last = 1, len(lines)
        if last > _WHOLE_FILE_LINES:
            first, last = spans.used_lines(file_name)
        sources.append(
            Source(file=shown, first_line=first, text="\n".join(lines[first - 1 : last]))
        )
    return tuple(sources)


def _frames(frames: Sequence[Frame], sources: Sequence[Source]) -> tuple[Frame, ...]:
    """The frames, without the text of what the program does not carry."""
    carried = {source.file for source in sources}
    return tuple(
        [f if f.span.file in carried else replace(f, span=replace(f.span, text="")) for f in frames]
    )
