"""What devices send, as the columns that a browser gets."""

import runpy
from pathlib import Path
from typing import Any

from jaxplore.model.wire.collectives import encode_collectives
from jaxplore.model.wire.typescript import typescript

ROOT = Path(__file__).parents[2]
FACTS: dict[str, Any] = runpy.run_path(str(ROOT / "tests/records/collectives/write.py"))


def test_the_golden_record_is_what_is_written_now():
    written = FACTS["JOINED"].read_text(encoding="utf-8")
    assert written == FACTS["joined"](), "run `make records`, and look at the difference"


def test_the_browsers_types_are_up_to_date():
    text = (ROOT / "extension/src/wire/collectives.ts").read_text(encoding="utf-8")
    assert text == typescript("collectives"), "run `make wire`"


def test_rows_keep_what_they_say():
    record = FACTS["record"]()
    asked: list[Any] = []
    data = encode_collectives(record, lambda span: asked.append(span) or len(asked))
    strings, rows = data["strings"], data["rows"]
    assert [strings[index] for index in rows["kind"]] == [row.kind for row in record.rows]
    assert [strings[index] for index in rows["axes"]] == ["data", "data, model", "", "data", "data"]
    assert rows["repeats"] == [12, 1, -1, 1, 1]
    assert rows["sent_bytes"] == [row.sent_bytes for row in record.rows]
    # Read by its equation; asked for; not known; of no equation; made by its equations.
    assert rows["side"] == [2, 0, 0, 0, 1]
    assert rows["equation_count"] == [2, 1, 1, 0, 5]
    assert rows["equations"] == [0, 8, 20, 18, *FACTS["GRADIENTS"]]
    # Of the first one only what reads it: the other has to do with it elsewhere.
    assert rows["place_count"] == [1, 1, 1, 0, 5]
    assert rows["places"] == [0, 20, 18, *FACTS["GRADIENTS"]]
    assert asked == [row.span for row in (*record.rows, *record.transfers)]
    assert (data["devices"], data["transfers"]["size_bytes"]) == (8, [4])
