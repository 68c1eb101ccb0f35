"""A placement in a real browser: the words fit where they are drawn, themes, no script."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page, expect

from jaxplore.model.placement import Placement
from jaxplore.views.pages.page import page as whole_page
from jaxplore.views.placement.grid import LETTER
from jaxplore.views.placement.grid import SMALL as SMALL_PRINT
from tests.browser.conftest import Lab, Offline
from tests.views.placements import laid, placed

pytestmark = pytest.mark.browser
HOSTILE = '<img src=x onerror="window.hit=1"></script><script>window.hit=1</script>'
GRID = {"data": 4, "model": 2}
WORDS = "rows over data (4), replicated over model (2)"
SMALL = placed(
    laid((8, 16), GRID, ("data",), words=WORDS),
    laid((8, 16, 32), {"a": 2, "b": 2, "c": 2}, ("a",), ("b",), ("c",)),
    laid((10, 6), GRID, ("data",), ("model",)),
)
LARGE = placed(
    laid((4096, 8192), {"data": 16, "model": 32}, ("data",), ("model",)),
    laid((65536, 1024), {"x": 512}, ("x",)),
    laid((64, 64, 64), dict.fromkeys("abc", 8), ("a",), ("b",), ("c",)),
)

# Each label with the cell that its middle is in: how far it stands out, in pixels.
STANDS_OUT = """() => {
  const cells = [...document.querySelectorAll('path')].map(p => p.getBoundingClientRect());
  const out = [];
  for (const span of document.querySelectorAll('text.k > tspan, text.w > tspan')) {
    const range = document.createRange();
    range.selectNodeContents(span);
    const box = range.getBoundingClientRect();
    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    const cell = cells.find(c => c.left <= x && x <= c.right && c.top <= y && y <= c.bottom);
    if (!cell) out.push([span.textContent, 'in no cell']);
    else if (box.left < cell.left - 1 || box.right > cell.right + 1)
      out.push([span.textContent, box.width, cell.width]);
  }
  return out;
}"""

# The widest character of the labels in small print or not, in pixels.
LETTERS = """small => Math.max(...[...document.querySelectorAll(
  small ? 'text.s.m > tspan' : 'text.c.m > tspan'
)].map(span => span.getComputedTextLength() / span.textContent.length))"""


@pytest.fixture
def opened(offline: Offline, tmp_path: Path) -> Callable[..., Page]:
    """Opens a placement's page, or its SVG within one."""

    def open_(record: Placement, *, as_svg: bool = False, **options: object) -> Page:
        body = record.to_svg() if as_svg else record._repr_html_()
        file = tmp_path / "placement.html"
        file.write_text(whole_page("placement", body), encoding="utf-8")
        return offline.page(file, **options)

    return open_


@pytest.fixture
def page_of_lab(browser: Browser) -> Iterator[Page]:
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    yield tab
    tab.close()


def test_letters_are_as_wide_as_the_layout_takes_them_to_be(opened: Callable[..., Page]) -> None:
    assert opened(LARGE, as_svg=True).evaluate(LETTERS, True) == pytest.approx(SMALL_PRINT, 0.03)
    assert opened(SMALL, as_svg=True).evaluate(LETTERS, False) == pytest.approx(LETTER, 0.03)


@pytest.mark.parametrize("record", [SMALL, LARGE], ids=["small", "large"])
def test_labels_fit_into_their_cells(opened: Callable[..., Page], record: Placement) -> None:
    tab = opened(record, as_svg=True)
    assert tab.locator("text.k > tspan, text.w > tspan").count() > 40
    assert tab.evaluate(STANDS_OUT) == []


def test_the_picture_gets_narrower_with_the_page(opened: Callable[..., Page]) -> None:
    tab = opened(LARGE, as_svg=True, viewport={"width": 500, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    box = tab.get_by_role("img").bounding_box()
    assert box is not None and 440 < box["width"] <= 500


@pytest.mark.parametrize(
    ("scheme", "colour"), [("light", "rgb(31, 35, 40)"), ("dark", "rgb(223, 227, 232)")]
)
def test_the_svg_has_the_colours_of_the_system(
    opened: Callable[..., Page], scheme: str, colour: str
) -> None:
    tab = opened(SMALL, as_svg=True, color_scheme=scheme)
    expect(tab.locator("text.h").first).to_have_css("fill", colour)


def test_it_prints_dark_on_white(opened: Callable[..., Page]) -> None:
    tab = opened(SMALL, as_svg=True, color_scheme="dark")
    tab.evaluate("document.body.dataset.theme = 'dark'")
    tab.emulate_media(media="print")
    expect(tab.locator("text.h").first).to_have_css("fill", "rgb(31, 35, 40)")
    expect(tab.locator("text.c").last).to_have_css("fill", "rgb(91, 99, 110)")


def test_the_page_reads_without_script(opened: Callable[..., Page]) -> None:
    tab = opened(SMALL, java_script_enabled=False)
    first = tab.get_by_role("img").first
    expect(first).to_be_visible()
    assert first.evaluate("image => image.naturalWidth") == 900
    expect(first).to_have_attribute(
        "alt", f"f32[8,16]: {WORDS}; 4 pieces, each on 2 devices, 128 B per device"
    )
    expect(tab.get_by_role("row", name="w[0][0]")).to_contain_text(WORDS)
    tab.get_by_text("2. f32[8,16,32]").click()
    expect(tab.get_by_role("img").nth(1)).to_be_visible()
    tips = first.evaluate("i => [...i.parentElement.querySelectorAll('area')].map(a => a.title)")
    assert tips[0] == "[0:2, 0:16] on cpu:0, 1: 128 B, 2 copies"


def test_hostile_names_run_nothing(opened: Callable[..., Page]) -> None:
    made = laid((8, 16), {HOSTILE: 4, "model": 2}, (HOSTILE,), words=HOSTILE, device=HOSTILE)
    record = placed(made)
    leaves = tuple(replace(one, path=HOSTILE) for one in record.leaves)
    for as_svg in (False, True):
        tab = opened(replace(record, name=HOSTILE, leaves=leaves), as_svg=as_svg)
        expect(tab.get_by_role("img").first).to_be_visible()
        assert tab.evaluate("window.hit") is None


def test_a_saved_untrusted_notebook_shows_the_picture_and_the_table(
    lab: Lab, page_of_lab: Page
) -> None:
    data = {"text/plain": "placement", "text/html": SMALL._repr_html_()}
    cell = new_code_cell("placement(w)", outputs=[new_output("display_data", data=data)])
    nbformat.write(new_notebook(cells=[cell]), lab.root / "placement.ipynb")
    tab = page_of_lab
    tab.goto(f"{lab.url}/lab/tree/placement.ipynb?reset")
    tab.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    output = tab.locator(".jp-OutputArea-output")
    picture = output.locator("img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 900
    expect(output.get_by_role("row", name="w[0][0]")).to_contain_text("cell 3 line 2")
