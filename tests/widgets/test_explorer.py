"""The explorer's output bundle, its files, its live widget; the pictures are in tests/browser."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
import traitlets

import jaxplore
from jaxplore.errors import JaxploreError
from jaxplore.model.program import Program
from jaxplore.views import dot
from jaxplore.widgets.explorer import VIEW_MIME, Explorer


def smooth(x: jax.Array) -> jax.Array:
    return jnp.exp(-(x * x))


@pytest.fixture
def explorer() -> Explorer:
    return jaxplore.explore(smooth, jnp.ones(4))


TEXT = """\
smooth: 3 equations, (x: f32[4]) -> (f32[4])
{ lambda ; a:f32[4]. let
    b:f32[4] = mul a a  # test_explorer.py:19  x * x
    c:f32[4] = neg b    # test_explorer.py:19  -(x * x)
    d:f32[4] = exp c    # test_explorer.py:19  jnp.exp(-(x * x))
  in (d,) }"""


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
    assert sorted(data[VIEW_MIME]) == ["format", "program_gzip", "view"]
    assert len(json.dumps(data[VIEW_MIME])) < 300 * 2 * 40


def test_a_page_is_one_file(explorer: Explorer, tmp_path: Path) -> None:
    text = explorer.save(tmp_path / "smooth.html").read_text()
    assert text.startswith("<!doctype html>") and "<title>smooth</title>" in text
    assert "src=" not in text and "href=" not in text


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


def test_without_dot_a_picture_says_what_to_install(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dot, "_PROGRAMS", ("no-such-program",))
    with pytest.raises(JaxploreError, match=r"pip install 'jaxplore\[dot\]'"):
        explorer.to_svg()


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
