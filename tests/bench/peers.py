"""jaxviz, the graph of a jaxpr that others draw, in an environment of its own.

It is asked for HTML by its one public function, and its page is opened as ours is. Nothing of
it is installed, copied or imported here.
"""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv/peers/bin/python"

_MAKE = """
import sys
sys.path.insert(0, sys.argv[1])
import jaxviz, programs
function, arguments = getattr(programs, sys.argv[2])()
html = jaxviz.trace_model(function, *arguments, return_html=True)
open(sys.argv[3], "w", encoding="utf-8").write(str(getattr(html, "data", html)))
"""


@dataclass(frozen=True)
class Drawn:
    """What became of a program."""

    page: Path | None
    said: str


def jaxviz(program: str, page: Path, limit_s: float) -> Drawn | None:
    """Its page for one of `programs`; None where it is not installed (`make peers`)."""
    if not PYTHON.exists():
        return None
    command = [str(PYTHON), "-c", _MAKE, str(HERE), program, str(page)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return Drawn(None, f"jaxviz makes no page in {limit_s:.0f} s")
    if done.returncode:
        return Drawn(None, f"jaxviz fails: {done.stderr.strip().splitlines()[-1][:80]}")
    return Drawn(page, f"{page.stat().st_size / 1e6:.1f} MB")


def first_node(browser: Browser, page: Path, limit_s: float) -> float | None:
    """Seconds until a page of jaxviz shows a node; None where none appears in time."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    start = time.perf_counter()
    try:
        tab.goto(page.as_uri(), wait_until="commit")
        # Its classes end in a number that is new for each page.
        node = "svg g[class^='node_']"
        tab.wait_for_selector(node, state="attached", timeout=limit_s * 1000)
        return time.perf_counter() - start
    except Error:
        return None
    finally:
        tab.close()
