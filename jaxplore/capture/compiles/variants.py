"""Which transformation asked for a compile: grad, vmap and the like of a jitted function
compile it once more, in another form.

JAX says it only by who calls: the rules for nested jitted functions are on the stack.
"""

from types import FrameType
from typing import Final

from jaxplore.capture.source import files

# A word in the name of a rule of JAX's -> what it makes of the function, innermost first.
_RULES: Final = (
    ("transpose", "backward"),
    ("backward_pass", "backward"),
    ("linearize", "forward"),
    ("partial_eval", "forward"),
    ("jvp", "tangent"),
    ("batch", "batched"),
    ("vmap", "batched"),
)
_ENTRY: Final = ("_run_python_pjit", "cache_miss")


def variant_of(frame: FrameType | None) -> str:
    """`"backward"`, `"batched backward"`, `"forward"`, `"tangent"` or `"transformed"`, from
    the frames between JAX's compile function and the user's code."""
    found: list[str] = []
    while frame is not None:
        code = frame.f_code
        if files.owner(code.co_filename) != "internal" or code.co_name in _ENTRY:
            break
        for word, variant in _RULES:
            if word in code.co_name and variant not in found:
                found.append(variant)
        frame = frame.f_back
    main = next((v for v in ("backward", "forward", "tangent") if v in found), "")
    batched = "batched" if "batched" in found else ""
    return " ".join(part for part in (batched, main) if part) or "transformed"
