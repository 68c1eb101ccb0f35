"""A large program travels packed: nothing is lost, and what can be told again is left out."""

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import jaxplore
from jaxplore.model.program import Program, Stage, freeze_stages
from jaxplore.views.pages.jaxprtext import jaxpr_stage
from jaxplore.views.pages.packedcolumns import ColumnWriter
from jaxplore.views.pages.packing import pack
from tests.model.test_wire import programs
from tests.views.unpacked import _Reader, unpacked

RECORDS = Path(__file__).parents[1] / "records"
PLAIN = sorted(RECORDS.glob("*.json"))

numbers = st.integers(-(2**53), 2**53) | st.integers(-130, 130)


@given(st.lists(numbers))
@example([])
@example([-128, 127, 128, -129, 2**15, -(2**15) - 1, 2**31, -(2**31) - 1, 2**53])
def test_columns_of_numbers_come_back(values: list[int]):
    out = ColumnWriter()
    out.plain(values)
    out.indexed([value % 2**40 for value in values])
    out.shifted(values, reversed(values))
    reader = _Reader(out.data())
    assert reader.plain() == values
    assert reader.indexed() == [value % 2**40 for value in values]
    if max(map(abs, values), default=0) < 2**52:  # else the difference is no whole number
        assert reader.shifted(reversed(values)) == values


@given(st.text(st.sampled_from("%a.0120\n -,é") | st.characters(codec="utf-8")))
@example("%param_0.14 = f32[00,7]{1,0} dot(%p.1, %p.12)\n\n1234567890 0x00 ¹²³ ٣")
def test_texts_come_back(text: str):
    out = ColumnWriter()
    lines = out.lines(text)
    if "\0" in text:
        assert lines is None
        assert out.data() == b""
    else:
        assert lines is not None
        assert _Reader(out.data()).lines(lines) == text


@given(programs())
@settings(max_examples=80, deadline=None)
def test_any_program_comes_back(program: Program):
    data = program.to_json()
    assert unpacked(pack(data)) == data


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.stem)
def test_a_golden_record_comes_back_and_packs_to_the_same_bytes(path: Path):
    data = json.loads(path.read_text(encoding="utf-8"))
    assert unpacked(pack(data)) == data
    program = Program.from_json(data)
    assert pack(program.to_json()) == pack(Program.from_json(program.to_json()).to_json())


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.stem)
def test_the_packed_records_that_the_browser_tests_read_are_of_now(path: Path):
    packed = (RECORDS / "packed" / f"{path.stem}.txt").read_text(encoding="utf-8").strip()
    assert unpacked(packed) == json.loads(path.read_text(encoding="utf-8"))


def head_of(packed: str) -> dict[str, object]:
    raw = gzip.decompress(base64.b64decode(packed))
    return json.loads(raw[4 : 4 + int.from_bytes(raw[:4], "little")])["program"]


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.stem)
def test_the_text_of_a_jaxpr_and_generated_names_do_not_travel(path: Path):
    data = json.loads(path.read_text(encoding="utf-8"))
    assert jaxpr_stage(data) == data["stages"][0]
    head = head_of(pack(data))
    assert head["stages"][0] == {"name": "jaxpr", "written": True}  # pyright: ignore
    assert not {"a", "b", "c"} & set(head["strings"])  # pyright: ignore


def test_a_text_that_says_something_else_travels():
    program = Program.from_json(json.loads((RECORDS / "square.json").read_text(encoding="utf-8")))
    stage = replace(program.stages["jaxpr"], text=program.stages["jaxpr"].text + "\nmore")
    data = replace(program, stages=freeze_stages({"jaxpr": stage})).to_json()
    assert unpacked(pack(data)) == data
    hole = Stage(text="a\0b 1\n2", links=())
    data = replace(program, stages=freeze_stages({"hlo": hole})).to_json()
    assert unpacked(pack(data)) == data


def test_a_thousand_equations_cost_less_than_a_byte_each():
    def unrolled(x: jax.Array) -> jax.Array:
        for _ in range(500):
            x = jnp.sin(x) * 2.0
        return x

    def packed(times: int) -> int:
        def repeated(x: jax.Array) -> jax.Array:
            for _ in range(times):
                x = unrolled(x)
            return x

        return len(pack(jaxplore.program(repeated, 1.0, stages=("jaxpr",)).to_json()))

    assert packed(2) - packed(1) < 1000
