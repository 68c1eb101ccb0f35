"""The live timeline: what it sends, what it keeps, what it refuses."""

import gc
import runpy
import weakref
from pathlib import Path
from typing import Any

import pytest
import traitlets

from jaxplore.model.ledger import Ledger
from jaxplore.model.timeline import Timeline
from jaxplore.model.wire.timeline import TimelineWriter
from jaxplore.views.compiles.timeline import html, plain
from jaxplore.widgets import timeline as module
from jaxplore.widgets.timeline import TimelineWidget

FACTS: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[1] / "records/timeline/write.py"))
row, cell, operations = (FACTS[name] for name in ("row", "cell", "operations"))


class Sent(list[Any]):
    """What a widget sends: contents of messages, and names of whole traits."""

    def of(self, widget: TimelineWidget, monkeypatch: pytest.MonkeyPatch) -> "Sent":
        monkeypatch.setattr(widget, "send", self.append)
        monkeypatch.setattr(widget, "send_state", lambda key=None: self.append(key))
        return self


def test_only_what_is_new_is_sent_and_the_whole_is_there_for_a_new_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = operations(0, 6, 0.1)
    widget = TimelineWidget(rows[:4], [cell(1, 0, None)])
    sent = Sent().of(widget, monkeypatch)
    widget.update(rows, [cell(1, 0, 2)])
    widget.update(rows, [cell(1, 0, 2)])
    expected = TimelineWriter(rows[:4], [cell(1, 0, None)])
    assert sent == [expected.add(rows[4:], [cell(1, 0, 2)])]
    assert widget.get_state("timeline") == {"timeline": TimelineWriter(rows, [cell(1, 0, 2)]).whole}
    assert widget.record == Timeline.of(rows, [cell(1, 0, 2)])


def test_a_ledger_that_forgets_still_tells_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, rows = Ledger(limit=3), operations(0, 5, 0.1)
    for one in rows[:3]:
        ledger.append(one)
    widget = TimelineWidget(ledger)
    sent = Sent().of(widget, monkeypatch)
    for one in rows[3:]:
        ledger.append(one)
    widget.update(ledger)
    assert widget.rows == tuple(rows)
    assert [len(new["rows"]["function"]) for new in sent] == [2]


def test_what_cannot_be_told_from_what_was_there_is_shown_anew() -> None:
    ledger, rows = Ledger(limit=2), operations(0, 9, 0.1)
    widget = TimelineWidget([rows[0]])
    widget.selected = 0
    for one in rows:
        ledger.append(one)
    widget.update(ledger)
    assert (widget.rows, widget.selected) == (tuple(rows[-2:]), None)
    widget.update([])
    assert (widget.rows, widget.timeline["rows"]["function"]) == ((), [])


def test_the_first_compile_sets_the_clock() -> None:
    widget = TimelineWidget()
    widget.update(operations(7, 1, 1), [cell(1, 6, None)])
    assert widget.timeline["start_s"] == FACTS["START_S"] + 6
    assert widget.timeline["rows"]["trace_at_us"] == [1_000_000]


def test_memory_is_bounded_and_the_selection_stays_with_its_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_ROWS", 8)
    rows = operations(0, 20, 0.1)
    widget = TimelineWidget(rows[:8])
    widget.selected = 5
    widget.update(rows[:9])
    assert (widget.rows, widget.selected) == (tuple(rows[3:9]), 2)
    assert widget.rows[widget.selected] is rows[5]
    for count in range(10, 21):
        widget.update(rows[:count])
        assert len(widget.rows) <= 8 and widget.rows[-1] is rows[count - 1]
    assert widget.selected is None
    assert len(widget.timeline["rows"]["function"]) == len(widget.rows)


def test_the_selection_is_read_set_and_observed() -> None:
    widget, seen = TimelineWidget(operations(0, 3, 0.1)), list[object]()
    widget.observe(lambda change: seen.append(change["new"]), "selected")
    widget.selected = 2
    widget.selected = None
    assert seen == [2, None]
    with pytest.raises(traitlets.TraitError) as raised:
        widget.selected = 3
    assert str(raised.value) == (
        "Cannot select this compile.\nGot: 3\nDo: give an index from 0 to 2, or None."
    )


def test_a_page_that_missed_something_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = TimelineWidget(operations(0, 3, 0.1))
    sent = Sent().of(widget, monkeypatch)
    widget._handle_custom_msg("again", [])
    assert sent == ["timeline"]


def test_a_widget_keeps_no_ledger_alive() -> None:
    ledger = Ledger(operations(0, 3, 0.1))
    widget = TimelineWidget(ledger)
    widget.update(ledger)
    alive = weakref.ref(ledger)
    del ledger
    gc.collect()
    assert alive() is None and len(widget.rows) == 3


def test_a_page_without_a_kernel_has_the_text_and_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC", raising=False)
    widget = TimelineWidget(operations(0, 3, 0.1))
    bundle = widget._repr_mimebundle_()
    assert bundle is not None
    data = bundle[0]
    assert data.pop("application/vnd.jupyter.widget-view+json")["model_id"] == widget.model_id
    assert data == {"text/plain": plain(widget.record), "text/html": html(widget.record)}
    assert data["text/plain"].startswith("3 compiles · trace")
