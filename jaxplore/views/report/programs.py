"""The programs of a report, as text: each line with the expression it comes from."""

from html import escape
from typing import Final

from jaxplore.model.run import ProgramText, Run
from jaxplore.views.report.tables import Numbered, numbered
from jaxplore.views.units import counted

# Of all programs together; those of the longest compiles come first.
_MOST_BYTES: Final = 700_000
_WIDEST: Final = 72


def programs(run: Run) -> dict[int, str]:
    """Number of a compile -> its program, in the order of the compiles, as many as fit."""
    found = [one for one in numbered(run) if one.of.program is not None]
    found.sort(key=_longest_first)
    shown: dict[int, str] = {}
    left = _MOST_BYTES
    for one in found:
        assert one.of.program is not None
        if _at_least(one.of.program) > left:
            continue  # not worth writing: of ten thousand compiles few fit
        written = _html(one, one.of.program)
        if len(written) <= left:
            left -= len(written)
            shown[one.number] = written
    return dict(sorted(shown.items()))


def _longest_first(one: Numbered) -> float:
    return -one.of.compile.total_s


def _at_least(program: ProgramText) -> int:
    """Letters of a program before markup is added."""
    return sum(len(line.text) for line in program.lines)


def _html(one: Numbered, program: ProgramText) -> str:
    row = one.of.compile
    size = "" if row.equations is None else f", {counted(row.equations, 'equation')}"
    lines = [_line(line.text, line.place) for line in program.lines]
    if program.lines_left_out:
        lines.append(f'<span class="quiet">… {counted(program.lines_left_out, "more line")}</span>')
    if program.note:
        lines.append(escape(program.note))
    # The name is on what is inside: browsers open what they are sent into.
    return (
        f"<details><summary>{one.number:,} · {escape(row.function[:240])}{size}</summary>"
        f'<pre id="program-{one.number}">{chr(10).join(lines)}</pre></details>'
    )


def _line(text: str, place: str) -> str:
    if not place:
        return escape(text)
    return f'{escape(f"{text:<{_WIDEST}}")}  <span class="quiet"># {escape(place)}</span>'
