"""XLA pass by pass: in a saved page, and compiled at a click while the kernel stays free."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

from tests.browser.conftest import Lab, Offline, run_all
from tests.browser.seen import Seen

pytestmark = pytest.mark.browser
Save = Callable[[str], Path]


@pytest.fixture
def seen(offline: Offline, saved: Save) -> Seen:
    """A page saved after `.passes()`, with them beside the jaxpr."""
    seen = offline.explorer(saved("passes"))
    seen.tab("passes", column=1).click()
    expect(seen.pane("passes").get_by_role("option").first).to_be_visible()
    return seen


def test_a_page_lists_the_passes_that_changed_something_and_the_code(seen: Seen) -> None:
    entries = seen.pane("passes").get_by_role("option")
    passes = entries.filter(has_text="instructions")
    assert passes.count() >= 3
    assert entries.count() > passes.count(), "LLVM IR and assembly follow the passes"
    expect(passes.first).to_have_attribute("aria-selected", "true")
    for words in passes.locator(".jxp-pass-count").all_text_contents():
        assert re.fullmatch(r"[\d,]+ instructions( \([+−][\d,]+\))? · \+\d+ −\d+ lines", words)
        assert "+0 −0" not in words
    passes.nth(1).click()
    text = seen.pane("passes").locator(".jxp-pass-text")
    expect(text.locator(".jxp-added, .jxp-removed").first).to_be_visible()
    for name in ("LLVM IR", "assembly"):
        entries.filter(has_text=re.compile(name, re.IGNORECASE)).first.click()
        expect(text.get_by_role("region")).to_have_accessible_name(re.compile(name, re.IGNORECASE))
        expect(text.locator(".jxp-line").nth(3)).to_be_visible()


def test_lines_of_a_pass_are_linked_and_passes_say_which_of_them_changed_a_choice(
    seen: Seen,
) -> None:
    pane = seen.pane("passes")
    seen.pane("jaxpr").locator(".jxp-scroll").focus()
    seen.line("jaxpr", "= dot_general").click()
    touched = pane.get_by_role("option").filter(has_text="changes the selection")
    expect(touched.first).to_be_visible()
    touched.first.click()
    expect(pane.locator(".jxp-pass-text .jxp-kept").first).to_be_visible()
    line = pane.locator(".jxp-pass-text .jxp-line[data-block]").first
    line.hover()
    expect(seen.pane("jaxpr").locator(".jxp-lit").first).to_be_attached()
    expect(seen.pane("source").locator(".jxp-mark").first).to_be_attached()


def test_arrows_go_through_the_passes(seen: Seen) -> None:
    entries = seen.pane("passes").get_by_role("option")
    seen.pane("passes").get_by_role("listbox").focus()
    seen.page.keyboard.press("ArrowDown")
    expect(entries.nth(1)).to_have_attribute("aria-selected", "true")
    seen.page.keyboard.press("End")
    expect(entries.last).to_have_attribute("aria-selected", "true")


def test_a_page_without_passes_says_how_to_get_them(offline: Offline, saved: Save) -> None:
    seen = offline.explorer(saved("square"))
    seen.tab("passes", column=1).click()
    expect(seen.pane("passes")).to_contain_text("jaxplore.passes(f, x)")
    expect(seen.pane("passes").get_by_role("button")).to_have_count(0)


LIVE = """\
import jax, jax.numpy as jnp, jaxplore

def deep(x):
    for _ in range(30):
        x = jnp.tanh(x @ x) + jnp.sin(x)
    return x.mean()

widget = jaxplore.explore(jax.grad(deep), jnp.ones((64, 64))).widget()
widget
"""
# Runs while XLA does, and says so.
BESIDE = "print('now', widget.passes['state'])"
RUN_SECOND = """() => {
  const {content} = window.jupyterapp.shell.currentWidget;
  content.activeCellIndex = 1;
  window.jupyterapp.commands.execute('notebook:run-cell');
}"""


def opened_live(lab: Lab, page: Page, name: str) -> Seen:
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [new_code_cell(LIVE), new_code_cell(BESIDE)]
    nbformat.write(new_notebook(cells=cells, metadata=metadata), lab.root / name)
    lab.start_kernel(name)
    run_all(page, f"{lab.url}/lab/tree/{name}?reset")
    seen = Seen(page, page.locator(".jxp-root").first)
    seen.root.scroll_into_view_if_needed()
    seen.tab("passes").click()
    return seen


def test_in_a_notebook_a_click_compiles_while_cells_run_and_a_cancel_ends_it(
    lab: Lab, page: Page
) -> None:
    seen = opened_live(lab, page, "passes.ipynb")
    pane = seen.pane("passes")
    pane.get_by_role("button", name="compile").click()
    cancel = pane.get_by_role("button", name="cancel")
    cancel.click()
    again = pane.get_by_role("button", name="try again")
    expect(again).to_be_visible()
    again.click()
    expect(cancel).to_be_visible()
    # The kernel is free: a cell starts and ends while XLA is at work.
    page.evaluate(RUN_SECOND)
    expect(page.get_by_text("now running")).to_be_visible()
    expect(pane.get_by_role("option").first).to_be_visible(timeout=60_000)
    assert pane.get_by_role("option").filter(has_text="instructions").count() >= 2
    expect(cancel).to_have_count(0)
