"""Types and positions as text."""

import jax
import pytest

from jaxplore.model.program import short_type
from jaxplore.model.span import Span, text_of


@pytest.mark.parametrize(
    ("dtype", "shape", "text"),
    [
        ("float32", (2, 3), "f32[2,3]"),
        ("float64", (), "f64[]"),
        ("bfloat16", (1,), "bf16[1]"),
        ("int8", (0,), "i8[0]"),
        ("uint32", (2,), "u32[2]"),
        ("complex64", (), "c64[]"),
        ("bool", (4,), "bool[4]"),
        ("key<fry>", (), "key<fry>[]"),
        ("token", (), "token"),
        ("float32", ("b", 3), "f32[b,3]"),
        ("float8_e4m3fn", (2,), "f8_e4m3fn[2]"),
        ("int4", (2,), "i4[2]"),
    ],
)
def test_a_short_type_reads_as_jax_writes_it(dtype: str, shape: tuple[int | str, ...], text: str):
    assert short_type(dtype, shape) == text


@pytest.mark.parametrize(
    "dtype",
    ["bool", "int4", "uint8", "int64", "float16", "bfloat16", "float8_e5m2", "complex64"],
)
def test_a_short_type_is_the_one_in_jaxs_own_jaxprs(dtype: str):
    with jax.enable_x64(True):
        printed = str(jax.make_jaxpr(lambda x: x)(jax.ShapeDtypeStruct((2, 3), dtype)))
    assert f":{short_type(dtype, (2, 3))}." in printed


@pytest.mark.parametrize(
    ("position", "text"),
    [
        ((1, 4, 1, 10), "sin(x)"),
        ((1, 0, 2, 3), "y = sin(x) + 1\nz ="),
        ((1, 11, 3, 1), "+ 1\nz = é(y)\n)"),
        ((2, 4, 2, 8), "é(y)"),
        ((0, 0, 1, 1), ""),
        ((3, 0, 4, 1), ""),
        ((2, 0, 1, 1), ""),
    ],
)
def test_the_text_between_two_positions(position: tuple[int, int, int, int], text: str):
    assert text_of(["y = sin(x) + 1", "z = é(y)", ")"], *position) == text


def test_a_span_reads_as_a_place_an_editor_can_open():
    span = Span(file="a.py", line=3, column=4, end_line=3, end_column=6, function="f", text="xy")
    assert str(span) == "a.py:3:4"
    assert span.to_json() == {
        "file": "a.py",
        "line": 3,
        "column": 4,
        "end_line": 3,
        "end_column": 6,
        "function": "f",
        "text": "xy",
    }
