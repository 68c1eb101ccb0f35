"""What every record can do: become JSON, and be shown by a notebook."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

# Name of a record's class -> function that draws it; `jaxplore.views.drawings` fills it in,
# for a record must not know who draws it.
drawings: Final[dict[str, Callable[[Any], str]]] = {}


TEXT: Final = " as text"
"""Behind the class's name: what writes the text of a record that its views word."""

SVG: Final = " as SVG"
"""Behind the class's name: what draws a record as a picture."""


def written(record: object, otherwise: str) -> str:
    """The text that the views give a record; `otherwise` where there are no views."""
    write = drawings.get(type(record).__name__ + TEXT)
    return otherwise if write is None else write(record)


class Drawn:
    """Something notebooks show as HTML: by its drawing, or as its own text."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        draw = drawings.get(type(self).__name__)
        return f"<pre>{escape(str(self))}</pre>" if draw is None else draw(self)


class Record(Drawn):
    """A frozen dataclass of plain values and other records."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        # IPython asks class by class, and would find the dataclass's `__repr__` first.
        cls._repr_pretty_ = Record._repr_pretty_

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """IPython's text: what `print` shows, not all fields of all records within."""
        write = drawings.get(type(self).__name__ + TEXT, str)
        for number, line in enumerate(write(self).splitlines()):
            if number:
                printer.break_()
            printer.text(line)

    def to_json(self) -> dict[str, Any]:
        """Field names and values, as JSON."""
        # Dataclass fields by name: `fields()` is slower than all the rest.
        names: Mapping[str, object] = vars(type(self))["__dataclass_fields__"]
        return {name: plain(getattr(self, name)) for name in names}


def plain(value: Any) -> Any:
    """A field's value as JSON.

    >>> plain((1, None, "a"))
    [1, None, 'a']
    """
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(part) for part in value]
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    return value
