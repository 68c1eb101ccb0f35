"""Every record finds what shows it."""

from importlib import import_module

import pytest

from jaxplore.views import drawings as views


@pytest.mark.parametrize("place", [*views._AS_HTML.values(), *views._AS_TEXT.values()])
def test_what_shows_a_record_is_there(place: str):
    module, _, name = place.rpartition(".")
    assert callable(getattr(import_module(f"jaxplore.views.{module}"), name))


def test_records_with_a_text_of_their_own_are_also_drawn():
    assert sorted(views._AS_TEXT) == sorted([*views._AS_HTML.keys() - {"Timeline"}, "Gradient"])
