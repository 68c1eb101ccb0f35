"""A difference as an output: its data and its script, or only the table; pictures are in
tests/browser."""

import json
import re
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.errors import JaxploreError
from jaxplore.model.diff.difference import ProgramDiff
from jaxplore.model.program import Program
from jaxplore.views.programs import diff as view
from jaxplore.widgets import diffpage

X = jnp.ones(3)
SCRIPT = "/* the built front end */"


@pytest.fixture
def found() -> ProgramDiff:
    return jaxplore.diff((jnp.sin, X), (lambda x: jnp.cos(jnp.sin(x)), X))


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diffpage, "script", lambda name: SCRIPT)


@pytest.mark.usefixtures("built")
def test_an_output_has_its_data_its_script_and_a_table_for_readers_without(found: ProgramDiff):
    html = found._repr_html_()
    assert html.startswith("<jxp-diff>") and html.endswith(f"</jxp-diff><script>{SCRIPT}</script>")
    assert view.html(found) in html
    [written] = re.findall(r'<script type="application/json">(.*?)</script>', html)
    data = json.loads(written)
    assert data == json.loads(json.dumps(diffpage.payload(found)))
    assert sorted(data) == ["after", "before", "diff", "format", "view"]
    assert (data["view"], data["diff"]["rows"]) == ("diff", "=+")
    assert Program.from_json(data["before"]["program"]) == found.before


@pytest.mark.usefixtures("built")
def test_a_page_is_one_file(found: ProgramDiff, tmp_path: Path):
    text = found.save(tmp_path / "diff.html").read_text()
    assert text.startswith("<!doctype html>") and "src=" not in text and "href=" not in text
    assert "<jxp-diff>" in text
    with pytest.raises(JaxploreError) as raised:
        found.save(tmp_path / "no" / "diff.html")
    failed, given, do = str(raised.value).split("\n")
    assert failed == "Cannot save the difference."
    assert given.startswith("Got: ") and given.endswith("(No such file or directory)")
    assert do == "Do: name a file in a folder that exists and can be written."


@pytest.mark.usefixtures("built")
def test_under_test_an_output_has_no_script(found: ProgramDiff, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert "<script" not in found._repr_html_() and "<jxp-diff" not in found._repr_html_()


def test_without_a_built_front_end_the_table_remains(
    found: ProgramDiff, monkeypatch: pytest.MonkeyPatch, quiet_lines: list[str]
):
    def missing(name: str) -> Any:
        raise JaxploreError.of(failed="The front end is not built.", given=name, do="build it.")

    monkeypatch.setattr(diffpage, "script", missing)
    assert found._repr_html_() == view.html(found)
