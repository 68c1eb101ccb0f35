"""What is wrong with an installation, as text and as HTML without script.

In deterministic mode only errors and warnings are shown, by their titles: notes and facts are
those of one machine.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from jaxplore.model.diagnosis import Diagnosed, Diagnosis, Severity
from jaxplore.views.htmlparts import lettering, themed, with_code
from jaxplore.views.mode import deterministic
from jaxplore.views.units import counted

_SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "note")
_SIGNS: Final[dict[Severity, str]] = {"error": "✕", "warning": "▲", "note": "·"}

_LIGHT: Final = "--jxp-dr-error:#b00020;--jxp-dr-warning:#8a5a00;--jxp-dr-note:#5c6b7f"
_DARK: Final = "--jxp-dr-error:#ff8a80;--jxp-dr-warning:#e69f00;--jxp-dr-note:#9aa7b8"
_ROOT: Final = ".jxp-doctor"
_STYLE: Final = (
    themed(_ROOT, _LIGHT, _DARK)
    + lettering(_ROOT)
    + f"{_ROOT} section{{border-left:3px solid var(--jxp-dr-note);padding-left:8px;margin:6px 0;"
    "overflow-wrap:anywhere}"
    f"{_ROOT} .error{{border-color:var(--jxp-dr-error)}}"
    f"{_ROOT} .warning{{border-color:var(--jxp-dr-warning)}}"
    f"{_ROOT} .error b:first-child{{color:var(--jxp-dr-error)}}"
    f"{_ROOT} .warning b:first-child{{color:var(--jxp-dr-warning)}}"
    f"{_ROOT} dl{{display:grid;grid-template-columns:max-content 1fr;gap:1px 12px;margin:4px 0}}"
    f"{_ROOT} :is(dt,dd){{margin:0;overflow-wrap:anywhere}}"
    f"{_ROOT} summary{{cursor:pointer;opacity:.75}}"
)


def text(record: Diagnosis) -> str:
    """How many of each, each finding with its fix, and the facts."""
    shown = _shown(record)
    if deterministic():
        return "\n".join([_head(shown), *(f"{f.id} {f.severity}: {f.title}" for f in shown)])
    facts = [f"  {name}: {value}" for name, value in record.facts]
    return "\n".join([_head(shown), *map(str, shown), *(["facts"] if facts else []), *facts])


def html(record: Diagnosis) -> str:
    """The same. All text is escaped."""
    shown = _shown(record)
    facts = _facts(record.facts) if record.facts and not deterministic() else ""
    return (
        f'<div class="jxp-doctor jaxplore-doctor"><style>{_STYLE}</style>'
        f"<div><b>{escape(_head(shown))}</b></div>{''.join(map(_section, shown))}{facts}</div>"
    )


def _shown(record: Diagnosis) -> list[Diagnosed]:
    hidden = "note" if deterministic() else ""
    return [one for one in record.findings if one.severity != hidden]


def _head(shown: Sequence[Diagnosed]) -> str:
    """`"doctor: 1 error, 2 notes"`."""
    counts = {name: sum(one.severity == name for one in shown) for name in _SEVERITIES}
    said = [counted(count, name) for name, count in counts.items() if count]
    if not counts["error"] and not counts["warning"]:
        said = ["nothing is wrong", *said]
    return f"doctor: {', '.join(said)}"


def _section(one: Diagnosed) -> str:
    more = (
        ""
        if deterministic()
        else f"<div>found: {with_code(one.found)}</div><div>fix: {with_code(one.fix)}</div>"
    )
    return (
        f'<section class="{one.severity}"><b><span aria-hidden="true">{_SIGNS[one.severity]} '
        f"</span>{escape(one.id)} {one.severity}</b> <b>{with_code(one.title)}</b>{more}</section>"
    )


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>" for name, value in facts
    )
    return f"<details><summary>facts</summary><dl>{rows}</dl></details>"
