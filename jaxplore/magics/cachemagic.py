"""`%jaxplore cache on [DIR]|off|status`: the persistent compilation cache."""

import os
from collections.abc import Sequence

from jaxplore.errors import OptionError
from jaxplore.public.persistentcache import CacheStatus, cache, cache_status
from jaxplore.views.mode import deterministic
from jaxplore.views.units import counted, size


def cache_command(words: Sequence[str]) -> str:
    """Do what the words after `%jaxplore cache` say, and say what is now.

    Args:
        words: `on`, `on DIR`, `off`, `status`, or none for `status`.
    """
    match list(words):
        case ["on"]:
            return _text(cache())
        case ["on", directory]:
            return _text(cache(directory=os.path.expanduser(directory)))
        case ["off"]:
            return _text(cache(False))
        case [] | ["status"]:
            return _text(cache_status())
        case _:
            raise OptionError(
                f"%jaxplore cache does not know this.\nGot: {' '.join(words)}\n"
                "Do: use one of on, on DIR, off, status."
            )


def _text(status: CacheStatus) -> str:
    if not status.on:
        return "persistent cache off: every session compiles anew"
    whose = "" if status.by_jaxplore else " (switched on by JAX's own settings)"
    head = f"persistent cache on{whose}"
    if deterministic():
        return head
    if status.entries is None:
        return f"{head}: {status.directory}"
    programs = f"{counted(status.entries, 'program')}, {size(status.size_bytes)}"
    return f"{head}: {status.directory} ({programs})"
