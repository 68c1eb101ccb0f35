"""A gradient as an output: its data and its script, or only the picture; how it looks is in
tests/browser."""

import json
import re
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.errors import JaxploreError
from jaxplore.model.gradient import Gradient
from jaxplore.model.program import Program
from jaxplore.views.gradient import html as view
from jaxplore.widgets import gradientpage
from jaxplore.widgets.explorer import VIEW_MIME

SCRIPT = "/* the built front end */"


@pytest.fixture(scope="module")
def made() -> Gradient:
    return jaxplore.gradient(lambda x: jnp.sum(jnp.sin(x)), jnp.ones(3))


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradientpage, "script", lambda name: f"{SCRIPT}{name}")


def data_of(html: str) -> dict[str, Any]:
    [written] = re.findall(r'<script type="application/json">(.*?)</script>', html)
    return json.loads(written)


@pytest.mark.usefixtures("built")
def test_an_output_has_its_data_its_script_and_a_picture_for_readers_without(made: Gradient):
    html = made._repr_html_()
    assert html.startswith("<jxp-gradient>")
    assert html.endswith(f"</jxp-gradient><script>{SCRIPT}gradient.js</script>")
    assert view.html(made) in html
    # The explorer is not in a notebook's outputs: neither is what it would show.
    assert sorted(data_of(html)) == ["format", "gradient", "view"]


@pytest.mark.usefixtures("built")
def test_a_notebook_gets_three_forms_and_jupyterlabs_has_the_whole_program(made: Gradient):
    data, metadata = made._repr_mimebundle_()
    assert sorted(data) == [VIEW_MIME, "text/html", "text/plain"]
    assert (data["text/plain"], metadata) == (str(made), {"jaxplore": {"view": "gradient"}})
    assert data["text/html"] == made._repr_html_()
    seen = data[VIEW_MIME]
    assert seen["view"] == "gradient"
    assert Program.from_json(seen["program"]["program"]) == made.program


@pytest.mark.usefixtures("built")
def test_a_page_is_one_file_with_the_explorer(made: Gradient, tmp_path: Path):
    text = made.save(tmp_path / "gradient.html").read_text()
    assert text.startswith("<!doctype html>") and "href=" not in text
    assert set(re.findall('src="([^:"]*)', text)) == {"data"}
    assert f"{SCRIPT}explorer.js" in text and f"{SCRIPT}gradient.js" in text
    assert "program" in data_of(text)


@pytest.mark.usefixtures("built")
def test_what_cannot_be_written_is_said_in_three_parts(made: Gradient, tmp_path: Path):
    with pytest.raises(JaxploreError) as raised:
        made.save(tmp_path / "no" / "gradient.html")
    failed, given, do = str(raised.value).split("\n")
    assert failed == "Cannot save the gradient."
    assert given.startswith("Got: ") and given.endswith("(No such file or directory)")
    assert do == "Do: name a file in a folder that exists and can be written."


@pytest.mark.usefixtures("built")
def test_under_test_an_output_has_no_script(made: Gradient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    data, _ = made._repr_mimebundle_()
    assert sorted(data) == ["text/html", "text/plain"]
    assert "<script" not in data["text/html"] and "<jxp-gradient" not in data["text/html"]


def test_without_a_built_front_end_the_picture_remains(
    made: Gradient, monkeypatch: pytest.MonkeyPatch, quiet_lines: list[str]
):
    def missing(name: str) -> Any:
        raise JaxploreError.of(failed="The front end is not built.", given=name, do="build it.")

    monkeypatch.setattr(gradientpage, "script", missing)
    assert made._repr_html_() == view.html(made)
    assert sorted(made._repr_mimebundle_()[0]) == ["text/html", "text/plain"]


def test_a_record_is_json(made: Gradient):
    data = made.to_json()
    assert json.loads(json.dumps(data))["residuals"][0]["type"] == "f32[3]"
    assert Program.from_json(data["backward"]) == made.backward


def test_hostile_names_end_no_script(made: Gradient, monkeypatch: pytest.MonkeyPatch):
    from dataclasses import replace

    monkeypatch.setattr(gradientpage, "script", lambda name: SCRIPT)
    html = replace(made, name="</script><script>alert(1)</script>")._repr_html_()
    assert html.count("<script") == 2
    assert "</script><script>alert" not in html
