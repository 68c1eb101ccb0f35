"""Files of the user's that Python imports instead of JAX, NumPy, or a module of its own."""

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from typing import Final

from jaxplore.model.doctorfacts import Shadow

_PACKAGES: Final = ("jax", "jaxlib", "numpy", "scipy", "ml_dtypes", "opt_einsum")
# Modules that JAX and NumPy import, and that a user may well name a file after.
_STANDARD: Final = (
    *("bisect", "calendar", "code", "collections", "copy", "dataclasses", "enum", "functools"),
    *("glob", "hashlib", "heapq", "inspect", "itertools", "json", "logging", "numbers"),
    *("operator", "platform", "queue", "random", "secrets", "select", "signal", "socket"),
    *("statistics", "string", "subprocess", "tempfile", "threading", "time", "token"),
    *("tokenize", "types", "typing", "warnings", "weakref"),
)
_INSTALLED: Final = (f"{os.sep}site-packages", f"{os.sep}dist-packages")


def shadows(folder: str | None = None) -> tuple[Shadow, ...]:
    """What stands before the installed packages.

    Args:
        folder: Where notebooks and scripts are started; None for the current folder.
    """
    here = os.getcwd() if folder is None else folder
    folders = dict.fromkeys(os.path.realpath(one) for one in [here, *_before_standard(sys.path)])
    return tuple(shadow for one in folders for shadow in _in(one))


def _before_standard(path: Iterable[str]) -> Iterator[str]:
    """The folders that Python looks in before its own library."""
    standard = {os.path.realpath(sysconfig.get_path("stdlib"))}
    for one in path:
        real = os.path.realpath(one or os.getcwd())
        if real in standard or one.endswith(".zip"):
            return
        if not any(part in real for part in _INSTALLED):
            yield real


def _in(folder: str) -> Iterator[Shadow]:
    try:
        present = set(os.listdir(folder))
    except OSError:
        return
    for names, is_standard in ((_PACKAGES, False), (_STANDARD, True)):
        for name in names:
            path = os.path.join(folder, name)
            if f"{name}.py" in present:
                yield Shadow(module=name, path=f"{path}.py", is_standard=is_standard)
            elif name in present and os.path.isfile(os.path.join(path, "__init__.py")):
                # Without that file the installed package would be found first.
                yield Shadow(module=name, path=path, is_standard=is_standard)
