"""Fixtures for tests of the reuse of compiled functions."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jaxplore.transforms.jit import kept


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

    run("import jax, functools, jaxplore\nimport jax.numpy as jnp\nimport numpy as np")
    return run
