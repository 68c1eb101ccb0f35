"""`%gradient --steps f(x)` and `%gradient --memory f(x)`: outputs of their own."""

from typing import TYPE_CHECKING

from jaxplore.errors import JaxploreError
from jaxplore.faults import contained
from jaxplore.magics import outputs
from jaxplore.magics.calls import call_of

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook


def show_steps(notebook: "Notebook", line: str) -> None:
    """How the gradient of a call is derived, step by step. Twin: `jaxplore.derivation`.

    Raises:
        OptionError: The line is no call.
    """
    __tracebackhide__ = True
    from jaxplore.capture.gradients.steps import capture_steps
    from jaxplore.capture.programs.program import UserCodeFailed

    target, args, kwargs = call_of(notebook, line, "gradient --steps")
    error: Exception | None = None
    try:
        with contained("derive the gradient", passing=(UserCodeFailed, JaxploreError)):
            from jaxplore.views import derivation as view

            record = capture_steps(target, args, kwargs)
            data = {"text/plain": view.text(record), "text/html": view.html(record)}
            outputs.show(data, "derivation")
    except UserCodeFailed as failed:
        error = failed.original
    # Outside of the handler, where raising it does not rewrite its cause.
    if error is not None:
        raise error
