"""The tour as a new user runs it: a real JupyterLab, a real kernel, a real Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Lab, run_all

pytestmark = pytest.mark.browser
TOUR = Path(__file__).parents[2] / "notebooks" / "00_tour.ipynb"


def test_every_cell_of_the_tour_runs_and_the_explorer_links(
    lab: Lab, page: Page, screenshots: Path
) -> None:
    name = lab.add(TOUR)
    lab.start_kernel(name)
    run_all(page, f"{lab.url}/lab/tree/{name}?reset")

    assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0
    line = page.locator("details.jaxplore-ledger summary").first
    expect(line).to_contain_text("predict: first call")
    expect(line).to_contain_text("XLA")

    explorer = page.locator(".jxp-root").first
    explorer.scroll_into_view_if_needed()
    tanh = explorer.locator("[data-pane=jaxpr] [data-equation]", has_text="tanh").first
    tanh.hover()
    expect(explorer.locator(".jxp-source .jxp-mark")).to_have_text("jnp.tanh(x @ w)")
    page.screenshot(path=screenshots / "tour-jaxpr.png")

    explorer.get_by_role("tab", name="optimised HLO").click()
    expect(explorer.locator("[data-pane=hlo] .jxp-line").first).to_contain_text("HloModule")
    explorer.locator(".jxp-source .jxp-line", has_text="return jnp.tanh(x @ w)").first.hover()
    expect(explorer.locator("[data-pane=hlo] .jxp-lit").first).to_be_visible()
    page.screenshot(path=screenshots / "tour-hlo.png")

    explorer.get_by_role("tab", name="graph").click()
    expect(explorer.locator(".jxp-canvas")).to_be_visible()
    page.screenshot(path=screenshots / "tour-graph.png")


def test_the_tour_runs_in_notebook_7(lab: Lab, page: Page, screenshots: Path) -> None:
    name = lab.add(TOUR, "tour7.ipynb")
    lab.start_kernel(name)
    run_all(page, f"{lab.url}/notebooks/{name}")
    explorer = page.locator(".jxp-root").first
    explorer.scroll_into_view_if_needed()
    explorer.locator("[data-pane=jaxpr] [data-equation]", has_text="tanh").first.hover()
    expect(explorer.locator(".jxp-source .jxp-mark")).to_have_text("jnp.tanh(x @ w)")
    page.screenshot(path=screenshots / "notebook7.png")
