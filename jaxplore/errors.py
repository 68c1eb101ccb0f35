"""The exceptions jaxplore raises itself. JAX's own errors pass through untouched.

Each message has three parts: what failed, what it was given, what to do next.
"""

from typing import Self


class JaxploreError(Exception):
    """Base of all errors that jaxplore raises."""

    @classmethod
    def of(cls, *, failed: str, given: str, do: str) -> Self:
        """Build an error from its three parts, one line each.

        >>> print(JaxploreError.of(failed="Cannot look.", given="3", do="Pass a function."))
        Cannot look.
        Got: 3
        Do: Pass a function.
        """
        return cls(f"{failed}\nGot: {given}\nDo: {do}")

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the message alone. No frame of ours helps the reader."""
        return [f"{type(self).__name__}: {self}"]


class NotAProgramError(JaxploreError):
    """Something that was given to be shown is not a program JAX can trace."""


class CellError(JaxploreError):
    """A `%%jit` or `%%grad` cell that cannot be a program; names the line."""


class OptionError(JaxploreError):
    """A magic was given an option it does not have."""


class UnexpectedCompileError(JaxploreError):
    """More was compiled than a test expects; names the causes."""


class CheckError(JaxploreError):
    """What an exercise asks for is not so; says what was found."""


class ClusterError(JaxploreError):
    """A cluster that cannot be started, or one of whose processes is lost."""


class SpmdError(JaxploreError):
    """Processes that should run one program together do not, or a cell failed on some."""
