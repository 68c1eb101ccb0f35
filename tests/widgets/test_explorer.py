"""The explorer's output bundle, its files, its live widget; the pictures are in tests/browser."""

import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import pytest
import traitlets
from rich.console import Console

import jaxplore
from jaxplore.errors import JaxploreError
from jaxplore.model.passes import Passes
from jaxplore.model.program import Program, Stage
from jaxplore.model.span import Span
from jaxplore.views.graph import dot
from jaxplore.views.programs import passes as passes_view
from jaxplore.widgets.explorer import VIEW_MIME, Explorer


def smooth(x: jax.Array) -> jax.Array:
    return jnp.exp(-(x * x))


@pytest.fixture
def explorer() -> Explorer:
    return jaxplore.explore(smooth, jnp.ones(4))


TEXT = """\
smooth: 3 equations, (x: f32[4]) -> (f32[4])
{ lambda ; a:f32[4]. let
    b:f32[4] = mul a a  # test_explorer.py:28  x * x
    c:f32[4] = neg b    # test_explorer.py:28  -(x * x)
    d:f32[4] = exp c    # test_explorer.py:28  jnp.exp(-(x * x))
  in (d,) }"""


TREE = ["├── mul  f32[4]", "├── neg  f32[4]", "└── exp  f32[4]"]


def test_an_output_has_three_forms_and_is_marked(explorer: Explorer) -> None:
    data, metadata = explorer._repr_mimebundle_()
    assert sorted(data) == [VIEW_MIME, "text/html", "text/plain"]
    assert data["text/plain"] == TEXT
    assert metadata == {"jaxplore": {"view": "explorer"}}
    assert Program.from_json(data[VIEW_MIME]["program"]) == explorer.program
    assert "<script>" in data["text/html"] and "<details open" in data["text/html"]


def test_under_test_an_output_has_no_script_and_only_what_stays_equal(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    data, _ = explorer._repr_mimebundle_()
    assert sorted(data) == ["text/html", "text/plain"]
    assert data["text/plain"] == TEXT
    assert "<script" not in data["text/html"] and "HloModule" not in data["text/html"]


def test_the_same_program_gives_the_same_output(explorer: Explorer) -> None:
    again = jaxplore.explore(smooth, jnp.zeros(4))
    assert again._repr_mimebundle_() == explorer._repr_mimebundle_()


def test_a_large_program_travels_compressed() -> None:
    def unrolled(x: jax.Array) -> jax.Array:
        for _ in range(300):
            x = jnp.sin(x) * 2.0
        return x

    data, _ = jaxplore.explore(unrolled, 1.0, stages=("jaxpr",))._repr_mimebundle_()
    assert sorted(data[VIEW_MIME]) == ["format", "packed", "view"]
    assert len(json.dumps(data[VIEW_MIME])) < 300 * 2 * 40


def test_a_page_is_one_file(explorer: Explorer, tmp_path: Path) -> None:
    text = explorer.save(tmp_path / "smooth.html").read_text()
    assert text.startswith("<!doctype html>") and "<title>smooth</title>" in text
    addresses = re.findall(r"(?:src|href)=.(.{15})", text)
    assert addresses == ["data:image/svg+"]


def test_a_page_that_cannot_be_written_says_so(explorer: Explorer, tmp_path: Path) -> None:
    with pytest.raises(JaxploreError) as raised:
        explorer.save(tmp_path / "no" / "smooth.html")
    failed, given, do = str(raised.value).split("\n")
    assert failed == "Cannot save the explorer."
    assert given == f"Got: {tmp_path / 'no' / 'smooth.html'} (No such file or directory)"
    assert do == "Do: name a file in a folder that exists and can be written."


def test_the_selection_is_read_set_and_observed(explorer: Explorer) -> None:
    widget, seen = explorer.widget(), list[object]()
    widget.observe(lambda change: seen.append(change["new"]), "selected")
    assert widget.selected is None
    explorer.selected = 2
    widget.selected = None
    assert seen == [2, None]
    with pytest.raises(traitlets.TraitError, match="give an index from 0 to 2, or None"):
        widget.selected = 3


def test_graphs_as_text_and_as_a_picture(explorer: Explorer) -> None:
    assert explorer.to_mermaid().split("\n")[:2] == ["flowchart TD", '  v0(["x f32[4]"])']
    assert explorer.to_dot().startswith("digraph")
    assert "<svg" in explorer.to_svg()


def test_without_dot_the_engine_dot_says_what_to_install(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dot, "_PROGRAMS", ("no-such-program",))
    assert "<svg" in explorer.to_svg()
    with pytest.raises(JaxploreError, match=r"pip install 'jaxplore\[dot\]'"):
        explorer.to_svg(engine="dot")


def test_another_engine_is_told_apart(explorer: Explorer) -> None:
    with pytest.raises(JaxploreError) as raised:
        explorer.to_svg(engine="paint")  # pyright: ignore[reportArgumentType]
    assert str(raised.value).split("\n") == [
        "Cannot draw the graph as SVG.",
        "Got: engine='paint'",
        'Do: use engine="jaxplore" or engine="dot".',
    ]


def test_measured_seconds_travel_by_span(explorer: Explorer) -> None:
    program = explorer.program
    first, last = (program.equations[i].span for i in (0, 2))
    assert first is not None and last is not None
    elsewhere = replace(first, file="other.py")
    given = {first: 0.25, last: 0.5, elsewhere: 1.0}
    payload = Explorer(program, seconds=given)._repr_mimebundle_()[0][VIEW_MIME]
    spans = payload["program"]["spans"]
    shown = {spans["column"][i] for i in payload["seconds"]["span"]}
    assert shown == {first.column, last.column}
    assert sorted(payload["seconds"]["seconds"]) == [0.25, 0.5]

    lines = [Line(first, 0.1), Line(first, 0.15), Line(last, 0.5), Line(None, 3.0)]
    profiled = Explorer(program, seconds=SimpleNamespace(lines=lines))
    assert profiled._repr_mimebundle_()[0][VIEW_MIME]["seconds"] == payload["seconds"]
    assert profiled.widget().payload["seconds"] == payload["seconds"]


class Line(NamedTuple):
    span: Span | None
    self_s: float


def test_passes_travel_too(explorer: Explorer) -> None:
    passes = Passes(name="smooth", first=Stage(text="ENTRY", links=()), passes=())
    data, _ = Explorer(explorer.program, passes=passes)._repr_mimebundle_()
    assert data[VIEW_MIME]["passes"] == passes_view.payload(passes)


def test_a_terminal_with_colours_shows_groups_and_the_jaxpr(explorer: Explorer) -> None:
    console = Console(width=100, record=True, file=StringIO(), force_terminal=True)
    console.print(explorer)
    shown = [line.rstrip() for line in console.export_text().rstrip().split("\n")]
    assert shown == [TEXT.split("\n")[0], *TREE, "", *TEXT.split("\n")[1:]]


def test_every_record_becomes_json_and_html(explorer: Explorer) -> None:
    program = explorer.program
    records = [
        program,
        program.equations[0],
        program.equations[0].span,
        program.values[0],
        program.regions[0],
        program.sources[0],
        program.stages["hlo"],
        program.stages["hlo"].links[0],
    ]
    for record in records:
        assert record is not None
        assert json.loads(json.dumps(record.to_json())) == record.to_json()
        assert record._repr_html_().startswith("<")
