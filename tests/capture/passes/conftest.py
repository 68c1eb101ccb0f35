"""Programs whose passes are looked at."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from jaxplore.capture.passes.asking import asked
from jaxplore.capture.passes.request import Request


def layer(w: Any, b: Any, x: Any) -> Any:
    return jnp.tanh(x @ w + b)


def loss(params: Any, x: Any, y: Any) -> Any:
    hidden = layer(params["w1"], params["b1"], x)
    return jnp.mean((hidden @ params["w2"] - y) ** 2)


PARAMS = {"w1": jnp.ones((8, 16)), "b1": jnp.zeros(16), "w2": jnp.ones((16, 4))}
ARGS = (PARAMS, jnp.ones((32, 8)), jnp.ones((32, 4)))
GRADIENT = jax.grad(loss)


@pytest.fixture(scope="session")
def request_for_gradient() -> Request:
    return asked(GRADIENT, ARGS, {})


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary folders are made; it must be empty when the test is over."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []
