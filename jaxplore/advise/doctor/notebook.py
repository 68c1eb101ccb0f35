"""Findings about the notebook: the persistent cache, the widgets and the front end."""

from collections.abc import Iterator
from typing import Final

from jaxplore.advise.doctor.versions import at_least
from jaxplore.model.diagnosis import Diagnosed
from jaxplore.model.doctorfacts import Extension, Facts

_WIDGETS: Final = {"ipywidgets": "8.1", "anywidget": "0.9.18"}


def cache(facts: Facts) -> Iterator[Diagnosed]:
    """D30: the persistent cache cannot be written; D31: whether it is on."""
    now = facts.cache
    if now.on and now.is_writable is False:
        yield Diagnosed(
            id="D30",
            severity="warning",
            title="the persistent compilation cache cannot be written",
            found=f"{now.directory} is no folder that this process can write to",
            fix="`%jaxplore cache on DIR` with a folder of your own",
        )
    elif now.on:
        yield Diagnosed(
            id="D31",
            severity="note",
            title="the persistent compilation cache is on",
            found=f"programs are kept in {now.directory}: what was compiled once is read there",
            fix="`%jaxplore cache off` to measure how long XLA really takes",
        )
    else:
        yield Diagnosed(
            id="D31",
            severity="note",
            title="the persistent compilation cache is off",
            found="every new process compiles everything again",
            fix="`%jaxplore cache on`",
        )


def widgets(facts: Facts) -> Iterator[Diagnosed]:
    """D32: the packages behind the live views."""
    for name, least in _WIDGETS.items():
        package = facts.package(name)
        if package is None or at_least(package.version, least) is False:
            yield Diagnosed(
                id="D32",
                severity="warning",
                title=f"live views need {name} {least} or later",
                found=f"{name} is not installed"
                if package is None
                else f"{name} {package.version} is installed",
                fix=f'`pip install -U "{name}>={least}"`, then restart the kernel',
            )


def front_end(facts: Facts) -> Iterator[Diagnosed]:
    """D33: the extensions of the Jupyter server; D34: it runs elsewhere; D35: another host."""
    front = facts.front_end
    if front.host == "Jupyter" and front.is_server_known:
        yield from _extensions(facts)
    if front.server_python:
        yield Diagnosed(
            id="D34",
            severity="note",
            title="the Jupyter server and this kernel are in two environments",
            found=f"the server is in {front.server_python}, this kernel is {facts.executable}",
            fix="install what the page needs (jaxplore, anywidget, ipywidgets) in the server's, "
            "and what computes in the kernel's",
        )
    if front.host == "VS Code":
        yield _other_host(
            "jaxplore's side panel is only in JupyterLab",
            "this kernel was started by VS Code",
            "all displays below cells work here; `jaxplore lab` opens JupyterLab",
        )
    if front.host == "Colab":
        yield _other_host(
            "live widgets have to be switched on in Colab",
            "this kernel runs in Colab",
            "`from google.colab import output; output.enable_custom_widget_manager()`",
        )


def _other_host(title: str, found: str, fix: str) -> Diagnosed:
    return Diagnosed(id="D35", severity="note", title=title, found=found, fix=fix)


def _extensions(facts: Facts) -> Iterator[Diagnosed]:
    known: dict[str, Extension] = {one.name: one for one in facts.front_end.extensions}
    pip = "pip" if not facts.front_end.server_python else f"{facts.front_end.server_python}/bin/pip"
    own = known.get("jaxplore")
    reload = "then reload the page"
    if own is None:
        yield _extension(
            "JupyterLab does not have jaxplore's extension",
            "the Jupyter server's environment holds no labextension jaxplore",
            f"`{pip} install jaxplore`, restart the server, {reload}",
        )
    elif facts.jaxplore and own.version != facts.jaxplore:
        yield _extension(
            "JupyterLab has jaxplore's extension of another version",
            f"the extension is {own.version} in {own.place}, the package {facts.jaxplore}",
            f"`{pip} install jaxplore=={facts.jaxplore}`, restart the server, {reload}",
        )
    for name, package in (
        ("anywidget", "anywidget"),
        ("@jupyter-widgets/jupyterlab-manager", "ipywidgets"),
    ):
        if name not in known:
            yield _extension(
                f"JupyterLab does not have the extension of {package}",
                f"the Jupyter server's environment holds no labextension {name}",
                f"`{pip} install {package}`, restart the server, {reload}",
            )


def _extension(title: str, found: str, fix: str) -> Diagnosed:
    return Diagnosed(id="D33", severity="warning", title=title, found=found, fix=fix)
