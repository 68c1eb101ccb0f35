"""Words for equations that take parts of an array, or write into them."""

from collections.abc import Callable
from typing import Any, Final

from jaxplore.capture.programs.wording import dims, join, plain, rank, shape_of


def _slice(equation: Any) -> str:
    params = equation.params
    shape = shape_of(equation.invars[0])
    strides = params["strides"] or (1,) * len(shape)
    parts: list[str] = []
    for axis, (start, stop, step, size) in enumerate(
        zip(params["start_indices"], params["limit_indices"], strides, shape, strict=True)
    ):
        if (start, stop, step) != (0, size, 1):
            by = "" if step == 1 else f":{step}"
            parts.append(f"{start}:{stop}{by} of axis {axis}")
    return f"takes {', '.join(parts)} of {{0}}" if parts else "takes all of {0}"


def _dynamic_slice(equation: Any) -> str:
    size = dims(equation.params["slice_sizes"])
    starts = [f"{{{i}}}" for i in range(1, 1 + rank(equation.invars[0]))]
    return f"takes {size} elements of {{0}}, from {join(starts)} on{_MOVED}" if starts else ""


def _dynamic_update_slice(equation: Any) -> str:
    starts = [f"{{{i}}}" for i in range(2, 2 + rank(equation.invars[0]))]
    return f"a copy of {{0}} with {{1}} from {join(starts)} on{_MOVED}" if starts else ""


_MOVED: Final = "; moved inside where it would not fit"


_OUTSIDE: Final = {
    "CLIP": "; an index outside is moved inside",
    "FILL_OR_DROP": "; what is outside is {}",
}


def _outside(equation: Any, done: str) -> str:
    mode = getattr(equation.params.get("mode"), "name", "")
    return _OUTSIDE.get(mode, "").format(done)


def _gather(equation: Any) -> str:
    size = dims(equation.params["slice_sizes"])
    fill = equation.params.get("fill_value")
    filled = "filled" if fill is None else f"filled with {plain(fill)}"
    return f"takes slices of {size} from {{0}} at the indices {{1}}" + _outside(equation, filled)


def _scatters(verb: str) -> Callable[[Any], str]:
    return lambda equation: (
        f"a copy of {{0}} with {{2}} {verb} at the indices {{1}}" + _outside(equation, "dropped")
    )


INDEX_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "slice": _slice,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": _gather,
    "scatter": _scatters("written"),
    "scatter-add": _scatters("added"),
    "scatter-sub": _scatters("subtracted"),
    "scatter-mul": _scatters("multiplied in"),
    "scatter-max": _scatters("taken where it is larger"),
    "scatter-min": _scatters("taken where it is smaller"),
}
