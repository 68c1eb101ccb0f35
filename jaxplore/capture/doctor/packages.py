"""What is installed, from its metadata; nothing is imported."""

import os
import pkgutil
import re
import sys
from importlib import metadata
from importlib.util import find_spec
from typing import Final

from jaxplore.model.doctorfacts import Package

_WANTED: Final = re.compile(
    r"jax|jaxlib|jax-(cuda|rocm|oneapi).*|libtpu.*|jax-metal|numpy|jaxplore|"
    r"ipywidgets|anywidget|jupyterlab|jupyterlab-widgets|ipython|ipykernel"
)
# Whose versions a requirement is about.
_MATTERS: Final = frozenset(("jax", "jaxlib"))
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(;.*)?")


def packages() -> tuple[Package, ...]:
    """Distributions about JAX and its display, and all that need a version of JAX.

    In the order in which Python finds them: the first of a name is the one it uses.
    """
    found: list[Package] = []
    seen: set[str] = set()
    for one in metadata.distributions():
        path = str(getattr(one, "_path", ""))
        place = os.path.realpath(path) if path else ""
        if place and place in seen:
            continue  # one folder, twice on sys.path
        seen.add(place)
        package = _package(one, os.path.dirname(place))
        if package is not None:
            found.append(package)
    return tuple(found)


def plugins() -> tuple[str, ...]:
    """The plugins that JAX will find: `"cuda"`, `"rocm"`, `"tpu"`; others by their names."""
    names = {point.name for point in metadata.entry_points(group="jax_plugins")}
    shared = find_spec("jax_plugins")  # a folder that all plugins share, without code of its own
    if shared is not None and shared.submodule_search_locations is not None:
        names.update(one.name for one in pkgutil.iter_modules([*shared.submodule_search_locations]))
    if find_spec("libtpu") is not None:
        names.add("tpu")
    return tuple(sorted({_platform(name) for name in names}))


def _platform(plugin: str) -> str:
    return next((known for known in ("cuda", "rocm") if known in plugin), plugin)


def _package(one: metadata.Distribution, place: str) -> Package | None:
    try:
        name, version = one.metadata["Name"], one.version
        needs = one.requires or ()
    except Exception:  # a folder left over from an installation that was cut off
        return None
    if not name or not version:
        return None
    name = re.sub(r"[-_.]+", "-", name).lower()
    requires = tuple(need for need in map(requirement, needs) if need is not None)
    if not requires and _WANTED.fullmatch(name) is None:
        return None
    return Package(name=name, version=version, place=place, requires=requires)


def requirement(text: str) -> tuple[str, str] | None:
    """(package, versions) of a requirement that always holds and is about JAX.

    >>> requirement("jax!=0.7.0,>=0.4.38"), requirement("jaxlib==0.1; extra == 'ci'")
    (('jax', '!=0.7.0,>=0.4.38'), None)
    """
    match = _REQUIREMENT.fullmatch(text.strip())
    if match is None or match[3] or match[1].lower() not in _MATTERS:
        return None
    return match[1].lower(), match[2].replace(" ", "")


def executable() -> str:
    """The Python that runs."""
    return sys.executable or ""
