"""What shows this process's output, and which extensions are there for it."""

import builtins
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from jaxplore.model.doctorfacts import Extension, FrontEnd

_EXTENSIONS: Final = ("jaxplore", "anywidget", "@jupyter-widgets/jupyterlab-manager")
_SERVERS: Final = frozenset(
    ("jupyter-lab", "jupyter-notebook", "jupyter-server", "jupyterhub-singleuser", "jupyter-labhub")
)
_SERVER_MODULES: Final = frozenset(("jupyterlab", "notebook", "jupyter_server", "jupyterhub"))
_FOLDER: Final = Path("share/jupyter/labextensions")


def front_end(environment: Mapping[str, str] = os.environ) -> FrontEnd:
    """The front end, as far as the environment says."""
    host = _host(environment)
    if host != "Jupyter":
        return FrontEnd(host=host)
    server = _server_prefix(environment.get("JPY_PARENT_PID", ""))
    own = Path(sys.prefix)
    prefix = own if server is None else server
    is_other = os.path.realpath(prefix) != os.path.realpath(own)
    return FrontEnd(
        host=host,
        server_python=str(prefix) if is_other else "",
        extensions=tuple(extensions(prefix)),
        is_server_known=server is not None,
    )


def _host(environment: Mapping[str, str]) -> str:
    if "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in environment:
        return "Colab"
    if "ipykernel" in sys.modules:
        # VS Code starts its kernels from its own process, others have a server.
        in_code = any(name.startswith("VSCODE_") for name in environment)
        is_served = "JPY_PARENT_PID" in environment and "JPY_SESSION_NAME" in environment
        return "VS Code" if in_code and not is_served else "Jupyter"
    return "IPython" if hasattr(builtins, "__IPYTHON__") else "none"


def _server_prefix(process: str) -> Path | None:
    """The environment of the Jupyter server; None where the system does not say."""
    if not process.isdigit():
        return None
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return server_prefix([os.fsdecode(word) for word in words])


def server_prefix(words: Sequence[str]) -> Path | None:
    """The environment of a Jupyter server, from the command that started it; None for a program
    that is no server, such as one that runs notebooks without a page.

    >>> str(server_prefix(["/env/bin/python3.11", "/env/bin/jupyter-lab", "--no-browser"]))
    '/env'
    """
    match [*words]:
        case [python, "-m", module, *_] if module.split(".")[0] in _SERVER_MODULES:
            path = Path(python)
        case [_, script, *_] if Path(script).name in _SERVERS:
            path = Path(script)
        case _:
            return None
    # Links are not followed: the Python of a virtual environment is one.
    return path.parent.parent if path.is_absolute() and path.parent.name == "bin" else None


def extensions(prefix: Path) -> Iterator[Extension]:
    """Of jaxplore and of the widgets, those that a server of an environment offers."""
    places = [prefix / _FOLDER]
    user = os.environ.get("JUPYTER_DATA_DIR")
    places.append(Path(user) / "labextensions" if user else Path.home() / ".local" / _FOLDER)
    for name in _EXTENSIONS:
        for place in places:
            version = _version(place / name / "package.json")
            if version is not None:
                yield Extension(name=name, version=version, place=str(place))
                break


def _version(path: Path) -> str | None:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    version = read.get("version") if isinstance(read, dict) else None
    return version if isinstance(version, str) else None
