"""Whatever a global holds: an equal value is never told, another value always is."""

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from jaxplore.magics.beside.stalewatch import StaleWatch

KEYS = st.one_of(st.text(max_size=3), st.integers(-3, 3))
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(KEYS, inner, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None)
@given(VALUES, VALUES)
def test_a_value_is_told_exactly_when_it_is_another(before: object, now: object) -> None:
    space: dict[str, object] = {"v": before}
    exec("def g(v): return v\ndef f(x): return x, g(v)", space)
    watch = StaleWatch()
    watch.note(space["f"], (), 1)
    space["v"] = copy.deepcopy(before)
    assert watch.check("f(1)", space, 2) == []
    space["v"] = now
    assert bool(watch.check("f(1)", space, 3)) == (repr(before) != repr(now))
