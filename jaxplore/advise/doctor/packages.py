"""Findings about what is installed: versions that do not fit, and more than one JAX."""

import os
from collections.abc import Iterator
from typing import Final

from jaxplore.advise.doctor.devices import RESTART, cuda_plugins
from jaxplore.advise.doctor.versions import at_least, release, satisfies
from jaxplore.model.diagnosis import Diagnosed
from jaxplore.model.doctorfacts import Facts, Package, Shadow

_OLDEST: Final = {"python": "3.11", "jax": "0.10.2"}
_OURS: Final = ("jax", "jaxplore")


def jaxlib(facts: Facts) -> Iterator[Diagnosed]:
    """D20: a jaxlib that does not fit this jax."""
    jax = facts.package("jax")
    if jax is None:
        return
    for name, wanted in jax.requires:
        other = facts.package(name)
        if other is not None and satisfies(other.version, wanted) is False:
            yield Diagnosed(
                id="D20",
                severity="error",
                title=f"jax {jax.version} and {name} {other.version} do not fit",
                found=f"jax {jax.version} needs {name}{wanted}",
                fix=f'`pip install "jax=={jax.version}" "{name}=={jax.version}"`, {RESTART}',
            )


def plugins(facts: Facts) -> Iterator[Diagnosed]:
    """D21: a plugin that JAX will not load; where the GPU lies idle for it, that is D01."""
    have = facts.package("jaxlib")
    if have is None or any(one.kind == "NVIDIA GPU" for one in facts.accelerators):
        return
    for major, plugin in cuda_plugins(facts).items():
        numbers = release(plugin.version), release(have.version)
        if None not in numbers and numbers[0] != numbers[1]:
            yield Diagnosed(
                id="D21",
                severity="warning",
                title=f"JAX will not use {plugin.name} {plugin.version}",
                found=f"it must have jaxlib's version, {have.version}",
                fix=f'`pip install "jax[cuda{major}]=={have.version}"`, or '
                f"`pip uninstall -y {plugin.name}`",
            )


def twice(facts: Facts) -> Iterator[Diagnosed]:
    """D22: more than one JAX."""
    for name in ("jax", "jaxlib", "jax-cuda12-plugin", "jax-cuda13-plugin"):
        found = [one for one in facts.packages if one.name == name]
        if len(found) < 2:
            continue
        places = {one.place for one in found}
        yield Diagnosed(
            id="D22",
            severity="warning",
            title=f"{name} is installed {len(found)} times",
            found="; ".join(_placed(one) for one in found)
            + (
                "; Python uses the first"
                if len(places) == len(found)
                else "; their files have overwritten each other's"
            ),
            fix=f"`pip uninstall -y {name}` until it says that {name} is not installed (and "
            f"`conda remove {name}` where conda installed it), then `pip install {name}`",
        )


def _placed(package: Package) -> str:
    return f"{package.name} {package.version} in {package.place}"


def shadowed(facts: Facts) -> Iterator[Diagnosed]:
    """D23: a file of the user's that has the name of a package."""
    for shadow in facts.shadows:
        yield _hides_module(shadow) if shadow.is_standard else _hides_package(shadow)


def _hides_package(shadow: Shadow) -> Diagnosed:
    folder, name = os.path.split(shadow.path)
    return Diagnosed(
        id="D23",
        severity="error",
        title=f"`import {shadow.module}` finds your own {name} in this folder",
        found=f"Python that starts in {folder} imports {shadow.path} instead of the package",
        fix=_rename(shadow),
    )


def _hides_module(shadow: Shadow) -> Diagnosed:
    return Diagnosed(
        id="D23",
        severity="warning",
        title=f"your {os.path.basename(shadow.path)} has the name of a module of Python's own",
        found=f"{shadow.path} can be imported in its place, by JAX and NumPy as well",
        fix=_rename(shadow),
    )


def _rename(shadow: Shadow) -> str:
    base, end = os.path.splitext(shadow.path)
    return f"`mv '{shadow.path}' '{base}_mine{end}'`, {RESTART}"


def old(facts: Facts) -> Iterator[Diagnosed]:
    """D24: versions that jaxplore was not made for."""
    jax = facts.package("jax")
    versions = {"python": facts.python, "jax": "" if jax is None else jax.version}
    for name, least in _OLDEST.items():
        if versions[name] and at_least(versions[name], least) is False:
            shown = "Python" if name == "python" else name
            yield Diagnosed(
                id="D24",
                severity="error",
                title=f"{shown} {versions[name]} is older than jaxplore supports",
                found=f"{shown} {least} or later is needed",
                fix=f"install Python {least} or later, and jaxplore in it"
                if name == "python"
                else f"`pip install -U jax`, {RESTART}",
            )


def others(facts: Facts) -> Iterator[Diagnosed]:
    """D25: a library that needs another JAX."""
    seen: set[str] = set()
    for package in facts.packages:
        if package.name in _OURS or package.name in seen:
            continue
        seen.add(package.name)
        for name, wanted in package.requires:
            have = facts.package(name)
            if have is not None and satisfies(have.version, wanted) is False:
                yield Diagnosed(
                    id="D25",
                    severity="warning",
                    title=f"{package.name} {package.version} does not fit {name} {have.version}",
                    found=f"it needs {name}{wanted}",
                    fix=f"`pip install -U {package.name}`, or "
                    f'`pip install "{name}{wanted}"`; {RESTART}',
                )
