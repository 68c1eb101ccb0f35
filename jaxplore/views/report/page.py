"""The report of a run: one page that opens offline and reads without its script."""

import time
from html import escape
from typing import Final

from jaxplore.advise.compiles.summary import Summary
from jaxplore.model.run import Run
from jaxplore.model.timeline import Timeline
from jaxplore.views.compiles.timeline import svg
from jaxplore.views.pages.page import page as document
from jaxplore.views.report import tables
from jaxplore.views.report.assets import SCRIPT, STYLE
from jaxplore.views.report.programs import programs
from jaxplore.views.units import counted, milliseconds

_STAGES: Final = (("trace", "trace"), ("lower", "lower"), ("compile", "XLA"))


def page(run: Run) -> str:
    """The whole document. All text of the program's is escaped."""
    summary = Summary.of(run.rows)
    parts = [f"<style>{STYLE}</style>", _header(run)]
    if run.compiles:
        parts += _body(run, summary)
    else:
        parts.append(_notes(run))
    return document(f"jaxplore run: {_command(run)}", "\n".join(parts))


def _body(run: Run, summary: Summary) -> list[str]:
    shown = programs(run)
    folder = run.folder
    sections = {
        "What to do first": tables.todos(summary, folder),
        "Timeline": f'<div class="scroll">{svg(Timeline.of(run.rows), width=1100)}</div>',
        "Functions": tables.functions(summary, folder),
        "Operations outside jit": tables.operations(summary, folder),
        "Source lines by seconds": _said(
            "The lines that waited for compiles, their operations outside jit included.",
            tables.waits(summary, folder),
        ),
        "Source lines by equations": _said(
            "Where the equations of all programs come from, and their share of the seconds.",
            tables.lines(summary, folder),
        ),
        "All compiles": _said(
            "Operations outside jit are above, by line. A function's name leads to its program.",
            tables.compiles(run, frozenset(shown)),
        ),
        "Programs": "\n".join(shown.values()) or '<p class="quiet">None.</p>',
    }
    links = "".join(f'<a href="#{_id(name)}">{escape(name)}</a>' for name in sections)
    return [
        _totals(run, summary),
        _notes(run),
        f"<nav>{links}</nav>",
        *(
            f'<section><h2 id="{_id(name)}">{escape(name)}</h2>\n{body}</section>'
            for name, body in sections.items()
        ),
        f"<script>{SCRIPT}</script>",
    ]


def _id(name: str) -> str:
    return name.lower().replace(" ", "-")


def _said(said: str, body: str) -> str:
    return f'<p class="quiet">{escape(said)}</p>{body}'


def _command(run: Run) -> str:
    command = " ".join(" ".join(run.command).split())
    return command if len(command) <= 300 else f"{command[:299]}…"


def _header(run: Run) -> str:
    versions = dict.fromkeys(process.jax for process in run.processes if process.jax)
    devices = dict.fromkeys(device for row in run.rows for device in row.devices)
    names = list(devices)
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(run.started_at_s))
    facts = [
        _ending(run),
        f"after {milliseconds(run.wall_s)}",
        at,
        f"Python {run.python}",
        *(f"JAX {version}" for version in versions),
        ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else ""),
        f"in {run.folder}",
    ]
    shown = " · ".join(escape(fact) for fact in facts if fact)
    return f'<header><h1>{escape(_command(run))}</h1>\n<p class="facts">{shown}</p></header>'


def _ending(run: Run) -> str:
    if run.signal:
        return f"ended by {run.signal}, status {run.status}"
    return f"ended with status {run.status}"


def _totals(run: Run, summary: Summary) -> str:
    count = summary.compiles + run.left_out
    total_s = summary.total_s + run.left_out_s
    share = min(summary.busy_s / run.wall_s, 1.0) if run.wall_s else 0.0
    cards = [
        (f"{count:,}", "compile" if count == 1 else "compiles"),
        (milliseconds(total_s), "spent on them"),
        (f"{share:.0%}", f"of {milliseconds(run.wall_s)} had a compile going on"),
        (milliseconds(summary.avoidable_s), "avoidable: compiled before for the same types"),
    ]
    if summary.cache_hits:
        cards.append((f"{summary.cache_hits:,}", "from the persistent cache"))
    items = "".join(f"<li><b>{escape(value)}</b>{escape(said)}</li>" for value, said in cards)
    seconds = {
        "trace": summary.trace_s,
        "lower": summary.lower_s,
        "compile": summary.compile_s,
    }
    whole = summary.total_s or 1.0
    split = "".join(
        f'<i class="{name}" style="width:{100 * seconds[name] / whole:.1f}%"></i>'
        for name, _ in _STAGES
    )
    key = "".join(
        f'<i class="{name}"></i>{shown} {milliseconds(seconds[name])}' for name, shown in _STAGES
    )
    return (
        f'<ul class="totals">{items}</ul><div class="split">{split}</div>'
        f'<p class="key quiet">{key}</p>'
    )


def _notes(run: Run) -> str:
    """What a reader must know to read the rest; `""` where all is as usual."""
    notes: list[str] = []
    if not run.processes:
        notes.append("The program was not observed: its Python did not begin the observation.")
    elif not any(process.jax for process in run.processes):
        notes.append("The program did not import JAX: there is nothing to report.")
    elif not run.compiles:
        notes.append("The program imported JAX, and nothing was compiled.")
    others = [process for process in run.processes if process.started != "program"]
    for started in ("fork", "spawn"):
        pids = [str(process.pid) for process in others if process.started == started]
        if pids:
            said = "1 process that was" if len(pids) == 1 else f"{len(pids)} processes that were"
            how = {"fork": "forked", "spawn": "spawned"}[started]
            more = ", ..." if len(pids) > 8 else ""
            notes.append(f"With {said} {how}: {', '.join(pids[:8])}{more}.")
    if run.left_out:
        notes.append(
            f"{counted(run.left_out, 'compile')} beyond the first of their process, "
            f"{milliseconds(run.left_out_s)}, are counted in the totals only."
        )
    faults = dict.fromkeys(fault for process in run.processes for fault in process.faults)
    notes += list(faults)[:20]
    if not notes:
        return ""
    shown = "".join(f"<p>{escape(note[:300])}</p>" for note in notes)
    return f'<div class="notes">{shown}</div>'
