"""The picture and the page of a placement: what they say, that all of it can be read."""

import base64
import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest

from jaxplore.advise.placement import findings
from jaxplore.model.placement import Placement
from jaxplore.views.htmlparts import with_code
from jaxplore.views.placement import colours, html, svg, tables, text
from jaxplore.views.placement.grid import LETTER, SMALL, Box, Word
from jaxplore.views.placement.pieces import devices_text, pieces, ranges_text
from jaxplore.views.placement.svg import Drawing
from jaxplore.views.processes.outputs import EDGES
from tests.views.placements import Made, laid, leaf, placed

SVG = "{http://www.w3.org/2000/svg}"
GRID = {"data": 4, "model": 2}
ROWS = laid((8, 16), GRID, ("data",), words="rows over data (4), replicated over model (2)")
HOSTILE = [
    "</title><script>alert(1)</script>",
    "]]><!-- ",
    "say \"hi\" & 'bye'",
    "\x00\x1b[31m\ud800\ufffe",
    "日本 𝟜 é",
    "x" * 500,
]
SHOWN: dict[str, Made] = {
    "one device": laid((128, 128), None),
    "scalar": laid((), GRID),
    "1-D": laid((1024,), {"x": 8}, ("x",)),
    "2-D": laid((8, 16), GRID, ("data",), ("model",)),
    "copies": laid((256, 256), {"x": 8}),
    "3-D": laid((8, 16, 32), {"a": 2, "b": 2, "c": 2}, ("a",), ("b",), ("c",)),
    "4-D": laid((64, 32, 32, 128), {"data": 16, "model": 4}, ("data",), (), (), ("model",)),
    "4-D, all split": laid((4, 4, 8, 8), dict(zip("abcd", (2, 2, 4, 4), strict=True)), *"abcd"),
    "5-D": laid((2, 2, 2, 2, 9), dict.fromkeys("abcde", 2), *"abcde"),
    "uneven": laid((10, 6), GRID, ("data",), ("model",)),
    "nothing left": laid((5,), {"x": 4}, ("x",)),
    "no elements": laid((0, 6), GRID, (), ("model",)),
    "64 in a line": laid((4096,), {"x": 64}, ("x",)),
    "64 columns": laid((128, 4096), {"data": 8, "model": 8}, (), ("data", "model")),
    "512": laid((4096, 8192), {"data": 16, "model": 32}, ("data",), ("model",)),
    "512 in a line": laid((65536,), {"x": 512}, ("x",)),
    "512 rows": laid((65536, 1024), {"x": 512}, ("x",)),
    "512 in 3-D": laid((64, 64, 64), dict.fromkeys("abc", 8), *"abc"),
    "64 x 8": laid((4096, 4096), {"data": 64, "model": 8}, ("data",), ("model",)),
    "64 copies": laid((4096, 4096), {"data": 64, "model": 8}, (), ("model",)),
    "narrow slices": laid(
        (3, 10**6, 1), {"data": 16, "model": 16, "pod": 2}, ("pod",), (), ("model",)
    ),
    "long axes": laid((10**9, 7), {"a_long_name": 32, "another": 4}, ("a_long_name",)),
}


def grid(side: tables.Side) -> list[Any]:
    """Captions, and the richest label of each cell."""
    return [
        (
            table.caption,
            [[cell and " ".join(cell.labels[0]) for cell in row] for row in table.cells],
        )
        for table in side.tables
    ]


def sides(made: Made) -> tuple[tables.Side, tables.Side]:
    layout, mesh = made
    found = pieces(layout)
    return tables.array_side(layout, found), tables.mesh_side(layout, found, mesh)


def test_rows_over_one_axis_are_in_the_array_once_and_in_the_mesh_twice():
    array, mesh = sides(ROWS)
    assert (array.row_name, array.column_name) == ("dim 0 (8) over data", "dim 1 (16)")
    assert grid(array) == [
        (
            "",
            [
                ["cpu:0, 1 [0:2, :]"],
                ["cpu:2, 3 [2:4, :]"],
                ["cpu:4, 5 [4:6, :]"],
                ["cpu:6, 7 [6:8, :]"],
            ],
        )
    ]
    assert [row.label for row in array.tables[0].rows] == ["0:2", "2:4", "4:6", "6:8"]
    assert (mesh.row_name, mesh.column_name) == ("data (4)", "model (2)")
    assert grid(mesh) == [
        (
            "",
            [
                ["cpu:0 [0:2, :] 128 B", "cpu:1 [0:2, :] 128 B"],
                ["cpu:2 [2:4, :] 128 B", "cpu:3 [2:4, :] 128 B"],
                ["cpu:4 [4:6, :] 128 B", "cpu:5 [4:6, :] 128 B"],
                ["cpu:6 [6:8, :] 128 B", "cpu:7 [6:8, :] 128 B"],
            ],
        )
    ]


def test_three_dimensions_are_slices_of_the_first():
    array, mesh = sides(SHOWN["3-D"])
    assert grid(array) == [
        ("[0:4, :, :]", [["cpu:0 [0:4, 0:8, 0:16]", "cpu:1 [0:4, 0:8, 16:32]"], ["cpu:2 [0:4, 8:16, 0:16]", "cpu:3 [0:4, 8:16, 16:32]"]]),
        ("[4:8, :, :]", [["cpu:4 [4:8, 0:8, 0:16]", "cpu:5 [4:8, 0:8, 16:32]"], ["cpu:6 [4:8, 8:16, 0:16]", "cpu:7 [4:8, 8:16, 16:32]"]]),
    ]  # fmt: skip
    assert [table.caption for table in mesh.tables] == ["a=0", "a=1"]


def test_what_is_not_split_is_not_sliced():
    array, _ = sides(SHOWN["4-D"])
    assert (array.row_name, array.column_name) == ("dim 0 (64) over data", "dim 3 (128) over model")
    assert [table.caption for table in array.tables] == [""]


def test_an_uneven_split_is_to_scale_and_the_empty_rest_is_in_the_mesh_only():
    array, mesh = sides(SHOWN["nothing left"])
    assert grid(array) == [("", [["cpu:0 [0:2]", "cpu:1 [2:4]", "cpu:2 [4:5]"]])]
    assert grid(mesh)[0][1][0][3] == "cpu:3 nothing"
    (boxes, _), (devices, _) = halves(SHOWN["nothing left"])
    widths = [round(box.width) for box in boxes]
    assert widths[0] == widths[1] == pytest.approx(2 * widths[2], abs=2)
    assert len({box.width for box in devices}) == 1


def test_a_line_of_many_is_read_like_text():
    array, mesh = sides(SHOWN["512 in a line"])
    assert (array.reading, mesh.reading) == ("line by line", "line by line")
    assert [row.label for row in array.tables[0].rows][:2] == ["0:4096", "4096:8192"]
    assert [row.label for row in mesh.tables[0].rows][-1] == "480–511"
    rows, _ = sides(SHOWN["512 rows"])
    assert (rows.reading, rows.column_name) == ("column by column", "dim 0 (65,536) over x")


def halves(made: Made) -> list[tuple[Sequence[Box], Sequence[Word]]]:
    return [(half.placed.boxes, half.placed.words) for half in Drawing(placed(made), 0)._halves]


def text_box(word: Word) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a word that is not turned."""
    width = len(word.text) * (SMALL if word.kind == "tick" else LETTER)
    left = word.x - {"start": 0, "middle": width / 2, "end": width}[word.anchor]
    return left, word.y - 6, left + width, word.y


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 1 and b[1] < a[3] - 1


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_overlaps_or_is_cut_off(name: str):
    made = SHOWN[name]
    drawing = Drawing(placed(made), 0)
    for half in drawing._halves:
        flat = [text_box(word) for word in half.placed.words if word.kind != "down"]
        cells = [(b.x, b.y, b.x + b.width, b.y + b.height) for b in half.placed.boxes]
        everything = sorted([*flat, *cells], key=lambda one: one[1])
        for i, one in enumerate(everything):
            assert half.x + one[0] + 1 >= 0 and half.x + one[2] <= svg.WIDTH + 1
            assert half.y + one[1] >= 0 and half.y + one[3] <= drawing.height
            for other in everything[i + 1 :]:
                if other[1] >= one[3]:
                    break
                assert not overlap(one, other), (one, other)
        for box in half.placed.boxes:
            letter = SMALL if box.is_small else LETTER
            assert all(len(line) * letter <= box.width for line in box.lines)


@pytest.mark.parametrize("name", SHOWN)
def test_every_piece_and_every_device_has_a_cell_and_a_tooltip(name: str):
    layout, mesh = SHOWN[name]
    root = ElementTree.fromstring(svg.svg(placed((layout, mesh))))
    tips = [one.text or "" for one in root.iter(f"{SVG}title")]
    found = [piece for piece in pieces(layout) if not piece.is_empty] or pieces(layout)
    held = [tip for tip in tips if " on " in tip]
    assert len(held) == len(found)
    assert (
        all(ranges_text(p.ranges) in tip for p, tip in zip(found, held, strict=False))
        or len(found) > 64
    )
    on = [tip.split(" holds ")[0] for tip in tips if " holds " in tip]
    assert sorted(on) == sorted(shard.device for shard in layout.shards)


def test_a_tooltip_says_the_ranges_the_bytes_and_the_copies():
    text = svg.svg(placed(ROWS))
    assert "<title>[0:2, 0:16] on cpu:0, 1: 128 B, 2 copies</title>" in text
    assert "<title>cpu:1 holds [0:2, 0:16]: 128 B, as do 1 other device</title>" not in text
    assert "<title>cpu:1 holds [0:2, 0:16]: 128 B, as does 1 other device</title>" in text


def test_the_same_piece_has_the_same_colour_in_the_array_and_in_the_mesh():
    root = ElementTree.fromstring(svg.svg(placed(ROWS)))
    fills: dict[str, set[str]] = {}
    for group in root.iter(f"{SVG}g"):
        for title in group.findall(f"{SVG}path/{SVG}title"):
            ranges = re.search(r"\[.*?\]", title.text or "")
            assert ranges is not None
            fills.setdefault(ranges[0], set()).add(group.get("fill") or "")
    assert {ranges: len(found) for ranges, found in fills.items()} == dict.fromkeys(
        ("[0:2, 0:16]", "[2:4, 0:16]", "[4:6, 0:16]", "[6:8, 0:16]"), 1
    )
    assert len(set.union(*fills.values())) == 4


def test_colours_get_lighter_with_the_index_and_their_text_is_read():
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lights = [light(colours.colour(i / 63)) for i in range(64)]
    assert lights == sorted(lights)
    for i, value in enumerate(lights):
        text = 1.0 if colours.is_dark(i / 63) else 0.0
        assert (max(value, text) + 0.05) / (min(value, text) + 0.05) >= 4.3


def test_a_reader_who_sees_nothing_is_told():
    root = ElementTree.fromstring(svg.svg(placed(ROWS)))
    assert (root.get("role"), root.get("aria-label")) == (
        "img",
        "f32[8,16]: rows over data (4), replicated over model (2); 4 pieces, each on 2 devices, "
        "128 B per device",
    )
    assert "every device holds all of it: 8 copies of 256.0 KiB" in svg.svg(placed(SHOWN["copies"]))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name: str):
    made = laid((8, 16), {name: 4, "model": 2}, (name,), words=name, device=name)
    layout = replace(made[0], spec=name, memory_kind=name, dtype=name)
    one = leaf(name, 0, layout, sharding=name)
    record = placed((layout, made[1]), leaves=0, name=name)
    record = replace(record, leaves=(replace(one, role="input"),))
    ElementTree.fromstring(svg.svg(record))
    assert "<script" not in svg.svg(record)
    page = html.html(record)
    assert "<script" not in page
    for image in re.findall(r"base64,([^\"]+)", page):
        ElementTree.fromstring(base64.b64decode(image))


def shown_text(page: str) -> list[str]:
    """The words of a page without what is advised, which has tests of its own."""
    plain = re.sub(r'<style>.*?</style>|<div class="why">.*?</div></div>', "", page)
    return [unescape(part) for part in re.split(r"<[^>]*>", plain) if part.strip()]


def test_the_page_of_arrays_word_for_word():
    one = laid((8,), None, words="on one device")
    record = placed(ROWS, one)
    loose = replace(record.leaves[1], committed=False, pinned_by=None)
    page = html.html(replace(record, leaves=(record.leaves[0], loose)))
    assert shown_text(page) == PAGE


PAGE = [
    "2 arrays on 8 devices: 1.0 KiB in all, 128 B to 160 B each; cpu:0 holds 1.2 times the mean",
    "cpu:0", "160 B · fullest", "cpu:1", "128 B", "cpu:2", "128 B", "cpu:3", "128 B",
    "cpu:4", "128 B", "cpu:5", "128 B", "cpu:6", "128 B", "cpu:7", "128 B",
    "path", "type", "size", "split", "picture", "on", "per device", "pinned by",
    "w[0][0]", "f32[8,16]", "512 B", "rows over data (4), replicated over model (2)", "1",
    "cpu:0–7", "128 B", "jax.device_put(w, s), cell 3 line 2",
    "w[1][0]", "f32[8]", "32 B", "on one device", "2", "cpu:0", "32 B", "not pinned",
    "1. f32[8,16]: rows over data (4), replicated over model (2)", "w[0][0]",
    "2. f32[8]: on one device", "w[1][0]",
    "1 mesh", "axes", "how values are split over them", "devices",
    "data (4) × model (2)", "XLA decides (auto)", "cpu:0–7",
]  # fmt: skip


def test_a_program_has_a_table_per_role():
    record = placed(ROWS, leaves=3, name="step")
    roles = ("output", "constraint", "input")
    leaves = [replace(one, role=role) for one, role in zip(record.leaves, roles, strict=True)]
    words = shown_text(html.html(replace(record, leaves=tuple(leaves))))
    titles = [word for word in words if word in ("inputs", "outputs", "constraints")]
    assert titles == ["inputs", "outputs", "constraints"]
    assert words[0].startswith("step: 3 values on 8 devices: ")


def test_what_is_pinned_by_nothing_says_why():
    record = placed(ROWS, leaves=3)
    leaves = (
        replace(record.leaves[0], state="host", committed=False, devices=(), bytes_per_device={}),
        replace(record.leaves[1], same_as="w[0][0]", bytes_per_device={}),
        replace(record.leaves[2], pinned_by=None),
    )
    words = shown_text(html.html(replace(record, leaves=leaves)))
    assert "not pinned" not in words
    assert words[words.index("the same array as ") + 1] == "w[0][0]"
    assert words.count("pinned") == 1
    assert html.summary(placed()) == "0 arrays on no device"


def test_the_page_says_what_to_do():
    record = placed(ROWS, laid((4, 4), None, device="gpu"))
    (found,) = [one for one in findings(record) if one.id == "P05"]
    page = html.html(record)
    assert f"<b>P05</b> {with_code(found.explanation)}" in page
    assert f"<div>{with_code(found.advice)}</div>" in page


def test_devices_have_bars_only_where_they_hold_different_amounts():
    assert '<i class="b' not in html.html(placed(ROWS))
    assert html.html(placed(ROWS, laid((8,), None))).count('<i class="b') == 8


def of_two_processes() -> Placement:
    record = placed(ROWS)
    devices = tuple(
        replace(device, process=number // 4) for number, device in enumerate(record.known_devices)
    )
    return replace(record, known_devices=devices)


def test_devices_of_several_processes_are_told_apart():
    record = of_two_processes()
    assert text.text(record).split("\n")[1:3] == [
        "process 0: cpu:0–3 hold 512 B",
        "process 1: cpu:4–7 hold 512 B",
    ]
    words = shown_text(html.html(record))
    assert words[1:5] == [
        "process 0", "cpu:0–3 hold 512 B", "process 1", "cpu:4–7 hold 512 B"
    ]  # fmt: skip
    drawn = record.to_svg()
    assert "cpu:4 · process 1 holds [4:6, 0:16]: 128 B, as does 1 other device" in unescape(drawn)
    assert drawn.count(f'stroke="{EDGES[0]}"') == drawn.count(f'stroke="{EDGES[1]}"') == 1
    assert drawn.endswith(
        f'<tspan fill="{EDGES[0]}">▌</tspan>process 0 · '
        f'<tspan fill="{EDGES[1]}">▌</tspan>process 1</text></g></svg>\n'
    )


def test_one_process_is_not_worth_a_word():
    record = placed(ROWS)
    assert "process" not in text.text(record) + html.html(record) + record.to_svg()


def test_the_first_picture_of_a_split_array_is_open():
    whole = laid((8, 16), GRID)
    page = html.html(placed(laid((4,), None), ROWS, whole))
    assert re.findall(r"<details( open)?><summary>(\d)", page)[:3] == [
        ("", "1"),
        (" open", "2"),
        ("", "3"),
    ]
    page = html.html(placed(whole, ROWS))
    assert re.findall(r"<details( open)?><summary>(\d)", page)[:2] == [("", "1"), (" open", "2")]


def test_without_a_split_the_first_picture_of_several_devices_is_open():
    whole = laid((8, 16), GRID)
    page = html.html(placed(laid((4,), None), whole, whole))
    assert re.findall(r"<details( open)?><summary>(\d)", page) == [
        ("", "1"),
        (" open", "2"),
        ("", "3"),
        ("", "1"),
    ]


def test_back_quotes_are_code_in_a_page_and_nothing_in_a_picture():
    record = placed(laid((8, 16), GRID, ("data",), words="rows over `data` (4)"))
    assert "rows over <code>data</code> (4)</td>" in html.html(record)
    assert "rows over data (4)</text>" in record.to_svg().replace(
        '<tspan class="c q" dx="10"></tspan>', ""
    )


def test_a_large_tree_is_summed_up_and_its_page_stays_small():
    axes = {"data": 16, "model": 32}
    ways = (
        [("data",), ("model",)],
        [("model",), ("data",)],
        [("data", "model")],
        [(), ("data",)],
        [()],
    )
    made = [laid((4096, 8192 * n), axes, *ways[n % 5], words=f"way {n}") for n in range(1, 11)]
    page = html.html(placed(*made, leaves=30))
    assert len(page.encode()) < 400_000
    assert page.count("<img") == 10
    assert page.count("<tr><td class=") == 200
    words = shown_text(page)
    assert words[words.index("and 100 more, ") :][:7] == [
        "and 100 more, ",
        ".leaves",
        " has all:",
        "30 arrays, 30.0 GiB: picture 8: way 8",
        "30 arrays, 33.8 GiB: picture 9: way 9",
        "30 arrays, 37.5 GiB: picture 10: way 10",
        "10 arrays, 8.8 GiB: picture 7: way 7",
    ]


def test_a_page_has_tooltips_where_they_are_few():
    assert html.html(placed(ROWS)).count("<area") == 4 + 8
    assert html.html(placed(SHOWN["512"])).count("<area") == 0


def test_one_layout_or_all_of_them_as_svg():
    record = placed(ROWS, SHOWN["1-D"])
    both, second = record.to_svg(), record.to_svg(-1)
    assert ("f32[8,16]" in both, "f32[1024]" in both) == (True, True)
    assert ("f32[8,16]" in second, "f32[1024]" in second) == (False, True)
    assert record.to_svg(1) == second
    with pytest.raises(IndexError):
        record.to_svg(2)
    many = placed(*[ROWS] * 15)
    assert "and 3 more layouts" in many.to_svg()
    ElementTree.fromstring(placed().to_svg())


def test_a_notebook_shows_the_page():
    record = placed(ROWS)
    assert record._repr_html_() == html.html(record)


def test_devices_are_written_in_few_characters():
    assert devices_text([f"cpu:{i}" for i in (0, 1, 4, 5)]) == "cpu:0, 1, 4, 5"
    assert devices_text(["host", "cpu:1"]) == "host, cpu:1"
    assert devices_text([f"cuda:{i}" for i in range(0, 64, 8)]) == "cuda:0, 8, 16 … 56 (8)"
