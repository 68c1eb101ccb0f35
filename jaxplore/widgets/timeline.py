"""The timeline as an ordinary ipywidget that grows as cells run."""

from collections.abc import Sequence
from typing import Any, Final

import anywidget
import traitlets

from jaxplore.faults import contained
from jaxplore.model.compiles import Compile
from jaxplore.model.timeline import CellRun, Timeline
from jaxplore.model.wire.timeline import TimelineWriter
from jaxplore.views.compiles import timeline as timeline_view
from jaxplore.widgets.assets import script

# Beyond this the oldest compiles leave the picture, a quarter at once.
_MOST_ROWS: Final = 10_000


class TimelineWidget(anywidget.AnyWidget):
    """Shows compiles on a clock. `selected` is the index in `rows` of the compile that is
    selected in the page, or None: readable, settable and observable."""

    _esm = traitlets.Unicode().tag(sync=True)
    timeline = traitlets.Dict().tag(sync=True)
    """All that is shown, as `jaxplore.model.wire.timeline` writes it."""
    selected = traitlets.Int(None, allow_none=True).tag(sync=True)

    def __init__(self, rows: Sequence[Compile] = (), cells: Sequence[CellRun] = ()) -> None:
        self._start(tuple(rows)[-_MOST_ROWS:], cells)
        self._seen = _count(rows)
        # In a box of widgets an element without a width of its own has none at all.
        super().__init__(
            _esm=script("timeline.js"), timeline=self._writer.whole, layout={"width": "100%"}
        )
        self.on_msg(self._answer)

    @property
    def rows(self) -> tuple[Compile, ...]:
        """The compiles that are shown."""
        return tuple(self._rows)

    @property
    def record(self) -> Timeline:
        """What is shown, as a record: it has a text, an HTML and an SVG form."""
        return Timeline.of(self._rows, self._cells)

    def update(self, rows: Sequence[Compile], cells: Sequence[CellRun] = ()) -> None:
        """Show what is there now; only what is new since the last time is sent.

        Args:
            rows: All compiles, oldest first: a ledger, which may have forgotten the oldest.
            cells: All runs of cells; one that was running may have ended.
        """
        count = _count(rows)
        missed = count - self._seen
        self._seen = count
        if missed < 0 or missed > len(rows) or not self._rows:
            self._replace(tuple(rows)[-_MOST_ROWS:], cells, None)
            return
        new = tuple(rows[len(rows) - missed :]) if missed else ()
        if len(self._rows) + len(new) > _MOST_ROWS:
            kept = (*self._rows, *new)[-_MOST_ROWS * 3 // 4 :]
            at = -1 if self.selected is None else self.selected
            at -= len(self._rows) + len(new) - len(kept)
            self._replace(kept, cells, at if at >= 0 else None)
            return
        if not new and tuple(cells) == self._cells:
            return
        self._rows += new
        self._cells = tuple(cells)
        # Not assigned: a trait that changes is sent whole.
        self.send(self._writer.add(new, self._cells))

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The widget; its text and its picture of now where no kernel draws it."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            with contained("draw the timeline"):
                record = self.record
                bundle[0]["text/plain"] = timeline_view.plain(record)
                bundle[0]["text/html"] = timeline_view.html(record)
        return bundle

    def _start(self, rows: Sequence[Compile], cells: Sequence[CellRun]) -> None:
        self._rows, self._cells = list(rows), tuple(cells)
        self._writer = TimelineWriter(self._rows, self._cells)

    def _replace(
        self, rows: Sequence[Compile], cells: Sequence[CellRun], selected: int | None
    ) -> None:
        self._start(rows, cells)
        self.selected = None
        self.timeline = self._writer.whole
        self.selected = selected

    def _answer(self, _widget: object, content: object, _buffers: object) -> None:
        """The page missed something and asks for all of it."""
        if content == "again":
            self.send_state("timeline")

    @traitlets.validate("selected")
    def _is_a_row(self, proposal: Any) -> int | None:
        value = proposal["value"]
        if value is not None and not 0 <= value < len(self._rows):
            raise traitlets.TraitError(
                f"Cannot select this compile.\nGot: {value}\n"
                f"Do: give an index from 0 to {len(self._rows) - 1}, or None."
            )
        return value


def _count(rows: Sequence[Compile]) -> int:
    """How many compiles there have been, those too that a ledger has forgotten."""
    return getattr(rows, "total_count", len(rows))
