"""Options of jit that differ from the usual ones, as text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jaxplore.model.compiles import Setting

_LONGEST = 120


def options_of(kwargs: Mapping[str, Any], names: Sequence[str]) -> tuple[Setting, ...]:
    """What JAX's compile function was told beyond the program.

    Args:
        kwargs: Its keywords.
        names: Paths of the arguments.
    """
    return tuple(Setting(name=name, text=text) for name, text in _options(kwargs, names))


def _options(kwargs: Mapping[str, Any], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    donated = kwargs.get("donated_invars") or ()
    if any(donated):
        given = [n for n, d in zip(names, donated, strict=False) if d] or ["yes"]
        yield "donated arguments", _short(", ".join(given))
    for name, said in (("in_shardings", "in_shardings"), ("out_shardings", "out_shardings")):
        shardings = kwargs.get(name) or ()
        if any(hasattr(sharding, "device_set") for sharding in shardings):
            yield said, _short(", ".join(_sharding(sharding) for sharding in shardings))
    for name in ("in_layouts", "out_layouts"):
        layouts = kwargs.get(name) or ()
        if any(layout is not None for layout in layouts):
            yield name, _short(", ".join(str(layout) for layout in layouts))
    if kwargs.get("keep_unused"):
        yield "keep_unused", "True"
    for name, value in kwargs.get("compiler_options_kvs") or ():
        yield f"compiler option {name}", _short(str(value))


def _sharding(sharding: Any) -> str:
    spec = getattr(sharding, "spec", None)
    if spec is not None:
        return str(spec).replace("PartitionSpec", "P")
    return str(sharding) if hasattr(sharding, "device_set") else "any"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
