"""The timeline in a real page: the picture, and the live widget that grows as cells run."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

from jaxplore.model.timeline import Timeline
from jaxplore.views.compiles.timeline import html, svg
from jaxplore.views.pages.page import page as document
from tests.browser.conftest import Lab, run_all
from tests.records.timeline.write import SESSION, SESSION_CELLS

pytestmark = pytest.mark.browser

START = """\
import time
import ipywidgets, jax, jax.numpy as jnp, jaxplore
from jaxplore.model.timeline import CellRun
from jaxplore.widgets.timeline import TimelineWidget

began, runs = time.time(), []
observation = jaxplore.observe()
ledger = observation.__enter__()
widget = TimelineWidget()
label = ipywidgets.Label()
widget.observe(lambda change: setattr(label, "value", f"selected {change['new']}"), "selected")
ipywidgets.VBox([label, widget])
"""
TRAIN = """\
@jax.jit
def train_step(x):
    for _ in range(60):
        x = jnp.tanh(x @ x)
    return x

train_step(jnp.ones((4, 4)))
runs.append(CellRun(number=2, start_s=began, end_s=time.time()))
widget.update(ledger, runs)
"""
AGAIN = """\
began = time.time()
train_step(jnp.ones((5, 5)))
runs.append(CellRun(number=3, start_s=began, end_s=None))
widget.update(ledger, runs)
widget.selected = max(i for i, row in enumerate(widget.rows) if row.function == "train_step")
"""
SAID = """\
print("row", widget.rows[widget.selected].function, widget.rows[widget.selected].cause)
"""


def test_the_live_timeline_grows_and_shares_its_selection_with_python(
    lab: Lab, page: Page, screenshots: Path
) -> None:
    cells = [new_code_cell(text) for text in (START, TRAIN, AGAIN, SAID)]
    kernel = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": kernel}), lab.root / "timeline.ipynb"
    )
    lab.start_kernel("timeline.ipynb")
    run_all(page, f"{lab.url}/lab/tree/timeline.ipynb?reset")
    timeline = page.locator(".jxp-timeline").first
    timeline.scroll_into_view_if_needed()
    # What came after the widget was shown is there, and what Python selected is told.
    expect(timeline.locator(".jxp-count")).to_have_text(re.compile(r"^\d+ compiles$"))
    expect(timeline.locator("> svg")).to_contain_text("cell 3 …")
    details = timeline.locator(".jxp-details")
    expect(details).to_contain_text("train_step: R02 x: f32[4,4] -> f32[5,5]")
    expect(details).to_contain_text("train_step(jnp.ones((5, 5)))")
    expect(page.get_by_text("row train_step R02")).to_be_visible()
    page.screenshot(path=screenshots / "timeline-light.png")
    # A click on a bar reaches Python.
    plot = timeline.locator("> svg")
    box = plot.locator(".jxp-stage-compile:not(.jxp-many)").first
    box.click()
    expect(page.get_by_text(re.compile(r"^selected \d+$"))).to_be_visible()
    picked = plot.locator(".jxp-picked").count()
    assert picked > 0
    # Keys: zoom in, out of sight goes the other cell; 0 shows all again.
    plot.press("Home")
    drawn = plot.locator("[data-box]").count()
    for _ in range(12):
        plot.press("+")
    expect(plot).not_to_contain_text("cell 3 …")
    page.screenshot(path=screenshots / "timeline-zoomed.png")
    plot.press("0")
    expect(plot.locator("[data-box]")).to_have_count(drawn)
    plot.press("Escape")
    expect(page.get_by_text("selected None")).to_be_visible()
    plot.press("End")
    page.screenshot(path=screenshots / "timeline-light.png")
    page.evaluate(
        "() => window.jupyterapp.commands.execute("
        "'apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    expect(timeline).to_have_attribute("data-theme", "dark")
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot(path=screenshots / "timeline-dark.png")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_reads_without_script_in_both_themes(
    page: Page, tmp_path: Path, screenshots: Path, theme: str
) -> None:
    file = tmp_path / "timeline.html"
    file.write_text(document("timeline", html(Timeline.of(SESSION, SESSION_CELLS))), "utf-8")
    context = page.context.browser.new_context(java_script_enabled=False, color_scheme=theme)
    still = context.new_page()
    still.goto(file.as_uri())
    picture = still.get_by_role("img", name="timeline of compiles: 46 compiles in 4 cells")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 960
    still.get_by_text("timeline as text").click()
    expect(still.locator("pre")).to_contain_text("train_step")
    still.screenshot(path=screenshots / f"timeline-still-{theme}.png")
    # In a report the picture is the page's own and has the page's theme.
    file.write_text(document("timeline", svg(Timeline.of(SESSION, SESSION_CELLS))), "utf-8")
    still.goto(file.as_uri())
    # The tracks are told apart by their names and places, and all fills differ.
    fills = picture.evaluate(
        "svg => ['trace', 'lower', 'compile'].map("
        "stage => getComputedStyle(svg.querySelector('.' + stage)).fill)"
    )
    assert len(set(fills)) == 3
    expected = {"light": "rgb(0, 114, 178)", "dark": "rgb(86, 180, 233)"}
    assert fills[2] == expected[theme]
    context.close()
