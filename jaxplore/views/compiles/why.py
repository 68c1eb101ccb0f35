"""The story of one compile, with its times: text and HTML."""

from collections.abc import Iterator
from html import escape

from jaxplore.model.why import Why
from jaxplore.views.units import milliseconds, size


def text(story: Why, *, times: bool = True) -> str:
    """The story as text; without times it is the same on every run."""
    if not times:
        return _titled(f"why {story.compile.function}", list(story.facts()))
    return _titled(f"why {story.index}: {story.compile.function}", list(_facts(story)))


def html(story: Why, *, times: bool = True) -> str:
    """The story as an HTML list without script."""
    rows = "".join(
        f'<dt style="opacity:.7">{escape(what)}</dt><dd style="margin:0">{escape(said)}</dd>'
        for what, said in (_facts(story) if times else story.facts())
    )
    number = f" {story.index}" if times else ""
    return (
        f'<div class="jaxplore-why" style="{_STYLE}">'
        f"<b>why{number}: {escape(story.compile.function)}</b>"
        f'<dl style="display:grid;grid-template-columns:max-content 1fr;gap:1px 12px;margin:2px 0">'
        f"{rows}</dl></div>"
    )


_STYLE = "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:12px"


def _titled(title: str, facts: list[tuple[str, str]]) -> str:
    return "\n".join([title, *(f"  {what:<10}{said}" for what, said in facts)])


def _facts(story: Why) -> Iterator[tuple[str, str]]:
    for what, said in story.facts():
        yield what, said
        if what == "cause":
            yield "took", _took(story)
    memory = _memory(story)
    if memory:
        yield "memory", memory
    if story.compile.devices:
        yield "devices", ", ".join(story.compile.devices)
    yield "look", _look(story)


def _took(story: Why) -> str:
    row = story.compile
    stages = (("trace", row.trace_s), ("lower", row.lower_s), ("XLA", row.compile_s))
    parts = [f"{name} {milliseconds(s)}" for name, s in stages if s is not None]
    if row.persistent_cache_s is not None:
        parts.append(f"of it {milliseconds(row.persistent_cache_s)} reading the persistent cache")
    return f"{milliseconds(row.total_s)}: {', '.join(parts)}"


def _look(story: Why) -> str:
    seen = f"%explore {story.index} shows the program"
    if story.compile.compared_at_s is None:
        return seen
    return f"{seen}, %jdiff {story.index} what changed in it"


def _memory(story: Why) -> str:
    row = story.compile
    parts = (
        ("arguments", row.argument_size_bytes),
        ("results", row.output_size_bytes),
        ("temporaries", row.temp_size_bytes),
    )
    return ", ".join(f"{name} {size(n)}" for name, n in parts if n is not None)
