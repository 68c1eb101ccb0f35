"""Two sequences are aligned in order, and what can be paired is."""

from difflib import SequenceMatcher
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jaxplore.model.diff.sequence import align, similar

TOKENS = st.lists(st.integers(0, 6), max_size=40)


def longest_common(a: list[int], b: list[int]) -> int:
    row = [0] * (len(b) + 1)
    for one in a:
        last = row
        row = [0]
        for place, other in enumerate(b):
            row.append(last[place] + 1 if one == other else max(row[-1], last[place + 1]))
    return row[-1]


@given(TOKENS, TOKENS)
def test_pairs_are_equal_and_rise_in_both(a: list[int], b: list[int]):
    pairs = align([(a, b)])
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))


@given(TOKENS)
def test_a_sequence_is_aligned_with_itself_whole(a: list[int]):
    assert align([(a, a)]) == [(n, n) for n in range(len(a))]


@given(st.lists(st.integers(0, 3), max_size=30), st.lists(st.integers(0, 3), max_size=30))
def test_without_anchors_the_alignment_is_the_longest(a: list[int], b: list[int]):
    """What no level can tell apart is left to the shortest edit."""
    pairs = similar([], a, b, 100)
    assert len(pairs) == longest_common(a, b)


@given(TOKENS, st.integers(0, 40), TOKENS)
def test_an_insertion_leaves_the_rest_aligned(a: list[int], place: int, new: list[int]):
    place = min(place, len(a))
    b = [*a[:place], *[token + 100 for token in new], *a[place:]]
    expected = [(n, n if n < place else n + len(new)) for n in range(len(a))]
    assert align([(a, b)]) == expected


def test_a_finer_level_decides_where_a_coarse_one_cannot():
    coarse = [1, 1, 1], [1, 1]
    assert align([([10, 20, 30], [10, 30]), coarse]) == [(0, 0), (2, 1)]


def test_long_sequences_with_nothing_in_common_are_given_up_in_time():
    a = [n * n % 7 for n in range(20_000)]
    b = [n * 3 % 5 for n in range(20_000)]
    pairs = align([(a, b)])
    assert pairs == sorted(pairs)
    # As good as Python's own, which takes minutes for the whole.
    found = SequenceMatcher(None, a[:300], b[:300], autojunk=False).ratio()
    assert len(pairs) / 20_000 > 0.8 * found
