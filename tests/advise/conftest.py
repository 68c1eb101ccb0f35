"""A ledger of the test's own, and the rows in it that are no single operations."""

from collections.abc import Iterator

import jax
import pytest

import jaxplore
from jaxplore.model.ledger import Ledger


@pytest.fixture
def ledger(quiet_lines: list[str]) -> Iterator[Ledger]:
    jax.clear_caches()  # the tests share functions
    with jaxplore.observe() as ledger:
        yield ledger
