"""What an error of JAX's means: the function behind the card below a cell that failed.

What it needs is imported when it is first called: `import jaxplore` stays light.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxplore.model.errorcard import ErrorCard


def explain_error(exception: BaseException) -> "ErrorCard | None":
    """What an error of JAX's means, what does not go together, and what to do.

    Known are arrays on different devices in one program, and shardings that do not fit. The
    arrays are read from the exception's frames; nothing of them is kept.

    Args:
        exception: One that was raised and caught.

    Returns:
        The card; None for an error that has none.

    >>> explain_error(ValueError("anything else")) is None
    True
    """
    from jaxplore.advise.errors.cards import card, has_card
    from jaxplore.capture.errors.reading import read_error

    kinds = [kind.__name__ for kind in type(exception).__mro__]
    if not has_card(kinds, str(exception)):
        return None
    return card(read_error(exception))
