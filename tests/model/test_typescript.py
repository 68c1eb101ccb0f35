"""The browser's types are those of the records."""

from pathlib import Path

from jaxplore.model.wire.typescript import typescript

WRITTEN = Path(__file__).parents[2] / "extension/src/wire/program.ts"


def test_the_browsers_types_are_up_to_date():
    text = WRITTEN.read_text(encoding="utf-8")
    assert text == typescript(), f"{WRITTEN} is out of date: run `make wire`"
