"""Writes `cases.json`: timelines and how they are laid out. `make records` runs it.

pytest compares the file with what Python lays out now, vitest with what the browser does.
"""

import json
from pathlib import Path
from typing import Any

from jaxplore.model.compiles import Compile
from jaxplore.model.timeline import STAGES, CellRun, Timeline
from jaxplore.model.wire.timeline import TimelineWriter
from jaxplore.views.compiles.timelinelayout import boxes, rounded, scale_of, ticks

CASES = Path(__file__).with_name("cases.json")
START_S = 1_790_000_000.0
FACTS: dict[str, Any] = {
    "defined_at": None,
    "call_site": None,
    "cell": None,
    "kind": "trace",
    "cause": "R01",
    "explanation": "first call",
    "advice": "",
    "changes": (),
    "persistent_cache": None,
    "equations": 3,
    "devices": (),
    "temp_size_bytes": 0,
    "argument_size_bytes": 0,
    "output_size_bytes": 0,
}


def row(
    function: str,
    at_s: float,
    trace_s: float | None,
    lower_s: float | None,
    compile_s: float,
    **facts: Any,
) -> Compile:
    """A compile whose stages follow each other from `at_s` seconds after the start."""
    at = START_S + at_s
    lower_at = at + (trace_s or 0)
    return Compile(
        **{
            **FACTS,
            "function": function,
            "trace_s": trace_s,
            "lower_s": lower_s,
            "compile_s": compile_s,
            "trace_at_s": None if trace_s is None else at,
            "lower_at_s": None if lower_s is None else lower_at,
            "compile_at_s": lower_at + (lower_s or 0),
            **facts,
        }
    )


def cell(number: int, start_s: float, end_s: float | None) -> CellRun:
    """A run of a cell, in seconds after the start."""
    return CellRun(
        number=number,
        start_s=START_S + start_s,
        end_s=None if end_s is None else START_S + end_s,
    )


def operations(at_s: float, count: int, every_s: float) -> list[Compile]:
    """Operations outside jit, one after another, each of 3 ms."""
    return [
        row(f"op{i % 5}", at_s + i * every_s, 0.0003, 0.0004, 0.0023, kind="eager", cause="R21")
        for i in range(count)
    ]


SESSION_CELLS = (
    cell(1, 0, 0.3),
    cell(2, 30, 31),  # compiles nothing
    cell(3, 59.9, 61),
    cell(4, 75, 150),  # a long run after its compile
    cell(7, 199.9, None),
)
SESSION = (
    row("init", 0.1, 0.02, 0.01, 0.15),
    # An inner compile while the outer one is traced; it ends first, so it comes first.
    row("inner", 60.02, 0.004, 0.003, 0.02, cause="R02", explanation="x: f32[2] -> f32[3]"),
    row("train_step", 60, 0.1, 0.05, 0.6, advice="pad `x`", equations=None),
    row("eval", 75.3, 0.05, None, 0.2),
    row("late", 180, 0.05, 0.02, 0.2),  # outside all cells
    row("unplaced", 190, None, None, 1, compile_at_s=None),
    *operations(200, 40, 0.004),
)
SCRIPT = (*operations(0, 3, 1.5), row("step", 3600, 0.5, 0.25, 2), *operations(3600.9, 1, 1))
CASES_OF: dict[str, tuple[tuple[Compile, ...], tuple[CellRun, ...], int]] = {
    "session": (SESSION, SESSION_CELLS, 900),
    "narrow": (SESSION, SESSION_CELLS, 120),
    "script": (SCRIPT, (), 640),
    "many": (tuple(operations(0, 250, 0.003)), (cell(1, 0, 0.49), cell(2, 0.49, 0.6)), 500),
    "nothing": ((), (cell(1, 0, 1),), 500),
}
MOST_BOXES = 60


def laid_out(name: str) -> dict[str, Any]:
    """One case: what goes in, and what must come out."""
    rows, cells, width = CASES_OF[name]
    timeline = Timeline.of(rows, cells)
    scale = scale_of(timeline, width)
    return {
        "name": name,
        "wire": TimelineWriter(rows, cells).whole,
        "width": width,
        "most_boxes": MOST_BOXES,
        "bars": [[b.row, STAGES.index(b.stage), b.at_us, b.end_us, b.lane] for b in timeline.bars],
        "stretches": [
            [s.cell, s.at_us, s.end_us, s.since_us, s.cut_us, s.running] for s in timeline.stretches
        ],
        "starts": [rounded(x) for x in scale.starts],
        "boxes": [
            [b.lane, STAGES.index(b.stage), b.x, b.width, list(b.bars)]
            for b in boxes(timeline, scale, most=MOST_BOXES)
        ],
        "ticks": [[tick.x, tick.label] for tick in ticks(timeline, scale)],
    }


def cases() -> str:
    """All cases, one a line."""
    lines = [json.dumps(laid_out(name), separators=(",", ":")) for name in CASES_OF]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main() -> None:
    """Write the cases beside this file."""
    CASES.write_text(cases(), encoding="utf-8")


if __name__ == "__main__":
    main()
