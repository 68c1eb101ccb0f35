"""Fixtures for tests of the reuse of compiled functions."""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxplore
from jaxplore.transforms.kept import kept

V3 = jnp.ones(3)
HEADER = "import jax, functools, jaxplore\nimport jax.numpy as jnp\nimport numpy as np"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Each test begins with no function compiled before."""
    kept.clear()
    yield
    kept.clear()


@pytest.fixture
def notebook() -> Callable[..., dict[str, Any]]:
    """Runs source texts in one namespace, as cells do: `notebook("x = 1")["x"]`."""
    space: dict[str, Any] = {"__name__": "__main__"}

    def run(source: str, **names: Any) -> dict[str, Any]:
        space.update(names)
        exec(compile(source, "<cell>", "exec"), space)
        return space

    run(HEADER)
    return run


class _Plain:
    """`jaxplore` as a cell sees it, with JAX's own `jit`."""

    jit = staticmethod(jax.jit)


def _results(cells: Sequence[str], *, plain: bool) -> list[str]:
    """What `f` gives after each cell, with `jax.jit` or with `jaxplore.jit`."""
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(HEADER, space)
    if plain:
        space["jaxplore"] = _Plain
    modules = set(sys.modules)
    found: list[str] = []
    try:
        for cell in cells:
            exec(compile(cell, "<cell>", "exec"), space)
            found.append(_outcome(space["f"]))
    finally:
        for name in set(sys.modules) - modules:
            if name.startswith("jxp_"):
                del sys.modules[name]
        space.get("undo", _nothing)()
        kept.clear()
    return found


def _nothing() -> None:
    pass


def _outcome(f: Callable[..., Any]) -> str:
    try:
        result = f(V3)
    except Exception as fault:
        return type(fault).__name__
    return repr([(np.asarray(leaf).tolist(), str(leaf.dtype)) for leaf in jax.tree.leaves(result)])


@pytest.fixture
def never_stale() -> Callable[[str, str], None]:
    return _never_stale


def _never_stale(before: str, after: str) -> None:
    """After the change a redefinition gives what `jax.jit` gives; the change does change it."""
    want = _results([before, after], plain=True)
    assert want[0] != want[1], "the scenario changes nothing"
    assert _results([before, after], plain=False) == want


@pytest.fixture
def compiles_again() -> Callable[..., int]:
    return _compiles_again


def _compiles_again(source: str, again: str | None = None) -> int:
    """How many compiles it costs to run a cell again and call `f`."""
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(HEADER, space)
    exec(compile(source, "<cell>", "exec"), space)
    space["f"](V3)
    with jaxplore.observe() as ledger:
        exec(compile(source if again is None else again, "<cell>", "exec"), space)
        space["f"](V3)
    return len([row for row in ledger if row.kind != "eager"])
