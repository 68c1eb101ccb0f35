"""Time a call, or two against each other: the functions behind `%jtime`.

What they need is imported when they are first called: `import jaxplore` stays light.
"""

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jaxplore.errors import JaxploreError

if TYPE_CHECKING:
    from jaxplore.model.timing import Comparison, Timing


def time(
    f: Callable[..., Any],
    /,
    *args: Any,
    repeat: int | None = None,
    number: int | None = None,
    **kwargs: Any,
) -> "Timing":
    """How long a call takes: the first one in stages, then its runs.

    The first call is measured apart, with all that it compiles. Then the call is made
    `repeat` times `number` times, and each run waits until its result, any pytree, is
    there. Before each repeat the devices finish what was asked of them earlier.

    Args:
        f: A function, jitted or not.
        *args: Its arguments. None may be donated: the call is made more than once.
        repeat: How many times to measure: 7, fewer when that takes longer than two seconds.
        number: Runs per measurement: as many as take 0.2 seconds. Up to ten more runs follow
            each measurement, for the time that a call takes to return.
        **kwargs: Its keyword arguments; `repeat` and `number` are not among them.

    Returns:
        Median and spread, the stages of the first call, and every compile of a later run,
        which the times then include.

    Raises:
        JaxploreError: `f` cannot be called, or an argument is donated.

    >>> import jax, jax.numpy as jnp
    >>> timed = time(jax.jit(lambda x: x @ x), jnp.ones((8, 8)), repeat=3, number=2)
    >>> len(timed.runs), timed.number, timed.recompile_count, timed.trace_s is None
    (3, 2, 0, False)
    """
    __tracebackhide__ = True
    _check(f=f, repeat=repeat, number=number)
    from jaxplore.public.measuring import Timed, measure

    call = Timed.of(f, args, kwargs)
    return measure([call], repeat=repeat, number=number)[0]


def compare_times(
    f: Callable[..., Any],
    g: Callable[..., Any],
    /,
    *args: Any,
    repeat: int | None = None,
    number: int | None = None,
    **kwargs: Any,
) -> "Comparison":
    """Which of two functions is faster with the same arguments, and whether that is sure.

    They are measured in turn, f g f g, so that what else the machine does slows both alike.

    Args:
        f: The first function.
        g: The second.
        *args: Arguments of both.
        repeat: How many pairs to measure: 12, fewer when that takes longer than two seconds.
            Fewer than 8 never show a difference.
        number: Runs per measurement, of both; else each gets as many as take as long.
        **kwargs: Keyword arguments of both.

    Raises:
        JaxploreError: One cannot be called, or an argument is donated.

    >>> both = compare_times(sum, max, (1, 2, 3), repeat=4, number=2)
    >>> len(both.ratios), both.distinct, both.verdict[:16]
    (4, False, '4 pairs, too few')
    """
    __tracebackhide__ = True
    _check(f=f, repeat=repeat, number=number)
    _check(f=g)
    from jaxplore.public.measuring import Timed, compared, measure

    calls = [Timed.of(one, args, kwargs) for one in (f, g)]
    return compared(measure(calls, repeat=repeat, number=number))


def _check(*, f: Any, repeat: Any = None, number: Any = None) -> None:
    if not callable(f):
        raise JaxploreError.of(
            failed="Cannot time what cannot be called.",
            given=type(f).__name__,
            do="pass a function and its arguments: `jaxplore.time(f, x)`, not `f(x)`.",
        )
    for name, value in (("repeat", repeat), ("number", number)):
        if value is not None and (not _is_whole(value) or operator.index(value) < 1):
            raise JaxploreError.of(
                failed=f"`{name}` is how often to measure: a whole number from 1.",
                given=repr(value)[:80],
                do=f"pass `{name}=7`, say; an argument of the function that has this name can be "
                "passed in a lambda.",
            )


def _is_whole(value: object) -> bool:
    return hasattr(type(value), "__index__") and not isinstance(value, bool)
