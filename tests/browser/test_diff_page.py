"""The page of a difference: signs, folds, keys, both expressions, and without scripts."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from playwright.sync_api import Locator, Page, expect

import jaxplore
from tests.browser.conftest import Offline
from tests.browser.nets import Net
from tests.browser.programs import loss_gradient

pytestmark = pytest.mark.browser
SIGNS = {"same": " ", "changed": "~", "added": "+", "removed": "-"}


def rough_loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    error = Net().apply(params, x) - y
    return jnp.mean(jnp.abs(error))


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two losses of one model, forward and backward."""
    function, arguments = loss_gradient()
    difference = jaxplore.diff((function, *arguments), (jax.value_and_grad(rough_loss), *arguments))
    return difference.save(tmp_path_factory.mktemp("diff") / "diff.html")


@pytest.fixture
def page(offline: Offline, file: Path) -> Page:
    tab = offline.page(file)
    expect(tab.locator(".jxp-here")).to_be_visible()
    return tab


def row(page: Page, text: str) -> Locator:
    return page.locator(".jxp-diff-row", has_text=text).first


def kinds(page: Page) -> list[str]:
    rows = page.locator(".jxp-diff-row[data-kind]")
    return list(rows.evaluate_all("rows => rows.map(row => row.dataset.kind)"))


def test_each_row_has_its_sign_and_says_what_changed(page: Page) -> None:
    rows = page.locator(".jxp-diff-row[data-kind]")
    read = "rows => rows.map(row => [row.dataset.kind, row.firstElementChild.textContent])"
    signs = rows.evaluate_all(read)
    assert all(SIGNS[kind] == sign for kind, sign in signs)
    assert {kind for kind, _ in signs} == set(SIGNS)
    expect(row(page, "tanh")).to_have_attribute("aria-label", "removed: bc:f32[4,1] = tanh bb")
    expect(row(page, "= abs")).to_have_attribute("data-kind", "added")
    expect(row(page, "reads bc -> bb")).to_have_attribute("data-kind", "changed")
    head = page.locator(".jxp-diff-head")
    expect(head).to_contain_text("loss -> rough_loss: ")
    expect(head.get_by_role("row", name="flops")).to_contain_text("%")


def test_equal_stretches_open_on_a_click_and_on_enter(page: Page) -> None:
    first, last = (page.locator(".jxp-diff-fold").nth(i) for i in (0, 1))
    expect(first).to_have_text("⋯ 18 equal equations: open")
    page.get_by_role("listbox").focus()
    for _ in range(len(kinds(page))):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".jxp-here")).to_contain_text("equal equations: open")
    page.keyboard.press("Enter")
    expect(last).to_have_count(0)
    expect(page.locator(".jxp-here")).to_have_attribute("data-kind", "same")
    page.get_by_role("listbox").evaluate("list => { list.scrollTop = 0; }")
    first.click()
    expect(row(page, "dot_general")).to_be_visible()
    expect(page.locator(".jxp-diff-fold")).to_have_count(0)


def test_n_and_p_go_over_what_is_equal_and_arrows_from_row_to_row(page: Page) -> None:
    here = page.locator(".jxp-here")
    page.get_by_role("listbox").focus()
    expect(here).to_contain_text("mul ba ba")
    page.keyboard.press("ArrowDown")
    expect(here).to_contain_text("tanh bb")
    page.keyboard.press("ArrowUp")
    expect(here).to_contain_text("mul ba ba")
    row(page, "reads bc -> bb").click()
    page.keyboard.press("n")
    expect(here).to_contain_text("mul bh bd")
    page.keyboard.press("p")
    # To where the difference begins.
    expect(here).to_contain_text("mul ba ba")
    active = page.get_by_role("listbox").get_attribute("aria-activedescendant")
    expect(here).to_have_id(active or "")
    page.get_by_role("button", name="next difference").click()
    expect(here).to_contain_text("mul bh bd")


def test_pointing_at_a_row_marks_the_expressions_of_both_programs(page: Page) -> None:
    row(page, "reads bc -> bb").hover()
    marks = page.locator(".jxp-diff-below mark")
    expect(marks).to_have_text(["jnp.mean(jnp.tanh(error * error))", "jnp.mean(jnp.abs(error))"])
    row(page, "tanh").hover()
    expect(marks).to_have_text(["jnp.tanh(error * error)"])
    # Away from the rows: what the keys are at.
    page.locator(".jxp-diff-head b").first.hover()
    expect(marks).to_have_text(["error * error"])


def test_it_is_dark_where_the_system_is(offline: Offline, file: Path) -> None:
    page = offline.page(file, color_scheme="dark")
    root = page.locator(".jxp-diff")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_css("background-color", "rgb(20, 23, 27)")


def test_without_scripts_a_table_says_the_same(offline: Offline, file: Path) -> None:
    page = offline.page(file, java_script_enabled=False)
    expect(page.locator("body")).to_contain_text("loss -> rough_loss: ")
    removed = page.get_by_role("row").filter(has_text="tanh bb")
    expect(removed).to_be_visible()
    expect(removed.get_by_role("cell").first).to_have_text("-")
    expect(page.get_by_role("row").filter(has_text="abs ba")).to_contain_text("+")
