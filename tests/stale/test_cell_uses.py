"""A cell as the notebook has it: magics, other languages, and which expression uses f."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxplore.magics.cell.uses import cell_uses

F = "k = 2.0\n@jax.jit\ndef f(x): return x * k\nf(x)"


def used(cell: str) -> list[str]:
    uses = cell_uses(cell)
    if uses is None:
        return []
    spans = [uses.span(access, 1) for access in uses.reads]
    return [span.text for span in spans if span is not None]


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        ("y = f(x)", ["f(x)", "x"]),
        ("y = (f)(x) + 1", ["(f)(x)", "x"]),
        ("é = 'ü'; y = f(x)", ["f(x)", "x"]),
        ("%time f(x)", ["f(x)", "x"]),
        ("%timeit -n 10 -r3 f(x)", ["f(x)", "x"]),
        ("for i in range(3):\n    %time f(i)", ["range(3)", "f(i)", "i"]),
        ("y = %time f(x)", ["f(x)", "x"]),
        ("%%time\nf(x)", ["f(x)", "x"]),
        ("%%timeit -n 3\nf(x)", ["f(x)", "x"]),
        ("%%jit\nf(x)", ["f(x)", "x"]),
        ("%%bash\nf", []),
        ("%%html\n<b>f</b>", []),
        ("%matplotlib inline\nf(x)", ["f(x)", "x"]),
        ("!ls\nf(x)", ["f(x)", "x"]),
        ("files = !ls\nf(x)", ["f(x)", "x"]),
        ("f?\ng(x)", ["g(x)", "x"]),
        ("?f", []),
        ("await f(x)", ["f(x)", "x"]),
        ("f(", []),
        ("", []),
        ("k = 3", []),
        ("'f(x)'", []),
        ("# f(x)", []),
        ("x = '\\d'\nf(x)", ["f(x)", "x"]),
    ],
)
def test_a_cell_uses_these_expressions(cell: str, texts: list[str]) -> None:
    assert used(cell) == texts


@given(st.text(alphabet="fx()%!?=: \n'[].\\;#0é", max_size=40))
def test_any_text_is_a_cell(text: str) -> None:
    uses = cell_uses(text)
    if uses is not None:
        for access in uses.reads:
            span = uses.span(access, 1)
            assert span is None or span.text in text


@pytest.mark.parametrize(
    "use", ["%time f(x)", "%%time\nf(x)", "for _ in range(2):\n    %timeit -n1 f(x)"]
)
def test_a_use_in_a_magic_is_told(cells, use: str) -> None:
    cells.run(F)
    cells.run("k = 3.0")
    assert [found.id for found in cells.watch.check(use, cells.names, 9)] == ["S01"]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("f(x)\nk = 3.0", 0),
        ("k = 3.0\nf(x)", 1),
        ("f(x)\nk = 3.0\nf(x)", 1),
        ("for _ in range(2):\n    f(x)\n    k = 3.0", 1),
        ("if True:\n    k = 3.0\nf(x)", 1),
        ("f(x)\nfrom types import MethodType as k\nk = 3.0", 0),
    ],
)
def test_a_change_after_the_last_use_is_not_told_yet(cells, cell: str, told: int) -> None:
    cells.run(F)
    assert len(cells.run(cell)) == told
    assert len(cells.run("f(x)")) == 1 - told
