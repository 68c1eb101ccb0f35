"""`%gradient --steps f(x)` and `%gradient --memory f(x)`: outputs of their own."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jaxplore.errors import JaxploreError
from jaxplore.faults import contained
from jaxplore.magics import outputs
from jaxplore.magics.calls import call_of

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook

Wrt = int | str | Sequence[int | str]


def show_steps(notebook: "Notebook", line: str, *, wrt: Wrt = 0, has_aux: bool = False) -> None:
    """How the gradient of a call is derived, step by step. Twin: `jaxplore.derivation`.

    Raises:
        OptionError: The line is no call.
    """
    __tracebackhide__ = True
    from jaxplore.capture.gradients.steps import capture_steps
    from jaxplore.views.gradient import derivation as view

    def make(target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, str]:
        record = capture_steps(target, args, kwargs, wrt=wrt, has_aux=has_aux)
        return {"text/plain": view.text(record), "text/html": view.html(record)}

    _show(notebook, line, "steps", "derivation", make)


def show_memory(notebook: "Notebook", line: str, *, wrt: Wrt = 0, has_aux: bool = False) -> None:
    """What `checkpoint` would save, and cost. Twin: `jaxplore.checkpoint_options`.

    Raises:
        OptionError: The line is no call.
    """
    __tracebackhide__ = True
    from jaxplore.capture.gradients.whatif import capture_options
    from jaxplore.views.gradient import checkpoints as view

    def make(target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, str]:
        record = capture_options(target, args, kwargs, wrt=wrt, has_aux=has_aux)
        return {"text/plain": view.text(record), "text/html": view.html(record)}

    _show(notebook, line, "memory", "checkpoints", make)


def _show(
    notebook: "Notebook",
    line: str,
    option: str,
    view: str,
    make: Callable[[Any, tuple[Any, ...], dict[str, Any]], dict[str, str]],
) -> None:
    __tracebackhide__ = True
    from jaxplore.capture.programs.tracing import UserCodeFailed

    target, args, kwargs = call_of(notebook, line, f"gradient --{option}")
    error: Exception | None = None
    try:
        with contained(f"show the {option} of a gradient", passing=(UserCodeFailed, JaxploreError)):
            outputs.show(make(target, args, kwargs), view)
    except UserCodeFailed as failed:
        error = failed.original
    # Outside of the handler, where raising it does not rewrite its cause.
    if error is not None:
        raise error
