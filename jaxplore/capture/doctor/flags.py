"""Whether XLA has the flags that XLA_FLAGS names: it ends the process at one it has not.

The names are looked for in jaxlib's library: what is not in it cannot be a flag. Searching
its 300 MB takes less than starting XLA to ask it, which would end this process.
"""

import mmap
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_LIBRARIES: Final = (".so", ".dylib", ".pyd", ".dll")


def unknown_flags(text: str) -> tuple[str, ...]:
    """Words of XLA_FLAGS that this XLA does not take; a file's name where it cannot be read."""
    words = text.split()
    if not words:
        return ()
    if not words[0].startswith("-"):
        # XLA then takes the text for the name of a file with flags in it.
        try:
            words = Path(text.strip()).read_text(encoding="utf-8").split()
        except (OSError, ValueError):
            return (text.strip(),)
    names = {word.lstrip("-").partition("=")[0]: word for word in words if word.startswith("--")}
    return tuple(names[name] for name in _missing(list(names)))


def _missing(names: list[str]) -> list[str]:
    spec = find_spec("jaxlib")
    if spec is None or spec.origin is None:
        return []
    folder = os.path.dirname(spec.origin)
    libraries = [Path(folder) / name for name in os.listdir(folder) if name.endswith(_LIBRARIES)]
    missing = names
    # The largest holds XLA.
    for path in sorted(libraries, key=lambda path: -path.stat().st_size):
        if not missing:
            break
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            # The zero at its end: a flag's name may begin another's.
            missing = [name for name in missing if text.find(name.encode() + b"\0") < 0]
    return missing if libraries else []
