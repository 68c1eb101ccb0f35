"""What programs send on eight devices, captured once for all tests of a run."""

import os
import pickle
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from jaxplore.model.collectives import Collectives

ROOT = Path(__file__).parents[3]


@cache
def _captured() -> dict[str, tuple[Collectives, Collectives | None]]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "records.pickle"
        command = [sys.executable, "-m", "tests.capture.collectives.programs", str(out)]
        environment = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
        subprocess.run(command, check=True, cwd=ROOT, env=environment, timeout=300)
        return pickle.loads(out.read_bytes())


def record(name: str) -> Collectives:
    """What a program sends."""
    return _captured()[name][0]


def followed(name: str) -> Collectives | None:
    """What it sends when it does as it was told; None where nothing was advised."""
    return _captured()[name][1]


def names() -> list[str]:
    """All programs."""
    return list(_captured())
