"""The observations that are open, and the ledger that people ask for.

This is where capture and advise meet: every compile that is observed is explained and
written into the ledgers that are open.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from jaxplore.advise import causes
from jaxplore.capture.observer import observer
from jaxplore.errors import JaxploreError
from jaxplore.faults import contained
from jaxplore.model.compiles import Ledger, Miss


class Observation:
    """One open ledger and what it needs to explain the next compile."""

    def __init__(self) -> None:
        self.ledger: Final = Ledger()
        self._explainer = causes.Explainer()
        self._lock = threading.Lock()

    def record(self, miss: Miss) -> None:
        """Explain a compile and add it. A fault in the explanation does not lose the row."""
        row = None
        with self._lock:
            with contained("explain a compile"):
                row = self._explainer.explain(miss)
            self.ledger.append(causes.unexplained(miss) if row is None else row)


_open: Final[list[Observation]] = []


def start() -> Observation:
    """Open an observation; every compile of the process goes into its ledger."""
    observation = Observation()
    resume(observation)
    return observation


def resume(observation: Observation) -> None:
    """Open an observation again; its ledger goes on."""
    observer.add(observation.record)
    _open.append(observation)


def stop(observation: Observation) -> None:
    """Close an observation. Its ledger stays readable."""
    observer.remove(observation.record)
    if observation in _open:
        _open.remove(observation)


@contextmanager
def observe() -> Generator[Ledger]:
    """Observe every compile of this process, from whatever library, while the block runs.

    Yields:
        The ledger, which grows as things are compiled and stays readable afterwards.

    >>> import jax
    >>> from jaxplore import observe
    >>> with observe() as ledger:
    ...     y = jax.jit(lambda x: 2 * x)(1.0)
    >>> [(row.kind, row.cause) for row in ledger if row.kind != "eager"]
    [('trace', 'R01')]
    """
    observation = start()
    try:
        yield observation.ledger
    finally:
        stop(observation)


def ledger() -> Ledger:
    """The ledger of the observation that was opened last and is still open.

    Raises:
        JaxploreError: Nothing is being observed.
    """
    if not _open:
        raise JaxploreError.of(
            failed="There is no ledger: nothing is being observed.",
            given="no `%load_ext jaxplore` and no open `jaxplore.observe()`",
            do="run `%load_ext jaxplore` in the notebook, or use `with jaxplore.observe() as "
            "ledger:` in a script.",
        )
    return _open[-1].ledger
