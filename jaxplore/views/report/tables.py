"""The tables of a report: what to do first, functions, source lines, compiles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from jaxplore.advise.compiles.summary import FunctionTotal, Summary, Todo
from jaxplore.model.ledger import SourceLine
from jaxplore.model.run import Run, RunCompile
from jaxplore.model.span import Span
from jaxplore.views.units import counted, milliseconds, size

# A page stays below two megabytes: what is beyond is in the sums, and in the JSON.
_MOST_TODOS: Final = 20
_MOST_GROUPS: Final = 200
_MOST_COMPILES: Final = 1_000
_WIDEST: Final = 240


@dataclass(frozen=True, slots=True)
class Numbered:
    """A compile, and its number in the run, from 1."""

    number: int
    of: RunCompile


def numbered(run: Run) -> tuple[Numbered, ...]:
    """The compiles of a run with their numbers."""
    return tuple(Numbered(number, one) for number, one in enumerate(run.compiles, 1))


def todos(summary: Summary, folder: str) -> str:
    """What to do first, most seconds first."""
    if not summary.todos:
        return "<p>Nothing: everything was compiled once, and had to be.</p>"
    shown = "".join(_todo(todo, folder) for todo in summary.todos[:_MOST_TODOS])
    return f'<ol class="todos">{shown}</ol>{_more(summary.todos, _MOST_TODOS)}'


def _todo(todo: Todo, folder: str) -> str:
    name = f"<b>{_text(todo.function)}</b> " if todo.function else ""
    of_this = f", {_time(todo.avoidable_s)} for types it had" if todo.avoidable_s else ""
    return (
        f"<li><div><p>{name}{_cause(todo.cause)} {_text(todo.explanation)}</p>"
        f"<p><b>{_text(todo.advice)}</b></p>{_todo_place(todo, folder)}</div>"
        f'<div class="cost"><b>{_time(todo.total_s)}</b><br>'
        f'<span class="quiet">{counted(todo.compiles, "compile")}{of_this}</span></div></li>'
    )


def _todo_place(todo: Todo, folder: str) -> str:
    """Where to do it, unless the advice says so."""
    span = todo.place
    if span is None or f"{span.file.rsplit('/', 1)[-1]} line {span.line} " in todo.advice:
        return ""
    return f"<p>{place_html(span, folder)}</p>"


def functions(summary: Summary, folder: str) -> str:
    """One row per function."""
    most = max((one.total_s for one in summary.functions), default=0.0)
    head = _head(
        ("function", "causes", "#compiles", "#trace", "#lower", "#XLA", "#all", "", "#avoidable")
    )
    rows = (_function(one, most, folder) for one in summary.functions[:_MOST_GROUPS])
    return _table(head, rows) + _more(summary.functions, _MOST_GROUPS)


def _function(one: FunctionTotal, most: float, folder: str) -> str:
    causes = " ".join(_cause(f"{c.cause or 'unknown'} × {c.compiles:,}") for c in one.causes)
    return _row(
        f'<td class="function">{_text(one.function)}<br>{place_html(one.defined_at, folder)}</td>',
        f"<td>{causes}</td>",
        _number(one.compiles, f"{one.compiles:,}"),
        *(_seconds(s) for s in (one.trace_s, one.lower_s, one.compile_s, one.total_s)),
        _bar(one.total_s, most),
        _seconds(one.avoidable_s or None),
    )


def operations(summary: Summary, folder: str) -> str:
    """Operations outside jit, one row per source line."""
    most = max((one.total_s for one in summary.operations), default=0.0)
    rows = (
        _row(
            f"<td>{place_html(one.place, folder)}</td>",
            f'<td class="why">{_text(one.explanation)}</td>',
            _number(one.compiles, f"{one.compiles:,}"),
            _seconds(one.total_s),
            _bar(one.total_s, most),
        )
        for one in summary.operations[:_MOST_GROUPS]
    )
    head = _head(("source line", "what", "#compiles", "#seconds", ""))
    return _table(head, rows) + _more(summary.operations, _MOST_GROUPS)


def waits(summary: Summary, folder: str) -> str:
    """The source lines that waited for compiles."""
    most = max((line.total_s for line in summary.waits), default=0.0)
    rows = (
        _row(
            f"<td>{place_html(line.span, folder)}</td>",
            _number(line.compiles, f"{line.compiles:,}"),
            _seconds(line.total_s),
            _bar(line.total_s, most),
        )
        for line in summary.waits[:_MOST_GROUPS]
    )
    head = _head(("source line", "#compiles", "#seconds", ""))
    return _table(head, rows) + _more(summary.waits, _MOST_GROUPS)


def lines(summary: Summary, folder: str) -> str:
    """The source lines that the programs' equations come from, most equations first."""
    found = sorted(summary.lines, key=_most_equations_first)
    most = max((line.equations for line in found), default=0)
    rows = (
        _row(
            f"<td>{_line_html(line.span.file, line.span.line, line.span.text, folder)}</td>",
            _number(line.equations, f"{line.equations:,}"),
            _bar(line.equations, most, "equations"),
            _seconds(line.seconds),
            _number(line.compiles, f"{line.compiles:,}"),
        )
        for line in found[:_MOST_GROUPS]
    )
    head = _head(("source line", "#equations", "", "#seconds", "#compiles"))
    return _table(head, rows) + _more(found, _MOST_GROUPS)


def _most_equations_first(line: SourceLine) -> int:
    return -line.equations


def compiles(run: Run, linked: frozenset[int]) -> str:
    """Every compile but operations outside jit; of very many those that took longest.

    Args:
        run: The run.
        linked: Numbers of the compiles whose program is in the page.
    """
    found = [one for one in numbered(run) if not one.of.compile.is_operation]
    kept = sorted(found, key=_longest_first)[:_MOST_COMPILES]
    kept.sort(key=_number_of)
    several = len(run.processes) > 1
    names = ["#no.", *(["process"] if several else []), "#after", "function", "why"]
    head = _head((*names, "#trace", "#lower", "#XLA", "#equations", "#memory", "called at"))
    rows = (_compile(one, run, linked=one.number in linked, several=several) for one in kept)
    table = _table(head, rows, kind=' class="compiles"')
    rest_s = sum(one.of.compile.total_s for one in found) - sum(
        one.of.compile.total_s for one in kept
    )
    if len(found) > len(kept):
        rest = counted(len(found) - len(kept), "shorter compile")
        table += f'<p class="quiet">{rest}, {_time(rest_s)}, are in the sums above only.</p>'
    return table


def _longest_first(one: Numbered) -> float:
    return -one.of.compile.total_s


def _number_of(one: Numbered) -> int:
    return one.number


def _compile(one: Numbered, run: Run, *, linked: bool, several: bool) -> str:
    row = one.of.compile
    began = min(
        (at for at in (row.trace_at_s, row.lower_at_s, row.compile_at_s) if at is not None),
        default=None,
    )
    after = None if began is None else max(0.0, began - run.started_at_s)
    name = _text(row.function)
    if linked:
        name = f'<a href="#program-{one.number}">{name}</a>'
    cache = {"hit": " · from the persistent cache"}.get(row.persistent_cache or "", "")
    used = (row.temp_size_bytes, row.argument_size_bytes, row.output_size_bytes)
    memory = None if None in used else sum(part or 0 for part in used)
    return _row(
        _number(one.number, f"{one.number:,}"),
        *([f"<td>{_process(run, one.of.pid)}</td>"] if several else []),
        _number(after, "" if after is None else f"{after:.2f} s"),
        f'<td class="function">{name}</td>',
        f'<td class="why">{_cause(row.cause)} {_text(row.explanation)}'
        f'<span class="quiet">{cache}</span></td>',
        *(_seconds(s) for s in (row.trace_s, row.lower_s, row.compile_s)),
        _number(row.equations, "" if row.equations is None else f"{row.equations:,}"),
        _number(memory, size(memory)),
        f"<td>{place_html(row.call_site, run.folder)}</td>",
        name=f' id="compile-{one.number}"',
    )


def _process(run: Run, pid: int) -> str:
    started = next((one.started for one in run.processes if one.pid == pid), "")
    return f"{escape(started)} {pid}"


def place_html(span: Span | None, folder: str) -> str:
    """A file, a line and the expression there; files below `folder` by their short name."""
    return "" if span is None else _line_html(span.file, span.line, span.text, folder)


def _line_html(file: str, line: int, text: str, folder: str) -> str:
    shown = _text(file.removeprefix(f"{folder.rstrip('/')}/"), 120)
    expression = " ".join(text.split())
    code = f" <code>{_text(expression, 90)}</code>" if expression else ""
    return f'<span class="quiet">{shown}:{line}</span>{code}'


def _text(text: str, widest: int = _WIDEST) -> str:
    return escape(text if len(text) <= widest else f"{text[: widest - 1]}…")


def _cause(cause: str) -> str:
    return f'<span class="cause">{escape(cause)}</span>' if cause else ""


def _time(seconds: float) -> str:
    return milliseconds(seconds)


def _seconds(seconds: float | None) -> str:
    return _number(seconds, "" if seconds is None else _time(seconds))


def _number(value: float | None, shown: str) -> str:
    data = "" if value is None else f' data-value="{value:.6g}"'
    return f'<td class="number"{data}>{escape(shown)}</td>'


def _bar(value: float, most: float, kind: str = "") -> str:
    width = 100 * value / most if most else 0.0
    shown = f'<i class="bar {kind}" style="width:{width:.1f}%"></i>' if width else ""
    return f'<td class="bars">{shown}</td>'


def _head(names: Iterable[str]) -> str:
    """Names of columns; those of numbers begin with `#`."""
    return "".join(
        f'<th scope="col" class="number">{escape(name[1:])}</th>'
        if name.startswith("#")
        else f'<th scope="col">{escape(name)}</th>'
        for name in names
    )


def _row(*cells: str, name: str = "") -> str:
    return f"<tr{name}>{''.join(cells)}</tr>"


def _table(head: str, rows: Iterable[str], kind: str = "") -> str:
    body = "".join(rows)
    if not body:
        return '<p class="quiet">None.</p>'
    return (
        f'<div class="scroll"><table data-sort{kind}><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _more(found: Sequence[object], most: int) -> str:
    if len(found) <= most:
        return ""
    return f'<p class="quiet">{len(found) - most:,} more took less.</p>'
