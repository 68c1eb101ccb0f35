"""From what the user gives, a function or what JAX made of it, to a `Request`."""

from typing import Any

from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.passes.request import Request, request_of
from jaxplore.capture.programs import program as programs
from jaxplore.capture.programs.linking import EquationIndex
from jaxplore.capture.programs.walk import Walk, collector_resting
from jaxplore.capture.source.spans import SpanTable
from jaxplore.errors import NotAProgramError


def asked(target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    """The request for what `jaxplore.program` takes, as far as it can still be lowered.

    Raises:
        NotAProgramError: `target` is none of these, or is compiled already or a bare jaxpr.
        UserCodeFailed: The function raised while JAX traced it.
    """
    with observer.paused():
        made = programs.trace(target, args, kwargs, _silently)
        programs.lower(made, _silently)
    if made.lowered is None:
        raise NotAProgramError.of(
            failed="Cannot let XLA compile this again.",
            given=type(target).__name__,
            do="pass the function and its arguments, or what .trace() or .lower() returned.",
        )
    spans = SpanTable()
    if made.jaxpr is None:
        return request_of(made.lowered, EquationIndex((), (), spans), made.name)
    with collector_resting():
        walk = Walk(made.jaxpr, made.name, spans)
        labelled = programs.labelled(walk, made.labels)
        index = EquationIndex(walk.equations, walk.paths, spans, labelled)
    return request_of(made.lowered, index, made.name)


def _silently(_step: str, _equations: int) -> None:
    return
