"""What a cell showed on several processes: once where equal, side by side where not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from jaxplore.model.processes import Output, ProcessRun, SpmdRun

_ADDRESS: Final = re.compile(r"0x[0-9a-f]{6,}")
_TERMINAL: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_IMAGES: Final = ("image/png", "image/jpeg")
_FONT: Final = "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:12px"
_PRE: Final = (
    "font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px;margin:0;"
    "white-space:pre-wrap;overflow-wrap:anywhere;background:none;color:inherit"
)
# As light as dark pages; the number says which process it is, the edge only repeats it.
EDGES: Final = ("#1976d2", "#c77700", "#7b5ea7", "#00838f", "#b0487f", "#767d86")


@dataclass(frozen=True, slots=True)
class Apart:
    """Outputs that differ: who showed what. Processes that showed the same are together."""

    groups: tuple[tuple[str, tuple[Output, ...]], ...]


def aligned(runs: Sequence[ProcessRun]) -> list[Output | Apart]:
    """The outputs of all processes in one order: what each of them showed first, and last, in
    the same way is there once.

    >>> aligned([])
    []
    """
    if not runs:
        return []
    lists = [list(run.outputs) for run in runs]
    first = 0
    shortest = min(map(len, lists))
    while first < shortest and _equal([one[first] for one in lists]):
        first += 1
    last = 0
    while last < shortest - first and _equal([one[-1 - last] for one in lists]):
        last += 1
    groups: dict[str, tuple[list[int], tuple[Output, ...]]] = {}
    for run, one in zip(runs, lists, strict=True):
        middle = tuple(one[first : len(one) - last])
        groups.setdefault(_comparable(middle), ([], middle))[0].append(run.process)
    found: list[Output | Apart] = list(lists[0][:first])
    if any(middle for _, middle in groups.values()):
        found.append(Apart(tuple((named(who), middle) for who, middle in groups.values())))
    return found + lists[0][len(lists[0]) - last :]


def named(processes: Sequence[int]) -> str:
    """Processes as people say them.

    >>> named([1]), named([0, 2])
    ('process 1', 'processes 0, 2')
    """
    noun = "process" if len(processes) == 1 else "processes"
    return f"{noun} {', '.join(map(str, processes))}"


def _equal(outputs: Sequence[Output]) -> bool:
    return len({_comparable((one,)) for one in outputs}) == 1


def _comparable(outputs: Sequence[Output]) -> str:
    """Equal for outputs that differ in addresses of objects alone."""
    return _ADDRESS.sub("0x", repr([(one.kind, sorted(one.data.items())) for one in outputs]))


def apart_text(part: Apart) -> str:
    """What differs, a block for each process."""
    lines: list[str] = []
    for who, outputs in part.groups:
        said = "\n".join(_plain(one) for one in outputs) or "(nothing)"
        lines.append(f"{who}:")
        lines += [f"    {line}".rstrip() for line in said.split("\n")]
    return "\n".join(lines)


def _plain(output: Output) -> str:
    if output.kind == "stream":
        return _TERMINAL.sub("", "".join(map(str, output.data.values()))).rstrip("\n")
    return str(output.data.get("text/plain", ""))


def apart_html(part: Apart) -> str:
    """What differs, side by side. Needs no script."""
    columns = "".join(
        f'<section aria-label="{escape(who)}" style="flex:1 1 14em;min-width:0;padding-left:8px;'
        f'border-left:3px solid {EDGES[number % len(EDGES)]}">'
        f'<div style="font-weight:600">{escape(who)}</div>'
        + ("".join(_drawn(one) for one in outputs) or '<div style="opacity:.7">(nothing)</div>')
        + "</section>"
        for number, (who, outputs) in enumerate(part.groups)
    )
    return (
        f'<div class="jaxplore-processes" role="group" style="{_FONT};display:flex;'
        f'flex-wrap:wrap;gap:4px 16px;margin:2px 0">{columns}</div>'
    )


def _drawn(output: Output) -> str:
    data = output.data
    for mime in _IMAGES:
        if mime in data:
            source = f"data:{mime};base64,{_base64(data[mime])}"
            return f'<img alt="" style="max-width:100%" src="{source}">'
    if output.kind != "stream" and "text/html" in data:
        # The user's own HTML, as the notebook shows it where it is not ours to arrange.
        return f'<div style="overflow-x:auto">{data["text/html"]}</div>'
    return f'<pre style="{_PRE}">{escape(_plain(output))}</pre>'


def _base64(picture: Any) -> str:
    if isinstance(picture, bytes):
        from base64 import b64encode

        return b64encode(picture).decode()
    return escape(str(picture))


def run_text(run: SpmdRun) -> str:
    """A whole run: what was the same once, the rest by process, and who failed."""
    parts = [
        _plain(part) if isinstance(part, Output) else apart_text(part)
        for part in aligned(run.processes)
    ]
    return "\n".join([*parts, *_failures(run)])


def run_html(run: SpmdRun) -> str:
    """The same as HTML."""
    parts = [
        _drawn(part) if isinstance(part, Output) else apart_html(part)
        for part in aligned(run.processes)
    ]
    failed = "".join(f'<pre style="{_PRE}">{escape(line)}</pre>' for line in _failures(run))
    return f'<div class="jaxplore-spmd" style="{_FONT}">{"".join(parts)}{failed}</div>'


def _failures(run: SpmdRun) -> list[str]:
    return [
        f"process {one.process}: {one.failure.name}: {one.failure.message}"
        for one in run.processes
        if one.failure is not None
    ]
