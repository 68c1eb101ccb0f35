"""Timings as HTML and for notebooks under test."""

import base64
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from jaxplore.model.compiles import Compile
from jaxplore.model.timing import Comparison, Timing
from jaxplore.views.drawings import install
from jaxplore.views.timing import html, text

Make = Callable[..., Compile]
HOSTILE = "<script>alert('1')</script>\"&amp;"


def timing(**facts: Any) -> Timing:
    given: dict[str, Any] = {
        "function": "f(x)",
        "first_call_s": 0.1,
        "trace_s": None,
        "lower_s": None,
        "compile_s": None,
        "dispatch_s": 0.5,
        "run_s": 2.0,
        "runs": (1.0, 2.0, 4.0),
        "number": 1,
        "waited": True,
        "compiles": (),
        "recompiles": (),
        "recompile_count": 0,
    }
    return Timing(**{**given, **facts})


def comparison(first: Timing, second: Timing) -> Comparison:
    return Comparison(first=first, second=second, ratio=1.0, ratios=(1.0,))


def opened(document: str) -> str:
    """The document with each picture in place of its image."""
    return re.sub(
        r'<img src="data:image/svg\+xml;base64,([^"]+)"[^>]*>',
        lambda found: base64.b64decode(found[1]).decode(),
        document,
    )


class Parts(HTMLParser):
    """The tags of a document and of its pictures with their attributes, and its text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(opened(document))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def places(self, tag: str, name: str) -> list[str | None]:
        return [attrs[name] for found, attrs in self.tags if found == tag]


def test_each_run_is_a_dot_on_a_scale_from_zero():
    page = Parts(html(timing()))
    assert page.places("circle", "cx") == ["116.0", "214.0", "410.0"]
    assert page.places("rect", "x") == ["165.0"]
    assert page.places("rect", "width") == ["147.0"]
    assert page.text.startswith(str(timing()))
    assert page.text.endswith("04 s")
    assert page.places("area", "title") == ["1 s", "2 s", "4 s"]
    assert page.places("area", "coords")[0] == "113,3,119,15"
    # What is not trusted loses `<svg>` and keeps the text in it.
    assert "<svg" not in html(timing()) and "median 2 s" in html(timing())


def test_two_calls_share_one_scale():
    page = Parts(html(comparison(timing(), timing(runs=(8.0,), run_s=8.0))))
    assert page.places("circle", "cx") == ["67.0", "116.0", "214.0", "410.0"]
    assert page.places("circle", "cy") == ["9", "9", "9", "27"]


def test_one_run_needs_no_picture():
    assert "<img" not in html(timing(runs=(2.0,)))
    assert "nan" not in opened(html(timing(runs=(0.0, 0.0), run_s=0.0)))


def test_no_time_is_shown_in_a_notebook_under_test(compiled: Make):
    first = timing(compiles=(compiled(), compiled(kind="eager", function="add"), compiled()))
    again = timing(recompiles=(compiled(function="<lambda>"),), recompile_count=30)
    assert text(timing(), times=False) == "f(x): timed"
    assert text(first, times=False) == "f(x): timed; the first call compiled f"
    assert text(again, times=False) == "f(x): timed; warning: the runs compiled <lambda>"
    assert text(comparison(first, timing(function="g(x)")), times=False) == (
        "A  f(x): timed; the first call compiled f\nB  g(x): timed"
    )
    assert Parts(html(first, times=False)).text == text(first, times=False)


def test_a_notebook_shows_the_same(monkeypatch: pytest.MonkeyPatch):
    install()
    both = comparison(timing(), timing())
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC", raising=False)
    assert (repr(timing()), repr(both)) == (str(timing()), str(both))
    assert both._repr_html_() == html(both)
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert repr(timing()) == "f(x): timed"
    assert repr(both) == "A  f(x): timed\nB  f(x): timed"
    assert timing()._repr_html_() == html(timing(), times=False)
    assert str(timing()).startswith("f(x): 2 s per run")


def test_hostile_text_stays_text(compiled: Make):
    row = compiled(function=HOSTILE, explanation=HOSTILE, cause=HOSTILE)
    record = timing(function=HOSTILE, recompiles=(row,), recompile_count=1)
    for page in (Parts(html(record)), Parts(html(comparison(record, record)))):
        assert {tag for tag, _ in page.tags} <= {
            *("div", "pre", "svg", "line", "rect", "circle", "text", "map", "area")
        }
        assert HOSTILE in page.text
