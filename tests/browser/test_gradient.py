"""The page of a gradient: opens offline, rows open and light each other, keys, themes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser, Locator, Page, expect

import jaxplore
from tests.browser.conftest import Lab, Offline

pytestmark = pytest.mark.browser
HOSTILE = '<img src=x onerror="window.hit=1"></script><script>window.hit=1</script>'


def loss(ws: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    for w in ws:
        x = jnp.tanh(x @ w)
    hardest = jnp.argmax(jnp.abs(x - y), axis=0)
    return jnp.mean((x - y) ** 2) + 0 * hardest.sum()


@pytest.fixture(scope="session")
def made() -> Any:
    """Four layers of one shape: a repeat."""
    ws = [jnp.eye(8) / 2] * 4
    return jaxplore.gradient(loss, ws, jnp.ones((4, 8)), jnp.zeros((4, 8)))


@pytest.fixture(scope="session")
def file(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.save(tmp_path_factory.mktemp("gradient") / "gradient.html")


@pytest.fixture
def page_of_lab(browser: Browser) -> Iterator[Page]:
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    yield tab
    tab.close()


@pytest.fixture
def page(offline: Offline, file: Path) -> Page:
    tab = offline.page(file)
    expect(tab.get_by_role("tree")).to_be_visible()
    return tab


def row(page: Page, name: str) -> Locator:
    return page.locator(".jxp-grad-row", has=page.get_by_title(name, exact=True)).first


def names(page: Page) -> list[str]:
    read = (
        "rows => rows.sort((a, b) => a.dataset.place - b.dataset.place)"
        ".map(row => row.querySelector('.jxp-grad-name')?.textContent)"
    )
    return list(page.locator(".jxp-grad-row").evaluate_all(read))


def chosen(page: Page) -> Locator:
    return page.locator('.jxp-grad-row[aria-selected="true"] .jxp-grad-name')


def test_it_opens_with_forward_and_backward_side_by_side(page: Page) -> None:
    seen = names(page)
    assert seen[:3] == ["5 inputs", "ws[0]", "ws[1]"]
    assert seen[6:9] == ["jnp.tanh(x @ w)", "1: jnp.tanh(x @ w)", "x @ w"]
    one = row(page, "(x - y) ** 2")
    boxes = [one.locator(".jxp-grad-box").nth(i).bounding_box() for i in (0, 1)]
    assert boxes[0] is not None and boxes[1] is not None
    assert boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    assert boxes[0]["y"] == boxes[1]["y"]
    expect(row(page, "jnp.argmax(jnp.abs(x - y), axis=0)")).to_contain_text("✕")
    expect(row(page, "hardest.sum()")).to_contain_text("no gradient")


def test_lines_end_at_the_boxes_of_the_rows_they_join(page: Page) -> None:
    row(page, "(x - y) ** 2").locator(".jxp-grad-box").first.hover()
    line = page.locator(".jxp-grad-made.jxp-grad-lit")
    expect(line).to_have_count(1)
    box, side = line.bounding_box(), row(page, "(x - y) ** 2").bounding_box()
    assert box is not None and side is not None
    middle = box["y"] + box["height"] / 2
    assert abs(middle - (side["y"] + side["height"] / 2)) < 2
    assert box["width"] > 50


def test_pointing_at_a_row_marks_its_expression_and_the_other_way_round(page: Page) -> None:
    row(page, "(x - y) ** 2").locator(".jxp-grad-box").first.hover()
    mark = page.locator(".jxp-mark")
    expect(mark.first).to_be_visible()
    assert "(x - y) ** 2" in "".join(mark.all_inner_texts())
    page.locator(".jxp-link", has_text="hardest.sum()").first.click()
    expect(chosen(page)).to_have_text("hardest.sum()")


def test_groups_open_and_close_with_the_pointer_and_with_keys(page: Page) -> None:
    before = names(page)
    row(page, "jnp.tanh(x @ w)").locator(".jxp-grad-caret").click()
    assert len(names(page)) == len(before) - 6
    expect(row(page, "jnp.tanh(x @ w)")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Tab")
    page.get_by_role("tree").focus()
    page.keyboard.press("ArrowRight")
    assert names(page) == before
    page.keyboard.press("ArrowDown")
    expect(chosen(page)).to_have_text("1: jnp.tanh(x @ w)")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(chosen(page)).to_have_text("jnp.tanh(x @ w)")
    active = page.get_by_role("tree").get_attribute("aria-activedescendant")
    expect(page.locator('.jxp-grad-row[aria-selected="true"]')).to_have_id(active or "")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="keys")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(chosen(page)).to_have_count(0)


def test_the_table_of_what_is_kept_leads_to_the_row(page: Page) -> None:
    page.get_by_role("tab", name="kept").click()
    table = page.get_by_role("tabpanel").get_by_role("table")
    first = table.get_by_role("row").nth(1)
    expect(first).to_contain_text("jnp.tanh(x @ w)")
    first.click()
    expect(chosen(page)).to_have_text("jnp.tanh(x @ w)")
    details = page.locator(".jxp-grad-details")
    expect(details).to_contain_text("kept for the backward pass")
    page.get_by_role("tab", name="stops").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("argmax gives integers")


def test_the_whole_program_has_a_tab_of_its_own(page: Page) -> None:
    page.get_by_role("tab", name="program").click()
    explorer = page.locator("jxp-view")
    expect(explorer.get_by_role("tab", name="jaxpr")).to_be_visible()
    expect(explorer).to_contain_text("dot_general")


def test_it_is_dark_where_the_system_is(offline: Offline, file: Path) -> None:
    page = offline.page(file, color_scheme="dark")
    root = page.locator(".jxp-grad")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_css("background-color", "rgb(20, 23, 27)")


def test_a_narrow_page_has_the_source_below(offline: Offline, file: Path) -> None:
    page = offline.page(file, viewport={"width": 600, "height": 900})
    mirror, beside = (page.locator(f".jxp-grad-{name}") for name in ("mirror", "beside"))
    expect(mirror).to_be_visible()
    upper, lower = mirror.bounding_box(), beside.bounding_box()
    assert upper is not None and lower is not None
    assert lower["y"] >= upper["y"] + upper["height"] - 1
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


def test_hostile_names_run_nothing(offline: Offline, made: Any, tmp_path: Path) -> None:
    residuals = tuple(replace(one, name=HOSTILE) for one in made.residuals)
    bad = replace(made, name=HOSTILE, residuals=residuals)
    page = offline.page(bad.save(tmp_path / "bad.html"))
    expect(page.get_by_role("tree")).to_be_visible()
    page.get_by_role("tab", name="kept").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("<img src=x")
    assert page.evaluate("window.hit") is None


def test_without_scripts_the_picture_and_the_tables_remain(offline: Offline, file: Path) -> None:
    page = offline.page(file, java_script_enabled=False)
    picture = page.get_by_role("img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 800
    page.get_by_text("the gradient stops in 1 place").click()
    expect(page.get_by_role("row", name="argmax gives integers")).to_be_visible()


def test_a_saved_untrusted_notebook_shows_it_without_a_kernel(
    lab: Lab, page_of_lab: Page, made: Any
) -> None:
    data, metadata = made._repr_mimebundle_()
    output = new_output("display_data", data=data, metadata=metadata)
    cell = new_code_cell("gradient(loss, ws, x, y)", outputs=[output])
    nbformat.write(new_notebook(cells=[cell]), lab.root / "gradient.ipynb")
    tab = page_of_lab
    tab.goto(f"{lab.url}/lab/tree/gradient.ipynb?reset")
    expect(tab.locator(".jxp-grad")).to_be_visible()
    tab.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    tab.get_by_role("tree").get_by_title("hardest.sum()", exact=True).click()
    expect(tab.locator(".jxp-grad .jxp-selected").last).to_contain_text("hardest.sum()")
    tab.get_by_role("tab", name="program").click()
    expect(tab.locator(".jxp-grad-explorer").get_by_role("tab", name="jaxpr")).to_be_visible()
