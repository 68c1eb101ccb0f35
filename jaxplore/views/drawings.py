"""Gives the records their HTML forms.

The views are imported when something is first drawn: `import jaxplore` stays light.
"""

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any, Final

from jaxplore.faults import contained
from jaxplore.model.record import drawings
from jaxplore.views.mode import deterministic

if TYPE_CHECKING:
    from jaxplore.model.collectives import Collectives
    from jaxplore.model.compiles import Compile
    from jaxplore.model.derivation import Derivation
    from jaxplore.model.devices import Devices
    from jaxplore.model.diagnosis import Diagnosis
    from jaxplore.model.diff.difference import ProgramDiff
    from jaxplore.model.errorcard import ErrorCard
    from jaxplore.model.gradient import Gradient
    from jaxplore.model.ledger import Ledger
    from jaxplore.model.memoryoptions import CheckpointOptions
    from jaxplore.model.numerics import Numerics
    from jaxplore.model.passes import Passes
    from jaxplore.model.placement import Placement
    from jaxplore.model.processes import ClusterLedger, SpmdRun
    from jaxplore.model.program import Program
    from jaxplore.model.timeline import Timeline
    from jaxplore.model.timing import Comparison, Timing

# Of the stages only the jaxpr is the same for every version of XLA.
_STABLE_STAGES: Final = ("jaxpr",)


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


def draw_timeline(record: "Timeline") -> str:
    """A timeline as HTML: the picture, or in deterministic mode its text."""
    from jaxplore.views.compiles import timeline

    return timeline.html(record)


def draw_cluster_ledger(record: "ClusterLedger") -> str:
    """What each process compiled, as HTML."""
    from jaxplore.views.processes import cluster

    return cluster.ledger_html(record)


def write_cluster_ledger(record: "ClusterLedger") -> str:
    """What each process compiled, as text."""
    from jaxplore.views.processes import cluster

    return cluster.ledger_text(record)


def draw_spmd_run(record: "SpmdRun") -> str:
    """What a cell did on each process, as HTML."""
    from jaxplore.views.processes import outputs

    return outputs.run_html(record)


def write_spmd_run(record: "SpmdRun") -> str:
    """What a cell did on each process, as text."""
    from jaxplore.views.processes import outputs

    return outputs.run_text(record)


def draw_timing(record: "Timing | Comparison") -> str:
    """A timing as HTML."""
    from jaxplore.views import timing

    return timing.html(record, times=not deterministic())


def draw_passes(record: "Passes") -> str:
    """What XLA did, as HTML; nothing of it is the same for every version of XLA."""
    from jaxplore.views.programs import passes

    return f"<p>{escape(write_passes(record))}</p>" if deterministic() else passes.html(record)


def write_passes(record: "Passes") -> str:
    """What XLA did, as a list."""
    return f"{record.name}: passes of XLA" if deterministic() else str(record)


def draw_numerics(record: "Numerics") -> str:
    """The numbers inside a run, as HTML."""
    from jaxplore.views.numbers import html

    return html.html(record)


def write_numerics(record: "Numerics") -> str:
    """The numbers inside a run, as text."""
    from jaxplore.views.numbers import text

    return text.text(record)


def draw_derivation(record: "Derivation") -> str:
    """How a gradient is derived, as HTML."""
    from jaxplore.views.gradient import derivation

    return derivation.html(record)


def write_derivation(record: "Derivation") -> str:
    """How a gradient is derived, as text."""
    from jaxplore.views.gradient import derivation

    return derivation.text(record)


def draw_checkpoints(record: "CheckpointOptions") -> str:
    """Ways to checkpoint, as HTML."""
    from jaxplore.views.gradient import checkpoints

    return checkpoints.html(record)


def write_checkpoints(record: "CheckpointOptions") -> str:
    """Ways to checkpoint, as text."""
    from jaxplore.views.gradient import checkpoints

    return checkpoints.text(record)


def draw_diagnosis(record: "Diagnosis") -> str:
    """What is wrong with an installation, as HTML."""
    from jaxplore.views import doctor

    return doctor.html(record)


def write_diagnosis(record: "Diagnosis") -> str:
    """What is wrong with an installation, as text."""
    from jaxplore.views import doctor

    return doctor.text(record)


def draw_collectives(record: "Collectives") -> str:
    """What devices send each other, as HTML."""
    from jaxplore.views.collectives import html

    return html.html(record)


def write_collectives(record: "Collectives") -> str:
    """What devices send each other, as text."""
    from jaxplore.views.collectives import text

    return text.text(record)


def draw_placement(record: "Placement") -> str:
    """Which device holds what, as HTML."""
    from jaxplore.views.placement import html

    return html.html(record)


def write_placement(record: "Placement") -> str:
    """Which device holds what, as text."""
    from jaxplore.views.placement import text

    return text.text(record)


def draw_devices(record: "Devices") -> str:
    """The devices of a machine, as HTML."""
    from jaxplore.views import devices

    return devices.html(record)


def write_devices(record: "Devices") -> str:
    """The devices of a machine, as text."""
    from jaxplore.views import devices

    return devices.text(record)


def picture_placement(record: "Placement") -> str:
    """All layouts of a placement, as SVG."""
    from jaxplore.views.placement import svg

    return svg.svg(record)


def draw_error(record: "ErrorCard") -> str:
    """What an error means, as HTML."""
    from jaxplore.views import errorcards

    return errorcards.html(record)


def write_error(record: "ErrorCard") -> str:
    """What an error means, as text."""
    from jaxplore.views import errorcards

    return errorcards.text(record)


def draw_diff(record: "ProgramDiff") -> str:
    """What differs between two programs, as HTML."""
    from jaxplore.views.programs import diff

    return diff.html(record, estimates=not deterministic())


def write_diff(record: "ProgramDiff") -> str:
    """What differs between two programs, as text."""
    from jaxplore.views.programs import diff

    return diff.text(record, estimates=not deterministic())


def draw_gradient(record: "Gradient") -> str:
    """A gradient as HTML without script."""
    from jaxplore.views.gradient import html

    return html.html(record)


def write_gradient(record: "Gradient") -> str:
    """A gradient as text."""
    from jaxplore.views.gradient import text

    return text.text(record)


def write_timing(record: "Timing | Comparison") -> str:
    """A timing as text."""
    from jaxplore.views import timing

    return timing.text(record, times=not deterministic())


def _safely(draw: Callable[[Any], str]) -> Callable[[Any], str]:
    """A notebook asks by itself: a fault leaves the record's text."""

    def drawn(record: Any) -> str:
        with contained("draw a record"):
            return draw(record)
        return f"<pre>{escape(str(record))}</pre>"

    return drawn


def install() -> None:
    """Let the records find their drawings."""
    found: dict[str, Callable[[Any], str]] = {
        "Program": draw_program,
        "Passes": draw_passes,
        "Numerics": draw_numerics,
        "Collectives": draw_collectives,
        "Placement": draw_placement,
        "Devices": draw_devices,
        "CheckpointOptions": draw_checkpoints,
        "Derivation": draw_derivation,
        "Diagnosis": draw_diagnosis,
        "ErrorCard": draw_error,
        "Ledger": draw_ledger,
        "Compile": draw_compile,
        "Timeline": draw_timeline,
        "Timing": draw_timing,
        "Comparison": draw_timing,
        "ClusterLedger": draw_cluster_ledger,
        "SpmdRun": draw_spmd_run,
    }
    drawings.update({name: _safely(draw) for name, draw in found.items()})
    # A record that shows times leaves its text to the views too.
    drawings["Passes as text"] = write_passes
    drawings["Placement as SVG"] = picture_placement
    drawings["Collectives as text"] = write_collectives
    drawings["Placement as text"] = write_placement
    drawings["Devices as text"] = write_devices
    drawings["Numerics as text"] = write_numerics
    drawings["ClusterLedger as text"] = write_cluster_ledger
    drawings["SpmdRun as text"] = write_spmd_run
    drawings["Gradient as text"] = write_gradient
    drawings["CheckpointOptions as text"] = write_checkpoints
    drawings["Derivation as text"] = write_derivation
    drawings["ErrorCard as text"] = write_error
    drawings["Diagnosis as text"] = write_diagnosis
    drawings["ProgramDiff as text"] = write_diff
    drawings["Timing as text"] = drawings["Comparison as text"] = write_timing
