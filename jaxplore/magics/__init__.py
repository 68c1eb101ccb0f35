"""Talk to IPython: the extension, the cell hooks, the magics."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """`%load_ext jaxplore`: observe compiles and register the magics. Twice is once."""
    from jaxplore.magics.notebook import load

    load(shell)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """`%unload_ext jaxplore`: undo all of it."""
    from jaxplore.magics.notebook import unload

    unload(shell)
