"""The observations that are open, and the ledger that people ask for.

This is where capture and advise meet: every compile that is observed is explained and
written into the ledgers that are open. What explains a compile is imported when there is one:
loading the extension stays quick.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from jaxplore.capture.compiles.observer import observer
from jaxplore.errors import JaxploreError
from jaxplore.faults import contained
from jaxplore.model.ledger import Ledger

if TYPE_CHECKING:
    from jaxplore.advise.compiles.causes import Explainer
    from jaxplore.model.compiles import Compile, Miss
    from jaxplore.model.why import Why


class Observation:
    """One open ledger and what it needs to explain the next compile."""

    def __init__(self) -> None:
        self.ledger: Final = Ledger()
        self._explainer: Explainer | None = None
        self._lock = threading.Lock()

    def record(self, miss: "Miss") -> None:
        """Explain a compile and add it."""
        self.add(miss, self.explain(miss))

    def explain(self, miss: "Miss") -> "Compile":
        """A compile, explained by what was seen before it. A fault in the explanation does not
        lose the row."""
        from jaxplore.advise.compiles import causes

        row = None
        with self._lock, contained("explain a compile"):
            if self._explainer is None:
                self._explainer = causes.Explainer()
            row = self._explainer.explain(miss)
        return causes.unexplained(miss) if row is None else row

    def add(self, miss: "Miss", row: "Compile") -> None:
        """Add a compile that is explained already."""
        from jaxplore.capture.compiles import sizes

        later = None if miss.sizes_later is None else partial(sizes.later.ask, miss.sizes_later)
        with self._lock:
            self.ledger.append(row, later)

    def failed(self, error: BaseException | None, cell: int | None = None) -> None:
        """Note what an exception that ended the user's code says about compiling."""
        if error is None:
            return
        with contained("look at an error"):
            from jaxplore.advise.compiles.unhashable import unhashable
            from jaxplore.capture.source import spans

            site = spans.SpanTable().of_python_traceback(error.__traceback__)
            finding = unhashable(error, site, cell)
            if finding is not None:
                self.ledger.note(finding)


_open: Final[list[Observation]] = []
_changing: Final = threading.RLock()


def _record(miss: "Miss") -> None:
    """Explain a compile once, by what the oldest observation knows, for all that are open.

    A block that is observed by itself must not call a first call what the notebook has seen
    before.
    """
    with _changing:
        observations = tuple(_open)
    if observations:
        row = observations[0].explain(miss)
        for observation in observations:
            observation.add(miss, row)


def start() -> Observation:
    """Open an observation; every compile of the process goes into its ledger."""
    observation = Observation()
    resume(observation)
    return observation


def resume(observation: Observation) -> None:
    """Open an observation again; its ledger goes on."""
    with _changing:
        _open.append(observation)
        if len(_open) == 1:
            observer.add(_record)


def stop(observation: Observation) -> None:
    """Close an observation. Its ledger stays readable."""
    with _changing:
        if observation in _open:
            _open.remove(observation)
            if not _open:
                observer.remove(_record)


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
    except BaseException as error:
        observation.failed(error)
        raise
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


def observed() -> "tuple[Compile, ...]":
    """What has been compiled since the oldest of the open observations began; nothing where
    none is open."""
    return tuple(_open[0].ledger) if _open else ()


def why(n: int = -1) -> "Why":
    """The whole story of one compile: what differed, where, and what to do.

    Args:
        n: Its number in the ledger, from 0, as `%ledger` shows it. A negative number counts
            from the end, operations outside jit left out: -1 is the newest compile of a
            function.

    Raises:
        JaxploreError: There is no such compile, or nothing is being observed.

    >>> import jax
    >>> from jaxplore import observe, why
    >>> with observe():
    ...     y = jax.jit(lambda x: 2 * x)(1.0)
    ...     print(why().compile.explanation)
    first call
    """
    return why_in(ledger(), n)


def why_in(rows: Ledger, n: int = -1) -> "Why":
    """`why` of a ledger."""
    from jaxplore.model.why import Why

    first = rows.total_count - len(rows)
    numbered = list(enumerate(rows, start=first))
    if n < 0:
        functions = [(i, row) for i, row in numbered if not row.is_operation] or numbered
        if -n <= len(functions):
            index, row = functions[n]
            return Why(index=index, compile=row)
    elif first <= n < rows.total_count:
        return Why(index=n, compile=rows[n - first])
    given = f"n={n}; the ledger has "
    raise JaxploreError.of(
        failed="There is no such compile.",
        given=given + (f"{first} to {rows.total_count - 1}" if rows else "none"),
        do="use a number that %ledger shows, or -1 for the newest.",
    )
