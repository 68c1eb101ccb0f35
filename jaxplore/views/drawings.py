"""Gives the records their forms: HTML for notebooks, text where it says more than `repr`.

The views are imported when something is first drawn: `import jaxplore` stays light.
"""

from collections.abc import Callable
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from jaxplore.faults import contained
from jaxplore.model.record import SVG, TEXT, drawings
from jaxplore.views.mode import deterministic

if TYPE_CHECKING:
    from jaxplore.model.compiles import Compile
    from jaxplore.model.diff.difference import ProgramDiff
    from jaxplore.model.ledger import Ledger
    from jaxplore.model.passes import Passes
    from jaxplore.model.program import Program
    from jaxplore.model.timing import Comparison, Timing

Draw = Callable[[Any], str]

# Record -> the module of the views that shows it, and the function in it.
_AS_HTML: Final = {
    "CheckpointOptions": "gradient.checkpoints.html",
    "ClusterLedger": "processes.cluster.ledger_html",
    "Collectives": "collectives.html.html",
    "Derivation": "gradient.derivation.html",
    "Devices": "devices.html",
    "Diagnosis": "doctor.html",
    "ErrorCard": "errorcards.html",
    "Numerics": "numbers.html.html",
    "Placement": "placement.html.html",
    "SpmdRun": "processes.outputs.run_html",
    "Timeline": "compiles.timeline.html",
}
_AS_TEXT: Final = {
    "CheckpointOptions": "gradient.checkpoints.text",
    "ClusterLedger": "processes.cluster.ledger_text",
    "Collectives": "collectives.text.text",
    "Derivation": "gradient.derivation.text",
    "Devices": "devices.text",
    "Diagnosis": "doctor.text",
    "ErrorCard": "errorcards.text",
    "Gradient": "gradient.text.text",
    "Numerics": "numbers.text.text",
    "Placement": "placement.text.text",
    "SpmdRun": "processes.outputs.run_text",
}
# Of the stages only the jaxpr is the same for every version of XLA.
_STABLE_STAGES: Final = ("jaxpr",)


def _of_views(place: str) -> Draw:
    """A function of the views, whose module is imported with its first call."""
    module, _, name = place.rpartition(".")

    def draw(record: Any) -> str:
        return cast(Draw, getattr(import_module(f"jaxplore.views.{module}"), name))(record)

    return draw


def draw_program(record: "Program") -> str:
    """A program as HTML without script."""
    from jaxplore.views.programs import program

    return program.html(record, stages=_STABLE_STAGES if deterministic() else None)


def draw_ledger(record: "Ledger") -> str:
    """A ledger as HTML."""
    from jaxplore.views.compiles import ledger

    rows, times = tuple(record), not deterministic()
    return ledger.html(rows, times=times, line=ledger.totals(rows, times=times))


def draw_compile(record: "Compile") -> str:
    """One compile as HTML."""
    from jaxplore.views.compiles import ledger

    # A record does not know its place in the ledger.
    return ledger.html((record,), times=not deterministic(), line=str(record), first=None)


def draw_timing(record: "Timing | Comparison") -> str:
    """A timing as HTML."""
    from jaxplore.views import timing

    return timing.html(record, times=not deterministic())


def write_timing(record: "Timing | Comparison") -> str:
    """A timing as text."""
    from jaxplore.views import timing

    return timing.text(record, times=not deterministic())


def draw_passes(record: "Passes") -> str:
    """What XLA did, as HTML; nothing of it is the same for every version of XLA."""
    from jaxplore.views.programs import passes

    return f"<p>{escape(write_passes(record))}</p>" if deterministic() else passes.html(record)


def write_passes(record: "Passes") -> str:
    """What XLA did, as a list."""
    return f"{record.name}: passes of XLA" if deterministic() else str(record)


def draw_diff(record: "ProgramDiff") -> str:
    """What differs between two programs, as HTML."""
    from jaxplore.views.programs import diff

    return diff.html(record, estimates=not deterministic())


def write_diff(record: "ProgramDiff") -> str:
    """What differs between two programs, as text."""
    from jaxplore.views.programs import diff

    return diff.text(record, estimates=not deterministic())


def _safely(draw: Callable[[Any], str]) -> Callable[[Any], str]:
    """A notebook asks by itself: a fault leaves the record's text."""

    def drawn(record: Any) -> str:
        with contained("draw a record"):
            return draw(record)
        return f"<pre>{escape(str(record))}</pre>"

    return drawn


def install() -> None:
    """Let the records find their drawings."""
    as_html: dict[str, Draw] = {
        **{name: _of_views(place) for name, place in _AS_HTML.items()},
        "Program": draw_program,
        "Passes": draw_passes,
        "Ledger": draw_ledger,
        "Compile": draw_compile,
        "Timing": draw_timing,
        "Comparison": draw_timing,
    }
    as_text: dict[str, Draw] = {
        **{name: _of_views(place) for name, place in _AS_TEXT.items()},
        "Passes": write_passes,
        "ProgramDiff": write_diff,
        "Timing": write_timing,
        "Comparison": write_timing,
    }
    drawings.update({name: _safely(draw) for name, draw in as_html.items()})
    drawings.update({name + TEXT: write for name, write in as_text.items()})
    drawings["Placement" + SVG] = _of_views("placement.svg.svg")
