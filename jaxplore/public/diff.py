"""What two programs are compared by: `jaxplore.diff`, and the programs of a ledger's rows.

What it needs is imported when it is first asked: `import jaxplore` stays light.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jaxplore.errors import JaxploreError
from jaxplore.faults import contained
from jaxplore.model import compiles
from jaxplore.model.record import drawings

if TYPE_CHECKING:
    from jaxplore.model.compiles import Compile
    from jaxplore.model.diff.difference import ProgramDiff
    from jaxplore.model.program import Program

# What JAX still has of a compile; its StableHLO is gone.
_KEPT_STAGES: Final = ("jaxpr", "hlo")


def diff(a: Any, b: Any = None, /, *, stages: Sequence[str] | None = None) -> "ProgramDiff":
    """What differs between two programs, aligned by their structure.

    Equations that compute the same are found again whatever their types, wherever their
    lines have moved to: with another dtype or shape they are changed, not removed and added.

    Args:
        a: The program before: a `Program`, an `Explorer`, a row of a ledger, a tuple of a
            function and its arguments, or whatever else `jaxplore.program` takes alone.
        b: The program after. May be left out when `a` is a row of a ledger, or what
            `jaxplore.why` gives: then it is compared with the call that it was compared to.
        stages: The texts to make of what is not a program yet; the jaxpr when not given.
            With `"hlo"` XLA's estimates of the costs are compared too.

    Raises:
        JaxploreError: There is nothing to compare with, or JAX let go of a row's program.

    >>> import jax.numpy as jnp
    >>> def f(x):
    ...     return jnp.sin(x) * 2
    >>> diff((f, 1.0), (lambda x: jnp.exp(f(x)), 1.0)).summary()
    'f -> <lambda>: 2 equations the same, 0 changed, 1 added, 0 removed'
    """
    from jaxplore.model.diff.align import diff_programs
    from jaxplore.model.why import Why

    if b is None:
        return _diff_of_row(a.compile if isinstance(a, Why) else a)
    wanted = _stages((a, b)) if stages is None else stages
    return diff_programs(_side(a, wanted), _side(b, wanted))


def program_of(row: "Compile") -> "Program":
    """The program of a ledger's row, while JAX keeps it.

    Raises:
        JaxploreError: It is gone.
    """
    return _alive(row, row.compile_at_s)


def _diff_of_row(row: Any) -> "ProgramDiff":
    from jaxplore.model.diff.align import diff_programs

    if not isinstance(row, compiles.Compile):
        raise JaxploreError.of(
            failed="A program is compared with another, and only one was given.",
            given=f"{' '.join(repr(row).split())[:80]} ({type(row).__name__})",
            do="give two: jaxplore.diff((f, x), (g, x)); a row of a ledger may stand alone.",
        )
    if row.compared_at_s is None:
        raise JaxploreError.of(
            failed="There is no earlier compile to compare this one with.",
            given=str(row),
            do="name both: jaxplore.diff(jaxplore.ledger()[0], jaxplore.ledger()[1]).",
        )
    before = _alive(row, row.compared_at_s, "of the call that this compile was compared with")
    return diff_programs(before, program_of(row))


def _alive(row: "Compile", compile_at_s: float | None, of: str = "of this compile") -> "Program":
    from jaxplore.capture.compiles.alive import alive
    from jaxplore.capture.programs.program import capture_program

    found = alive.get(compile_at_s, row.function)
    if found is not None:
        return capture_program(found, stages=_KEPT_STAGES)
    if row.variant in ("ahead of time", "unknown"):
        raise JaxploreError.of(
            failed=f"The program {of} was not seen: JAX compiled it {row.variant}.",
            given=str(row),
            do="give what .trace(), .lower() or .compile() returned.",
        )
    raise JaxploreError.of(
        failed=f"The program {of} is gone: JAX keeps it only as long as its function.",
        given=str(row),
        do=f"call {row.function} again and use its new row, or give the function: "
        f"jaxplore.explore({row.function}, ...).",
    )


def _stages(sides: tuple[Any, Any]) -> tuple[str, ...]:
    """The stages that both can be compared in: what is lowered or compiled has no jaxpr."""
    import jax

    if any(isinstance(side, jax.stages.Compiled) for side in sides):
        return "jaxpr", "hlo"
    if any(isinstance(side, jax.stages.Lowered) for side in sides):
        return "jaxpr", "stablehlo"
    return ("jaxpr",)


def _side(side: Any, stages: Sequence[str]) -> "Program":
    from jaxplore.model.program import Program
    from jaxplore.model.why import Why
    from jaxplore.public.look import program

    if isinstance(side, Program):
        return side
    if isinstance(side, Why):
        return program_of(side.compile)
    shown = getattr(side, "program", None)
    if isinstance(shown, Program):  # an Explorer
        return shown
    if isinstance(side, tuple) and side and callable(side[0]):
        return program(*side, stages=stages)
    return program(side, stages=stages)


def _drawn(record: "ProgramDiff") -> str:
    """A difference as HTML: with its script where the front end is built, else without."""
    from jaxplore.views.drawings import draw_diff
    from jaxplore.widgets import diffpage

    with contained("draw a difference"):
        if diffpage.can_be_live():
            return diffpage.html(record)
    return draw_diff(record)


def _save(record: "ProgramDiff", path: str | Path) -> Path:
    from jaxplore.widgets import diffpage

    return diffpage.save(record, path)


def install() -> None:
    """Let rows of a ledger answer for their programs, and differences be drawn."""
    compiles.asked["program"] = program_of
    compiles.asked["diff"] = _diff_of_row
    compiles.asked["save diff"] = _save
    drawings["ProgramDiff"] = _drawn
