"""What a process with eight devices says of placements."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def eight(tmp_path_factory):
    path = tmp_path_factory.mktemp("placement") / "found.pickle"
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "JAXPLORE_DETERMINISTIC": "0"}
    script = Path(__file__).with_name("eight.py")
    ran = subprocess.run(
        [sys.executable, str(script), str(path)], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return pickle.loads(path.read_bytes())
