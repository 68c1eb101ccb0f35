"""JAX's persistent compilation cache, switched on with thresholds that suit a notebook.

What XLA compiled is kept in a directory, and the next session reads it instead of
compiling it again. By itself JAX stores only what took more than a second; here all is
stored, because a notebook compiles many small programs.
"""

import os
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jax

from jaxplore.errors import JaxploreError
from jaxplore.model.record import Record

_DIRECTORY: Final = "jax_compilation_cache_dir"
_SETTINGS: Final[dict[str, object]] = {
    "jax_enable_compilation_cache": True,
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}
# JAX can bound a directory itself (jax_compilation_cache_max_size), but then it looks at
# every file of it for each program it stores. So jaxplore's own directory is made smaller
# when the cache is switched on, and nobody else's ever.
_MOST_BYTES: Final = 2 * 1024**3
_ENTRY: Final = "*-cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStatus(Record):
    """The persistent compilation cache as it is now."""

    on: bool
    directory: str
    """Where it is; `""` where JAX has none."""
    entries: int | None
    """Programs in it; None for a directory that is not on this machine."""
    size_bytes: int | None
    by_jaxplore: bool
    """Whether jaxplore switched it on."""


def cache(on: bool = True, directory: str | os.PathLike[str] | None = None) -> CacheStatus:
    """Switch JAX's persistent compilation cache on, or back to what it was.

    The twin of `%jaxplore cache on|off`. What was compiled before it is switched on is not
    stored. The directory must be trusted: programs are loaded from it.

    Args:
        on: False restores the settings that `cache(True)` found.
        directory: Where to keep programs. None keeps the directory that JAX has, or else
            takes `jaxplore/xla` in the user's cache directory.

    Raises:
        JaxploreError: The directory cannot be written. Nothing is changed.
    """
    _switch.turn(on, directory)
    return cache_status()


def cache_status() -> CacheStatus:
    """Whether the cache is on, where it is, and what it holds."""
    directory = getattr(jax.config, _DIRECTORY, None) or ""
    enabled = bool(getattr(jax.config, "jax_enable_compilation_cache", True))
    files = None if "://" in directory else _entries(Path(directory)) if directory else []
    return CacheStatus(
        on=enabled and bool(directory),
        directory=directory,
        entries=None if files is None else len(files),
        size_bytes=None if files is None else sum(size for _, size, _ in files),
        by_jaxplore=_switch.is_on,
    )


class _Switch:
    """What was set, and what was there before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._before: dict[str, object] = {}
        self._set: dict[str, object] = {}

    @property
    def is_on(self) -> bool:
        return bool(self._set)

    def turn(self, on: bool, directory: str | os.PathLike[str] | None) -> None:
        with self._lock:
            if on:
                self._turn_on(directory)
            else:
                self._turn_off()

    def _turn_on(self, directory: str | os.PathLike[str] | None) -> None:
        given = os.fspath(directory) if directory is not None else _of_jax()
        place = given or str(_own_directory())
        if "://" not in place:
            place = os.path.abspath(os.path.expanduser(place))
            _check(Path(place))
            if Path(place) == _own_directory():
                _make_smaller(Path(place), _MOST_BYTES)
        for name, value in {**_SETTINGS, _DIRECTORY: place}.items():
            if hasattr(jax.config, name):
                self._before.setdefault(name, getattr(jax.config, name))
                self._set[name] = value
                jax.config.update(name, value)
        _decide_again()

    def _turn_off(self) -> None:
        for name, value in self._set.items():
            # What somebody else has set since is theirs.
            if getattr(jax.config, name) == value:
                jax.config.update(name, self._before[name])
        if self._set:
            _decide_again()
        self._set.clear()
        self._before.clear()


_switch: Final = _Switch()


def _of_jax() -> str | None:
    return getattr(jax.config, _DIRECTORY, None)


def _own_directory() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if os.name == "nt":
        root = os.environ.get("LOCALAPPDATA", root)
    return Path(os.path.abspath(root)) / "jaxplore" / "xla"


def _check(directory: Path) -> None:
    try:
        # Nobody else may write there: JAX runs what it finds.
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as fault:
        raise JaxploreError.of(
            failed=f"The persistent compilation cache cannot be written: {fault.strerror}.",
            given=str(directory),
            do="name a directory that you can write, as in `%jaxplore cache on DIR` or "
            "`jaxplore.cache(directory=DIR)`.",
        ) from None


def _decide_again() -> None:
    """JAX decides once per process whether it uses the cache; let it decide anew."""
    from jax.experimental.compilation_cache import compilation_cache

    reset: Any = getattr(compilation_cache, "reset_cache", None)
    if reset is not None:
        reset()


def _entries(directory: Path) -> list[tuple[float, int, Path]]:
    """(last use, size, file) of each program in a directory."""
    found: list[tuple[float, int, Path]] = []
    for path in directory.glob(_ENTRY):
        try:
            facts = path.stat()
        except OSError:  # somebody deleted it meanwhile
            continue
        found.append((max(facts.st_atime, facts.st_mtime), facts.st_size, path))
    return found


def _make_smaller(directory: Path, most_bytes: int) -> None:
    """Delete what was not used for longest."""
    entries = sorted(_entries(directory))
    size = sum(size for _, size, _ in entries)
    for _, entry_bytes, path in entries:
        if size <= most_bytes:
            return
        path.unlink(missing_ok=True)
        size -= entry_bytes
