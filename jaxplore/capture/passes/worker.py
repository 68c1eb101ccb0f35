"""Runs in a process of its own: lets XLA compile one module and write down every pass.

No code of the user's runs here. What is in the folder when this process ends, however it
ends, is the result.
"""

import json
import os
import signal
from pathlib import Path
from typing import Final

from jaxplore.capture import _hooks
from jaxplore.capture.passes.request import DESCRIPTION, MODULE, OPTIONS

DUMP: Final = "dump"
OUTCOME: Final = "outcome.json"

_WRITE: Final = (
    ("xla_dump_hlo_pass_re", ".*"),
    ("xla_dump_hlo_as_text", True),
    ("xla_dump_hlo_as_proto", False),
    ("xla_dump_include_timestamp", False),
)
# Newer XLA writes LLVM IR only when it is named; older does not know the name.
_EMITTERS: Final = (("xla_dump_emitter_re", "llvm"),)


def main(folder: Path) -> None:
    """Compile what is in a folder, and write there what became of it."""
    request = json.loads((folder / DESCRIPTION).read_text())
    overrides = [("xla_dump_to", str(folder / DUMP)), *_WRITE]
    module, options = (folder / MODULE).read_bytes(), (folder / OPTIONS).read_bytes()
    error = None
    for more in (_EMITTERS, ()):
        try:
            _hooks.compile_module(module, options, request["devices"], [*overrides, *more])
            error = None
        except Exception as fault:
            error = f"{type(fault).__name__}: {fault}"
            if more and more[0][0] in error:
                continue
        break
    (folder / OUTCOME).write_text(json.dumps({"error": error}))


def run(limit_s: int) -> None:
    """Do it in the current folder, within a limit: the process that waits for this one may
    be gone before it can end it."""
    if hasattr(signal, "alarm"):
        signal.alarm(limit_s)
        # The kernel goes first.
        os.nice(5)
    main(Path.cwd())
