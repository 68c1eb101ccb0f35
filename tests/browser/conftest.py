"""A real JupyterLab server and a real Chromium, one of each for all browser tests."""

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import jaxplore
from tests.browser.programs import PROGRAMS
from tests.browser.seen import FIRST_PICTURE_MADE, WATCH_CANVAS, Seen

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these a Chromium in a sandbox or without a network waits for what never comes.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A page this wide shows source, jaxpr and graph at once.
WITH_GRAPH = 1210
RESULTS = Path(__file__).parents[2] / "test-results"
START_S = 60

CONFIG = """
from jupyterlab.galata import configure_jupyter_server
configure_jupyter_server(c)
c.JupyterNotebookApp.expose_app_in_browser = True
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = {port}
c.ServerApp.port_retries = 0
c.ServerApp.root_dir = {root!r}
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
"""


def chromium_path() -> str | None:
    """The Chromium of this machine, or None."""
    named = os.environ.get("JAXPLORE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    path = chromium_path()
    if path is None:
        pytest.skip(
            "NO CHROMIUM FOUND: the browser tests did not run. Install the Debian package "
            "chromium, or set JAXPLORE_CHROMIUM to its path."
        )
    # Nothing waits longer than it must: this is for machines that have more to do.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh tab; any script error in it fails the test."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(30_000)
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    tab.close()
    ours = [error for error in errors if "jxp" in error or "jaxplore" in error]
    assert ours == []


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The saved page of a program of `programs.PROGRAMS`; each is made once."""
    folder = tmp_path_factory.mktemp("pages")

    def save(name: str) -> Path:
        file = folder / f"{name}.html"
        if not file.exists():
            made = PROGRAMS[name]
            function, arguments = made.make()
            explorer = jaxplore.explore(function, *arguments, stages=made.stages)
            if made.passes:
                explorer.passes()
            explorer.save(file)
        return file

    return save


class Offline:
    """Opens files as a reader without a network does; asking for anything else is an error."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        self.requests: list[str] = []

    def page(self, file: Path, **options: Any) -> Page:
        """A tab with a file. `options` are those of a browser context of playwright."""
        context = self._browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, **options}
        )
        context.set_default_timeout(20_000)
        context.add_init_script(WATCH_CANVAS)
        self._contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        tab.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        context.on("request", lambda request: self.requests.append(request.url))
        tab.goto(file.as_uri())
        return tab

    def explorer(self, file: Path, **options: Any) -> Seen:
        """The explorer of a page, with its graph where the page has room for it."""
        tab = self.page(file, **options)
        root = tab.locator(".jxp-root").first
        root.wait_for()
        if tab.viewport_size and tab.viewport_size["width"] > WITH_GRAPH:
            tab.wait_for_function(FIRST_PICTURE_MADE)
        return Seen(tab, root)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def offline(browser: Browser) -> Iterator[Offline]:
    """Opens saved pages; a script error, or a request to any network, fails the test."""
    opener = Offline(browser)
    yield opener
    opener.close()
    far = [url for url in opener.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert (opener.errors, far) == ([], [])


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where tests leave pictures to look at."""
    RESULTS.mkdir(exist_ok=True)
    return RESULTS


@dataclass(frozen=True)
class Lab:
    """A running server."""

    url: str
    root: Path

    def request(self, path: str, data: dict[str, object] | None = None) -> object:
        """A call of the server's REST interface."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=body)
        with urllib.request.urlopen(request, timeout=START_S) as answer:
            return json.loads(answer.read())

    def add(self, notebook: Path, name: str | None = None) -> str:
        """Copy a notebook into the server's folder."""
        name = name or notebook.name
        shutil.copy(notebook, self.root / name)
        return name

    def start_kernel(self, name: str) -> None:
        """Start a notebook's kernel before its page opens: the page would ask for one."""
        kind = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        self.request("/api/sessions", kind)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _server(folder: Path) -> Iterator[Lab]:
    port, root = _free_port(), folder / "root"
    root.mkdir()
    config = folder / "config.py"
    config.write_text(CONFIG.format(port=port, root=str(root)), encoding="utf-8")
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}', encoding="utf-8"
    )
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "IPYTHONDIR": str(folder / "ipython"),
        # What a user sees, not what nbval compares.
        "JAXPLORE_DETERMINISTIC": "",
    }
    log = (folder / "log.txt").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", f"--config={config}"],
        cwd=root,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        lab = Lab(f"http://127.0.0.1:{port}", root)
        _wait_for(lambda: lab.request("/api/status"), process, folder / "log.txt")
        yield lab
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        # Its kernels have ended by now; a thread of its own may keep the server for ever.
        process.kill()
        process.wait()
        log.close()


def _wait_for(probe: Callable[[], object], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Ask until the server answers; its log is the error when it ends first."""
    for _ in range(START_S * 4):
        try:
            probe()
            return
        except OSError:
            try:
                process.wait(timeout=0.25)
            except subprocess.TimeoutExpired:
                continue
            break
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    """A JupyterLab server with the extension installed in this environment."""
    with _server(tmp_path_factory.mktemp("lab")) as server:
        yield server


KERNEL_READY = """() => {
  const session = window.jupyterapp?.shell?.currentWidget?.context?.sessionContext;
  const kernel = session?.session?.kernel;
  return session?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
ALL_RUN = """() => {
  const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
  return prompts.length > 0 && prompts.every(p => /\\[\\d+\\]/.test(p.textContent));
}"""


def run_all(page: Page, url: str) -> None:
    """Open a notebook whose kernel is running, run all cells, wait until they have run."""
    page.goto(url)
    page.wait_for_function(KERNEL_READY, timeout=START_S * 1000)
    # The promise of this command is never kept: it must not be returned.
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.wait_for_function(ALL_RUN, timeout=START_S * 2000)
