"""How far apart two calls are, found in two ways."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jaxplore.advise.compiles.differences import differences_of, distance_of
from jaxplore.model.compiles import Argument, Miss, Passed, Setting, Static, Structure
from tests.advise.test_causes import miss

NAMES = st.sampled_from("xy")


def some(kind: Any, **facts: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    """At most one record per name."""
    records = st.builds(kind, name=NAMES, **facts)
    return st.lists(records, max_size=2, unique_by=lambda one: one.name).map(tuple)


ARGUMENTS = st.builds(
    Argument,
    path=NAMES,
    type=st.sampled_from(["f32[2,3]", "f32[4,3]", "i32[2,3]", "f32[]", "f32[n,3]"]),
    weak_type=st.booleans(),
    placement=st.sampled_from(["", "cpu:1"]),
)
FACTS = st.fixed_dictionaries(
    {
        "object_serial": st.integers(0, 1),
        "caches_emptied": st.integers(0, 1),
        "source": st.sampled_from(["def f(x): ...", "def f(x, y): ..."]),
    },
    optional={
        "statics": some(Static, text=NAMES),
        "structures": some(Structure, text=NAMES, key=st.integers(0, 1)),
        "passed": some(Passed, how=st.sampled_from(["keyword", "default"])),
        "settings": some(Setting, text=NAMES),
        "options": some(Setting, text=NAMES),
    },
)
MISSES = st.builds(
    lambda arguments, facts: miss(*arguments, **facts),
    st.lists(ARGUMENTS, min_size=1, max_size=2, unique_by=lambda a: a.path),
    FACTS,
)


@given(MISSES, MISSES, st.booleans())
def test_the_distance_is_that_of_all_differences(now: Miss, before: Miss, is_nearly_equal: bool):
    if is_nearly_equal:
        facts: dict[str, Any] = {
            name: getattr(before, name)
            for name in ("statics", "structures", "passed", "settings", "options", "source")
        }
        now = miss(*now.arguments, object_serial=now.object_serial, **facts)
    found = differences_of(now, before)
    assert distance_of(now, before) == (found.facets, found.apart)
