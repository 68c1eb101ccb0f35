"""What JAX is doing in a thread, told by another thread from its stack.

Nothing is wrapped and nothing is added to the stack: the code objects on it are compared
with the functions of JAX that trace, lower and compile. Local variables are never read.
"""

import os
import sys
from dataclasses import dataclass
from types import FrameType
from typing import Final, Literal

import jax

from jaxplore.capture.source import files

Stage = Literal["trace", "lower", "compile"]

_JAX: Final = os.path.dirname(os.path.abspath(jax.__file__)) + os.sep

# By file and function, in whatever folder of JAX: where it traces, lowers and compiles.
_STAGES: Final[dict[tuple[str, str], Stage]] = {
    ("partial_eval.py", "trace_to_jaxpr"): "trace",
    ("partial_eval.py", "trace_to_jaxpr_nocache"): "trace",
    ("partial_eval.py", "trace_to_jaxpr_dynamic"): "trace",
    ("pjit.py", "_trace_for_jit"): "trace",
    ("mlir.py", "lower_jaxpr_to_module"): "lower",
    ("pxla.py", "lower_sharding_computation"): "lower",
    ("pjit.py", "_pjit_lower"): "lower",
    ("compiler.py", "compile_or_get_cached"): "compile",
    ("compiler.py", "backend_compile_and_load"): "compile",
    ("compiler.py", "backend_compile"): "compile",
}
# Code without a file, made while the program runs: nobody can look at its lines.
_NO_FILE: Final = "<string>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """The stage a thread is in."""

    stage: Stage
    function: str = ""
    """The function that is traced, by its qualified name; `""` in the other stages."""
    file: str = ""
    """Where tracing has come to: the user's innermost line; `""` where none is known."""
    line: int = 0


def doing(thread_id: int) -> Doing | None:
    """The stage a thread is in; None where it runs none of them."""
    # Not by a name here: a frame that holds itself keeps all that is below it alive.
    return of_stack(sys._current_frames().get(thread_id))  # pyright: ignore[reportPrivateUsage]


def of_stack(frame: FrameType | None) -> Doing | None:
    """The stage of a stack, from its innermost frame outwards.

    What lowering traces belongs to lowering.
    """
    stage: Stage | None = None
    at: tuple[str, int] = ("", 0)
    function = outermost = ""
    while frame is not None:
        code = frame.f_code
        path = code.co_filename
        found = _STAGES.get((path.rpartition(os.sep)[2], code.co_name))
        if found is not None and path.startswith(_JAX):
            if stage is None or (stage == "trace" and found == "lower"):
                stage = found
            if found == "trace":
                function = outermost
        elif path != _NO_FILE and (owner := files.owner(path)) != "internal":
            outermost = code.co_qualname
            if owner == "user" and not at[1] and stage is None:
                at = path, frame.f_lineno or 0
        frame = frame.f_back
    if stage != "trace":
        return None if stage is None else Doing(stage=stage)
    return Doing(
        stage=stage,
        function=function,
        file=files.display_name(at[0]) if at[1] else "",
        line=at[1],
    )
