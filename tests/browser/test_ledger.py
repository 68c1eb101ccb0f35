"""What jaxplore says under a cell, in a real page: while it compiles, afterwards, saved."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ALL_RUN, KERNEL_READY, START_S, Lab

pytestmark = pytest.mark.browser

LOAD = "%load_ext jaxplore\nimport jax, jax.numpy as jnp, time\nfrom pathlib import Path"
# Tracing lasts until the test lets it go on.
SLOW = """\
@jax.jit
def {name}(x):
    while not Path("{name}.go").exists():
        time.sleep(0.02)  # lets the watching thread run while the test decides how long
    return x + 1

{name}(1.0)
{after}
"""
UNROLLED = """\
@jax.jit
def unrolled(x):
    for _ in range(1400):
        x = jnp.sin(x) * 2.0 + x
    return x

unrolled(1.0)
"""
GRAVITY = """\
gravity = 9.81
@jax.jit
def fall(seconds):
    return 0.5 * gravity * seconds**2
fall(2.0)
"""
SOMETHING = re.compile(r"\S")
STAGE = re.compile(r"JAX traces (\w+): \d+ s, at cell \d+ line \d+")


def opened(lab: Lab, page: Page, name: str, cells: list[str]) -> list[Locator]:
    """The cells of a new notebook whose kernel is ready."""
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata=metadata)
    nbformat.write(notebook, lab.root / name)
    lab.start_kernel(name)
    page.goto(f"{lab.url}/lab/tree/{name}?reset")
    page.wait_for_function(KERNEL_READY, timeout=START_S * 1000)
    return [page.locator(".jp-Notebook .jp-CodeCell").nth(i) for i in range(len(cells))]


def command(page: Page, name: str) -> None:
    """Start a command of JupyterLab; it may go on."""
    page.evaluate("name => { window.jupyterapp.commands.execute(name); }", name)


def outputs(cell: Locator) -> Locator:
    return cell.locator(".jp-OutputArea-output")


def test_the_stage_stands_under_its_cell_until_the_cell_ends(
    lab: Lab, page: Page, screenshots: Path
) -> None:
    first = SLOW.format(name="first", after="raise ValueError('of the user')")
    second = SLOW.format(name="second", after="")
    _, one, two = opened(lab, page, "stage.ipynb", [LOAD, first, second])
    # Both are asked for at once, and an error of the first does not take the second away.
    page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.content.widgets.forEach("
        "cell => cell.model.setMetadata('tags', ['raises-exception'])); }"
    )
    command(page, "notebook:run-all-cells")
    expect(outputs(one)).to_have_text(re.compile(r"JAX traces first: 2 s, at cell 2 line [34]"))
    expect(outputs(two)).to_have_count(0)
    page.screenshot(path=screenshots / "stage-light.png")
    (lab.root / "first.go").touch()
    # What was compiled comes after all that the cell says, as where no stage was shown.
    expect(outputs(one).filter(has_text=SOMETHING)).to_have_text(
        [re.compile("ValueError: of the user"), re.compile(r"^1 compile · .* · first: first call")]
    )
    expect(outputs(two)).to_have_text(re.compile(r"JAX traces second: \d+ s, at cell 3 line [34]"))
    (lab.root / "second.go").touch()
    expect(outputs(two).filter(has_text=SOMETHING)).to_contain_text(
        ["Array(2.", re.compile("second: first call")]
    )
    expect(page.locator(".jp-Notebook")).not_to_contain_text("JAX traces")


def test_the_stage_goes_when_jax_is_done_and_what_was_compiled_stays(lab: Lab, page: Page) -> None:
    wait = "while not Path('{}.go').exists():\n    time.sleep(0.02)\n"  # in the cell: until the test goes on
    waits = SLOW.format(name="then", after=wait.format("done") + "print('computed')")
    clears = SLOW.format(name="cleared", after="from IPython.display import clear_output") + (
        "clear_output()\nprint('after')"
    )
    _, one, two = opened(lab, page, "done.ipynb", [LOAD, waits, clears])
    command(page, "notebook:run-all-cells")
    expect(outputs(one)).to_have_text(STAGE)
    (lab.root / "then.go").touch()
    # The cell goes on.
    expect(outputs(one).filter(has_text=SOMETHING)).to_have_count(0)
    (lab.root / "done.go").touch()
    expect(outputs(one).filter(has_text=SOMETHING)).to_have_text(
        [re.compile("computed"), re.compile("then: first call")]
    )
    expect(outputs(two)).to_have_text(STAGE)
    (lab.root / "cleared.go").touch()
    expect(outputs(two)).to_have_text([re.compile("after"), re.compile("cleared: first call")])


def test_pictures_read_in_a_notebook_that_is_not_trusted(
    lab: Lab, page: Page, screenshots: Path
) -> None:
    timed = "x = jnp.ones(3)\n%jtime -n 1 -r 3 jnp.sin(x)"
    opened(lab, page, "pictures.ipynb", [LOAD, GRAVITY, timed, "%ledger --timeline"])
    command(page, "notebook:run-all-cells")
    page.wait_for_function(ALL_RUN)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    saved = nbformat.read(lab.root / "pictures.ipynb", as_version=4)
    nbformat.write(new_notebook(cells=saved.cells), lab.root / "untrusted.ipynb")
    page.goto(f"{lab.url}/lab/tree/untrusted.ipynb?reset")
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    pictures = page.locator(".jp-OutputArea-output img")
    expect(pictures).to_have_count(2)
    expect(pictures.nth(0)).to_have_attribute("alt", re.compile("^runs on a scale from zero"))
    expect(pictures.nth(1)).to_have_attribute("alt", re.compile("^timeline of compiles: "))
    widths = "all => Promise.all(all.map(one => one.decode().then(() => one.naturalWidth)))"
    assert pictures.evaluate_all(widths) == [480, 960]
    # What a pointer is told stays too: three runs, and bars.
    told = page.locator(".jp-OutputArea-output area").nth(3)
    expect(told).to_have_attribute("title", re.compile("^fall · "))
    page.screenshot(path=screenshots / "pictures-light.png")
    page.evaluate(
        "() => window.jupyterapp.commands.execute("
        "'apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot(path=screenshots / "pictures-dark.png")


def test_an_interrupt_takes_the_stage_away(lab: Lab, page: Page) -> None:
    endless, after = SLOW.format(name="endless", after=""), "print('goes on')"
    _, one = opened(lab, page, "interrupt.ipynb", [LOAD, endless])
    command(page, "notebook:run-all-cells")
    expect(outputs(one)).to_have_text(STAGE)
    command(page, "notebook:interrupt-kernel")
    expect(one).to_contain_text("KeyboardInterrupt")
    expect(one).not_to_contain_text("JAX traces")
    page.wait_for_function(KERNEL_READY)
    page.evaluate(
        "text => { window.jupyterapp.shell.currentWidget.content.widgets[1]"
        ".model.sharedModel.setSource(text); }",
        after,
    )
    command(page, "notebook:run-all-cells")
    expect(outputs(one)).to_have_text("goes on")


def test_a_long_compile_is_announced_with_the_line_that_was_unrolled(lab: Lab, page: Page) -> None:
    _, cell = opened(lab, page, "unrolled.ipynb", [LOAD, UNROLLED])
    command(page, "notebook:run-all-cells")
    expect(cell).to_contain_text("unrolled has 4,200 equations")
    expect(cell).to_contain_text(re.compile(r"cell 2 line 4 .* unrolled 1,400 times: 100 %"))
    page.wait_for_function(ALL_RUN)
    expect(cell.locator("details.jaxplore-ledger > summary")).to_contain_text("unrolled: first")


def test_the_line_and_a_stale_result_read_in_a_saved_notebook_without_a_kernel(
    lab: Lab, page: Page, screenshots: Path
) -> None:
    opened(lab, page, "stale.ipynb", [LOAD, GRAVITY, "gravity = 1.62\nfall(2.0)"])
    command(page, "notebook:run-all-cells")
    stale = "S01 fall: `gravity` was 9.81 when traced in cell 2, is 1.62 now; fall still uses 9.81"
    expect(page.locator(".jaxplore-finding")).to_contain_text(stale)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    # Nothing in it names a kernel, so none starts.
    saved = nbformat.read(lab.root / "stale.ipynb", as_version=4)
    nbformat.write(new_notebook(cells=saved.cells), lab.root / "saved-stale.ipynb")
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(f"{lab.url}/lab/tree/saved-stale.ipynb?reset")
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    expect(page.locator(".jaxplore-finding")).to_contain_text(stale)
    # The keyboard opens the line, and its rows fit into the page.
    page.locator("details.jaxplore-ledger > summary").press("Enter")
    expect(page.locator("details.jaxplore-ledger td", has_text="first call")).to_be_visible()
    wide = page.locator(".jp-OutputArea-output").evaluate_all(
        "all => all.filter(output => output.scrollWidth > output.clientWidth).length"
    )
    assert wide == 0
    page.screenshot(path=screenshots / "stale-saved.png")


def test_the_live_ledger_goes_on_while_later_cells_run(lab: Lab, page: Page) -> None:
    compiled = "jax.jit(lambda x: x + 1)(1.0)"
    waits = SLOW.format(name="again", after="")
    cells = [LOAD, compiled, "%ledger --live", f"{compiled}\n{waits}"]
    _, _, live, last = opened(lab, page, "liveledger.ipynb", cells)
    command(page, "notebook:run-all-cells")
    expect(outputs(last)).to_have_text(STAGE)
    count = live.locator(".jxp-count")
    (lab.root / "again.go").touch()
    expect(count).to_have_text("3 compiles")
    expect(live.locator(".jxp-timeline > svg")).to_contain_text("cell 4")
