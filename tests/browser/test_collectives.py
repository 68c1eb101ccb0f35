"""What eight devices send, in a saved page: marks, heat, lines, list, words."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import eightdevices
from tests.browser.conftest import Offline
from tests.browser.seen import Seen

pytestmark = pytest.mark.browser
Open = Callable[..., Seen]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, made where there are eight devices."""
    page = tmp_path_factory.mktemp("devices") / "training.html"
    command = [sys.executable, eightdevices.__file__, str(page)]
    subprocess.run(command, env={**os.environ, "JAX_PLATFORMS": "cpu"}, check=True)
    return page


@pytest.fixture
def seen(offline: Offline, file: Path) -> Seen:
    """The page with all of its graph in sight."""
    return shown(offline, file)


def shown(offline: Offline, file: Path, **options: object) -> Seen:
    size = {"width": 1700, "height": 1100}
    seen = offline.explorer(file, **{"viewport": size, **options})
    seen.canvas.focus()
    seen.page.keyboard.press("l")
    seen.wait(lambda: seen.canvas_size()[1] > 650, "a large canvas")
    seen.page.keyboard.press("0")
    return seen


def marks(seen: Seen) -> list[str]:
    words = ("all-reduce", "gather", "callback")
    return [word.text for word in seen.words() if word.bold and word.text.startswith(words)]


def test_closed_groups_are_marked_with_the_count_and_the_sum_of_what_is_in_them(seen: Seen):
    found = marks(seen)
    assert "callback" in found
    assert any(re.fullmatch(r"all-reduce ×3 · [\d.]+ KiB", mark) for mark in found)
    legend = seen.root.locator(".jxp-legend")
    expect(legend.locator(":scope > span")).to_have_text(
        ["between devices: bytes that each sends", "to or from the host"]
    )


def test_opened_the_mark_stands_under_the_product_that_is_summed(seen: Seen):
    seen.click_word("block × 3", times=2)
    seen.wait(lambda: seen.names().count("block") >= 3)
    seen.page.keyboard.press("0")
    before = len(marks(seen))
    turn = next(word for word in seen.words() if word.text == "block")
    seen.canvas.dblclick(position={"x": turn.x, "y": turn.y})
    seen.wait(lambda: "tanh" in seen.names())
    seen.page.keyboard.press("0")
    assert len(marks(seen)) == before
    tanh, mark = seen.word("tanh"), seen.word("all-reduce · 512 B")
    product = next(w for w in seen.words() if w.text == "dot_general" and w.y > tanh.y)
    add = next(w for w in seen.words() if w.text == "add" and w.y > product.y)
    assert abs(mark.x - product.x) < 20
    assert product.y < mark.y < add.y


def test_a_mark_selects_its_line_and_its_expression_and_says_why(seen: Seen):
    seen.tab("optimised HLO").click()
    seen.click_word("callback")
    expect(seen.root.locator(".jxp-source .jxp-selected")).to_have_text(
        "jax.debug.callback(print, error)"
    )
    seen.hover_word("all-reduce ×3")
    title = seen.canvas.get_attribute("title") or ""
    assert title.startswith("3 × all-reduce, ") and "over model (2), 512 B sent per device" in title
    seen.click_word("all-reduce ×3")
    seen.root.locator(".jxp-facts .jxp-moving").first.click()
    expect(seen.facts).to_contain_text("XLA put in:")
    expect(seen.facts.locator("strong")).to_contain_text("sent per device")
    (line,) = seen.lit("hlo")
    assert "all-reduce(" in line
    assert seen.root.locator(".jxp-source .jxp-selected").count() > 0


def test_heat_is_what_is_sent(seen: Seen):
    seen.root.get_by_label("cost to show").select_option(label="sent bytes")
    expect(seen.root.locator(".jxp-totals")).to_contain_text("sent by each device in one run")
    seen.tab("optimised HLO").click()
    seen.tab("collectives").click()
    seen.root.locator(".jxp-move-row").first.click()
    seen.tab("optimised HLO").click()
    cost = seen.pane("hlo").locator(".jxp-lit .jxp-cost")
    assert float((cost.text_content() or "").rstrip("%")) > 80
    seen.wait(lambda: any(word.text.endswith("%") for word in seen.words()), "shares on boxes")


def test_the_list_is_reached_and_searched_by_keys(seen: Seen):
    page = seen.page
    seen.root.locator(".jxp-header .jxp-moving").press("Enter")
    rows = seen.pane("moves").locator(".jxp-move-row")
    expect(rows.first).to_contain_text("over data (4)")
    page.keyboard.press("ArrowDown")
    expect(rows.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("/")
    expect(seen.root.get_by_role("searchbox")).to_have_attribute(
        "placeholder", "find in collectives"
    )
    page.keyboard.type("callback")
    expect(seen.root.locator(".jxp-matches")).to_have_text("1 found")
    page.keyboard.press("Enter")
    expect(rows.last).to_have_attribute("aria-selected", "true")
    expect(seen.facts).to_contain_text("call into Python on the host")


def test_a_search_in_the_graph_finds_what_is_sent(seen: Seen):
    seen.canvas.focus()
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("all-reduce")
    expect(seen.root.locator(".jxp-matches")).to_contain_text("found")
    seen.page.keyboard.press("Enter")
    expect(seen.said).to_contain_text("all-reduce over model (2), 512 B sent per device")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_to_look_at(offline: Offline, file: Path, screenshots: Path, scheme: str):
    seen = shown(offline, file, color_scheme=scheme)
    seen.root.get_by_label("cost to show").select_option(label="sent bytes")
    seen.tab("collectives").click()
    seen.root.locator(".jxp-move-row").first.click()
    seen.page.screenshot(path=screenshots / f"collectives-{scheme}.png")
