"""The explorer's other forms: saved and untrusted, a page from disk, a live widget."""

from pathlib import Path

import jax
import jax.numpy as jnp
import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Page, expect

import jaxplore
from tests.browser.conftest import Lab, run_all

pytestmark = pytest.mark.browser


def smooth(x: jax.Array) -> jax.Array:
    return jnp.exp(-(x * x))


def saved_notebook() -> nbformat.NotebookNode:
    """A notebook as it lies on disk: an output of the explorer, no kernel, no trust."""
    data, metadata = jaxplore.explore(smooth, jnp.ones(4))._repr_mimebundle_()
    output = new_output("display_data", data=data, metadata=metadata)
    return new_notebook(cells=[new_code_cell("explore(smooth)", outputs=[output])])


def check_linking(page: Page, mark: str = "x * x") -> None:
    explorer = page.locator(".jxp-root").first
    explorer.locator("[data-pane=jaxpr] [data-equation]", has_text="mul").first.hover()
    expect(explorer.locator(".jxp-source .jxp-mark")).to_have_text(mark)


def test_a_saved_untrusted_notebook_is_interactive_without_a_kernel(
    lab: Lab, page: Page, screenshots: Path
) -> None:
    nbformat.write(saved_notebook(), lab.root / "saved.ipynb")
    page.goto(f"{lab.url}/lab/tree/saved.ipynb?reset")
    page.wait_for_selector(".jxp-root")
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    check_linking(page)
    page.screenshot(path=screenshots / "saved-untrusted.png")


def test_a_saved_page_is_interactive_offline(page: Page, tmp_path: Path, screenshots: Path) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    file = jaxplore.explore(smooth, jnp.ones(4)).save(tmp_path / "smooth.html")
    page.goto(file.as_uri())
    check_linking(page)
    page.screenshot(path=screenshots / "page.png")
    assert requests == [file.as_uri()]


def test_nbconvert_html_is_interactive(page: Page, tmp_path: Path) -> None:
    html, _ = HTMLExporter().from_notebook_node(saved_notebook())
    file = tmp_path / "converted.html"
    file.write_text(html, encoding="utf-8")
    page.goto(file.as_uri(), wait_until="domcontentloaded")
    check_linking(page)


def test_output_reads_where_scripts_are_stripped(page: Page) -> None:
    html = jaxplore.explore(smooth, jnp.ones(4))._repr_html_()
    still = page.context.browser.new_context(java_script_enabled=False).new_page()
    still.set_content(html)
    expect(still.locator("pre").first).to_contain_text("return jnp.exp(-(x * x))")
    expect(still.locator("pre").nth(1)).to_contain_text("exp")
    still.close()


LIVE = """\
import ipywidgets, jax.numpy as jnp, jaxplore
widget = jaxplore.explore(lambda x: jnp.exp(-(x * x)), jnp.ones(4)).widget()
label = ipywidgets.Label()
widget.observe(lambda change: setattr(label, "value", f"selected {change['new']}"), "selected")
ipywidgets.VBox([label, ipywidgets.HBox([widget])])
"""


@pytest.mark.parametrize("where", ["lab/tree", "notebooks"], ids=["JupyterLab", "Notebook 7"])
def test_the_live_widget_and_python_share_the_selection(
    lab: Lab, page: Page, screenshots: Path, where: str
) -> None:
    notebook = new_notebook(
        cells=[new_code_cell(LIVE), new_code_cell("widget.selected = 2")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    name = f"live-{where.split('/')[0]}.ipynb"
    nbformat.write(notebook, lab.root / name)
    lab.start_kernel(name)
    run_all(page, f"{lab.url}/{where}/{name}?reset")
    explorer = page.locator(".jxp-root").first
    page.screenshot(path=screenshots / "live.png")
    # From Python: the third equation is selected, and so is its expression.
    expect(page.get_by_text("selected 2")).to_be_visible()
    expect(explorer.locator(".jxp-source .jxp-selected")).to_have_text("jnp.exp(-(x * x))")
    # From the page: a click on the first equation reaches Python.
    explorer.locator("[data-pane=jaxpr] [data-equation]", has_text="mul").first.click()
    expect(page.get_by_text("selected 0")).to_be_visible()
    page.screenshot(path=screenshots / "live.png")
