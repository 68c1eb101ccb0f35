"""The explorer's page in a headless Chromium: its size, its first picture, its answers.

Pages are files, as a reader opens them. A time that a reader feels ends with the frame that
shows the answer.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import peers
import programs
from playwright.sync_api import Browser, Page, sync_playwright
from rows import Row, seconds

import jaxplore

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path

FIRST_PICTURE = "jaxplore:first-picture"
LIMIT_S = 30
TIMES = 20

# Each input until the frame that answers it is done; and when the graph was last painted.
WATCH = """
(() => {
    window.took = [];
    window.painted = 0;
    const spy = (event) => {
        const start = event.timeStamp;
        requestAnimationFrame(() => {
            const after = new MessageChannel();
            after.port1.onmessage = () => window.took.push(performance.now() - start);
            after.port2.postMessage(0);
        });
    };
    for (const kind of ["mousemove", "click", "keydown", "wheel"]) {
        window.addEventListener(kind, spy, { capture: true, passive: true });
    }
    const drawn = CanvasRenderingContext2D.prototype;
    const fillText = drawn.fillText;
    drawn.fillText = function (...args) {
        window.painted = performance.now();
        return fillText.apply(this, args);
    };
})()
"""


def explorer() -> Iterator[Row]:
    """All rows; none where the machine has no Chromium."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from sizes(folder)
        chromium = chromium_path()
        if chromium is None:
            print("no Chromium on this machine: nothing was measured in a browser")
            return
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
            yield from first_pictures(browser, folder)
            yield from answers(browser, folder)
            yield from beside_peers(browser, folder)
            browser.close()


def sizes(folder: Path) -> Iterator[Row]:
    """What a page costs."""
    function, arguments = programs.square()
    page = jaxplore.explore(function, *arguments).save(folder / "square.html")
    script = Path(jaxplore.__file__).with_name("static") / "explorer.js"
    detail = f"its script {script.stat().st_size / 1e3:.0f} kB"
    yield Row("page of x**2 in kB", page.stat().st_size / 1e3, 120, detail)

    function, arguments = programs.unrolled()
    jaxpr = jax.make_jaxpr(function)(*arguments)
    shown = jaxplore.explore(jaxplore.program(jaxpr))
    saved_s = seconds(lambda: shown.save(folder / "unrolled.html"))
    size = (folder / "unrolled.html").stat().st_size
    detail = f"{size / 1e3:.0f} kB, saved in {saved_s:.1f} s"
    yield Row("page of 100,000 equations in bytes each", size / programs.EQUATIONS, 40, detail)

    function, arguments = programs.transformer_gradient()
    for name, stages in (("transformer", ("jaxpr",)), ("transformer-all", None)):
        shown = jaxplore.explore(function, *arguments, stages=stages)
        page = shown.save(folder / f"{name}.html")
        count = len(shown.program.equations)
        if stages is None:
            continue
        each = page.stat().st_size / count
        yield Row(
            "page of a transformer's gradient in bytes each", each, 40, f"{count:,} equations"
        )


def first_pictures(browser: Browser, folder: Path) -> Iterator[Row]:
    """From the start of the navigation to the graph's first picture."""
    names = {
        "transformer": ("first picture of a transformer's gradient in s", 1.0, "jaxpr alone"),
        "transformer-all": ("the same with StableHLO and HLO", 1.0, "all texts"),
        "unrolled": ("first picture of 100,000 equations in s", 2.0, "jaxpr alone"),
    }
    for name, (title, goal, detail) in names.items():
        measured = [first_picture(browser, folder / f"{name}.html") for _ in range(3)]
        size = (folder / f"{name}.html").stat().st_size / 1e3
        yield Row(title, statistics.median(measured), goal, f"{detail}, {size:.0f} kB")


def opened(browser: Browser, path: Path) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(LIMIT_S * 1000)
    page.add_init_script(WATCH)
    page.goto(path.as_uri(), wait_until="commit")
    return page


def first_picture(browser: Browser, path: Path) -> float:
    page = opened(browser, path)
    found = f"performance.getEntriesByName('{FIRST_PICTURE}')"
    page.wait_for_function(f"{found}.length > 0")
    milliseconds: float = page.evaluate(f"{found}[0].startTime")
    page.close()
    return milliseconds / 1e3


def answers(browser: Browser, folder: Path) -> Iterator[Row]:
    """What a reader does, each until its answer can be seen."""
    for name in ("transformer-all", "unrolled"):
        page = opened(browser, folder / f"{name}.html")
        page.wait_for_function(f"performance.getEntriesByName('{FIRST_PICTURE}').length > 0")
        page.wait_for_timeout(500)
        # Once before it counts: a page compiles its script as it is used.
        for do in INTERACTIONS.values():
            took(page, do)
        by_kind = {kind: took(page, do) for kind, do in INTERACTIONS.items()}
        every = [one for kind in by_kind.values() for one in kind]
        detail = ", ".join(f"{kind} {p95(times):.0f}" for kind, times in by_kind.items())
        yield Row(f"answers, p95 in ms, {name}", p95(every), 50, detail)
        opening = open_levels(page)
        each = ", ".join(f"{one:.0f}" for one in opening)
        yield Row(f"a level opened, in ms, {name}", max(opening), 200, each)
        page.close()


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def took(page: Page, do: Callable[[Page], None]) -> list[float]:
    """Milliseconds of each input that `do` makes."""
    page.evaluate("window.took.length = 0")
    do(page)
    page.wait_for_timeout(200)
    times: list[float] = page.evaluate("window.took")
    return times


def middle(page: Page, selector: str) -> tuple[float, float, float]:
    """The middle of an element, and its height."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["height"]


JAXPR = '[data-pane="jaxpr"]'
GRAPH = '[data-pane="graph"] canvas.jxp-canvas'


def hover_lines(page: Page) -> None:
    x, y, height = middle(page, JAXPR)
    for step in range(TIMES):
        page.mouse.move(x, y + (step / TIMES - 0.5) * height * 0.7)
        page.wait_for_timeout(40)


def hover_graph(page: Page) -> None:
    x, y, height = middle(page, GRAPH)
    for step in range(TIMES):
        page.mouse.move(x, y + (step / TIMES - 0.5) * height * 0.7)
        page.wait_for_timeout(40)


def select_lines(page: Page) -> None:
    x, y, height = middle(page, JAXPR)
    for step in range(TIMES):
        page.mouse.click(x, y + (step / TIMES - 0.5) * height * 0.7)
        page.wait_for_timeout(60)


def press_arrows(page: Page) -> None:
    for _ in range(TIMES):
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(60)


def scroll(page: Page) -> None:
    x, y, _ = middle(page, JAXPR)
    page.mouse.move(x, y)
    for _ in range(TIMES):
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(40)


def zoom(page: Page) -> None:
    x, y, _ = middle(page, GRAPH)
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    for step in range(TIMES):
        page.mouse.wheel(0, 60 if step < TIMES / 2 else -60)
        page.wait_for_timeout(40)
    page.keyboard.up("Control")


INTERACTIONS: dict[str, Callable[[Page], None]] = {
    "hover line": hover_lines,
    "hover graph": hover_graph,
    "select": select_lines,
    "arrow key": press_arrows,
    "scroll": scroll,
    "zoom": zoom,
}


def open_levels(page: Page) -> list[float]:
    """Milliseconds from a click on "open level" to the last paint that follows."""
    times: list[float] = []
    close, open_ = (page.get_by_role("button", name=name) for name in ("close all", "open every"))
    for _ in range(2):
        close.click()
        page.wait_for_timeout(600)
        for _ in range(3):
            start: float = page.evaluate("performance.now()")
            open_.evaluate("button => button.click()")
            page.wait_for_timeout(1200)
            painted: float = page.evaluate("window.painted")
            if painted > start:
                times.append(painted - start)
    return times


def beside_peers(browser: Browser, folder: Path) -> Iterator[Row]:
    """The same programs in another viewer, where it is installed."""
    for name, ours in (("square", "square"), ("transformer_gradient", "transformer")):
        theirs = peers.jaxviz(name, folder / f"jaxviz-{name}.html", LIMIT_S)
        if theirs is None:
            return
        own_s = first_picture(browser, folder / f"{ours}.html")
        said, shown_s = theirs.said, None
        if theirs.page is not None:
            shown_s = peers.first_node(browser, theirs.page, LIMIT_S)
            shown = f"in {shown_s:.2f} s" if shown_s else f"not in {LIMIT_S} s"
            said = f"jaxviz's first node {shown}, {said}"
        ratio = own_s / (shown_s or LIMIT_S)
        yield Row(f"first picture / jaxviz's, {name}", ratio, 1.0, f"{own_s:.2f} s; {said}")


def main() -> None:
    """These rows alone."""
    for row in explorer():
        print(row, flush=True)


if __name__ == "__main__":
    main()
