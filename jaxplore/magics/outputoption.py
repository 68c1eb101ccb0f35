"""`-o NAME`, the option of magics that take no other: set a name to the record."""

from dataclasses import dataclass

from jaxplore.errors import OptionError


@dataclass(frozen=True, slots=True)
class Options:
    """What stands before the call, and the call."""

    output: str | None
    call: str


def read_options(line: str, magic: str) -> Options:
    """The options at the head of a magic's line.

    >>> read_options("-o seen f(x)", "%numerics")
    Options(output='seen', call='f(x)')
    """
    text = line.strip()
    if not text.startswith("-o"):
        return Options(None, text)
    name, _, call = text.removeprefix("-o").strip().partition(" ")
    if not name.isidentifier():
        raise OptionError(
            f"{magic} -o needs a name that Python can assign.\nGot: {text}\n"
            f"Do: write `{magic} -o seen`, and then the call."
        )
    return Options(name, call.strip())
