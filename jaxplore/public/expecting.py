"""`expect`: a block that may compile so many times, and no more. For tests."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from jaxplore import session
from jaxplore.errors import JaxploreError, UnexpectedCompileError
from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger


@contextmanager
def expect(compiles: int, *, operations: int | None = None) -> Generator[Ledger]:
    """Fail when a block compiles more than it should.

    Compiles of functions count, and of loops outside jit; other operations that
    JAX compiles for itself outside jit do not, for which ones depends on what the process
    did before.

    Args:
        compiles: How many compiles are allowed.
        operations: How many operations outside jit may compile; any number when not given.

    Yields:
        The ledger of the block.

    Raises:
        UnexpectedCompileError: More happened; it says why, for each.

    >>> import jax
    >>> from jaxplore import expect
    >>> step = jax.jit(lambda x: x + 1)
    >>> try:
    ...     with expect(compiles=1):
    ...         y = step(1), step(2.5)
    ... except UnexpectedCompileError as error:
    ...     print(str(error).splitlines()[0])
    2 compiles, expected at most 1.
    """
    if type(compiles) is not int or compiles < 0:
        raise JaxploreError.of(
            failed="expect needs a number of compiles.",
            given=f"compiles={compiles!r}",
            do="pass the largest number that is right, 0 or more.",
        )
    with session.observe() as ledger:
        yield ledger
    check(ledger, compiles, operations)


def counted_rows(rows: Sequence[Compile]) -> list[Compile]:
    """The compiles that `expect` counts."""
    return [row for row in rows if not row.is_operation]


def check(ledger: Ledger, compiles: int, operations: int | None = None) -> None:
    """Raise where a ledger has more than was expected."""
    functions = counted_rows(ledger)
    if len(functions) > compiles:
        raise UnexpectedCompileError(_text(functions, compiles, "compile"))
    eager = [row for row in ledger if row.is_operation]
    if operations is not None and len(eager) > operations:
        raise UnexpectedCompileError(_text(eager, operations, "operation outside jit"))


def _text(rows: Sequence[Compile], most: int, noun: str) -> str:
    kind, _, rest = noun.partition(" ")
    plural = kind if len(rows) == 1 else f"{kind}s"
    head = f"{len(rows)} {plural} {rest}".rstrip() + f", expected at most {most}."
    lines = [f"Got: {_row(rows[0])}", *(f"     {_row(row)}" for row in rows[1:20])]
    if len(rows) > 20:
        lines.append(f"     and {len(rows) - 20} more")
    advice = dict.fromkeys(
        f"{row.function}: {row.advice}" for row in rows if row.advice and row.cause != "R01"
    )
    do = list(advice) or [f"expect(compiles={len(rows)}) if all of them are needed."]
    return "\n".join([head, *lines, f"Do: {do[0]}", *(f"    {text}" for text in do[1:10])])


def _row(row: Compile) -> str:
    site = row.call_site
    where = "" if site is None else f" ({site.place})"
    return f"{row.cause} {row.function}: {row.explanation}{where}".strip()
