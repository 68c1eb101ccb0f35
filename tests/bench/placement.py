"""The picture of an array on 512 devices, from the record to the SVG."""

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rows import Row, seconds

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.views.placements import laid, placed

_GOAL_MS = 100
_SHAPES = {
    "16 x 32": laid((4096, 8192), {"data": 16, "model": 32}, ("data",), ("model",)),
    "512 rows": laid((65536, 1024), {"x": 512}, ("x",)),
    "8 x 8 x 8": laid((64, 64, 64), {"a": 8, "b": 8, "c": 8}, ("a",), ("b",), ("c",)),
}


def placement() -> Iterator[Row]:
    """A row per kind of mesh; the number is milliseconds, not a ratio."""
    for name, made in _SHAPES.items():
        record = placed(made)
        size = len(record.to_svg())
        start = time.process_time()
        took = statistics.median(seconds(record.to_svg) for _ in range(10)) * 1e3
        # What it takes where nothing else runs.
        alone = (time.process_time() - start) / 10 * 1e3
        detail = f"SVG {size / 1e3:.0f} kB, {alone:.0f} ms of processor time"
        yield Row(f"picture of 512 devices in ms, {name}", took, _GOAL_MS, detail)


if __name__ == "__main__":
    for row in placement():
        print(row, flush=True)
