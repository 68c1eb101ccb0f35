"""An exception and its frames -> `ErrorFacts`.

The arrays of the call that failed are in the frames of JAX that it went through, which
IPython keeps and hides. Where JAX has dropped them, as it does in a script, the arrays that
the user's expression names are all that is known. No frame and no array outlives the reading.
"""

from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, Final

import jax
from jax.core import Tracer

from jaxplore.capture.errors.names import named_arrays
from jaxplore.capture.placement.tree import capture_tree
from jaxplore.capture.source import files
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.errorcard import ErrorArgument, ErrorFacts
from jaxplore.model.placement import LeafPlacement

Given = tuple[str, Any, Any]
"""What JAX calls an argument, the array, and the sharding that was asked for it."""

_MOST: Final = 64
# Locals that hold the arrays of a call, in JAX's functions that the user calls.
_HOLDERS: Final = (("args", "kwargs"), ("self", "other"), ("x",))


def read_error(exception: BaseException) -> ErrorFacts:
    """What is known of an exception that was raised and caught."""
    frames = list(_frames(exception))
    owners = [files.owner(frame.f_code.co_filename) for frame, _ in frames]
    at = max((i for i, owner in enumerate(owners) if owner == "user"), default=-1)
    span, named = None, dict[str, Any]()
    if at >= 0:
        frame, offset = frames[at]
        span = SpanTable().of_instruction(frame.f_code, offset)
        named = named_arrays(span, {**frame.f_globals, **frame.f_locals})
    given = _given([frame for frame, _ in frames[at + 1 :]])
    called = {id(array): text for text, array in reversed(named.items())}
    return ErrorFacts(
        kinds=tuple(kind.__name__ for kind in type(exception).__mro__),
        message=str(exception),
        span=span,
        arguments=tuple(_argument(*one, called) for one in given[:_MOST]),
        inside=tuple(frame.f_code.co_name for frame, _ in frames[at + 1 :]),
        values=()
        if given
        else tuple(
            _argument("", array, None, called) for array in list(_distinct(named.values()))[:_MOST]
        ),
    )


def _frames(exception: BaseException) -> Iterator[tuple[FrameType, int]]:
    """(frame, offset) of everything the exception passed through, outermost first."""
    traceback = exception.__traceback__
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lasti
        traceback = traceback.tb_next


def _distinct(arrays: Any) -> Iterator[Any]:
    yield from {id(array): array for array in arrays}.values()


def _given(inner: Sequence[FrameType]) -> list[Given]:
    """The arrays of the call that the frames below the user's belong to."""
    for frame in reversed(inner):
        found = _of_compiled_call(frame.f_locals)
        if found:
            return found
    for frame in inner:
        # The first function that was called has them as the user gave them.
        found = _of_call(frame.f_locals)
        if found:
            return found
    return []


def _of_compiled_call(names: dict[str, Any]) -> list[Given]:
    """The arguments of a jitted function, by the names of its parameters."""
    params = names.get("p")
    arrays = names.get("args_flat")
    paths = getattr(params, "arg_names", None)
    if not isinstance(arrays, list | tuple) or paths is None or len(paths) != len(arrays):  # pyright: ignore[reportUnknownArgumentType]
        return []
    asked: Any = getattr(params, "params", {}).get("in_shardings", ())
    if len(asked) != len(paths):
        asked = (None,) * len(paths)
    found = zip(paths, arrays, asked, strict=True)  # pyright: ignore[reportUnknownArgumentType]
    return [(str(path or ""), array, one) for path, array, one in found if _is_array(array)]


def _of_call(names: dict[str, Any]) -> list[Given]:
    for holders in _HOLDERS:
        values = [names[name] for name in holders if name in names]
        leaves = [leaf for leaf in jax.tree_util.tree_leaves(values) if _is_array(leaf)]
        if leaves:
            return [("", leaf, None) for leaf in _distinct(leaves)]
    return []


def _is_array(value: Any) -> bool:
    return isinstance(value, jax.Array)


def _argument(name: str, array: Any, asked: Any, called: dict[int, str]) -> ErrorArgument:
    # While a function is traced, types alone say how values are split.
    known = jax.typeof(array) if isinstance(array, Tracer) else array
    sharding = getattr(known, "sharding", None)
    mesh = getattr(sharding, "mesh", None)
    path = called.get(id(array)) or name
    return ErrorArgument(
        name=name,
        placement=_placed(path, known),
        sharding=str(sharding),
        mesh=str(getattr(mesh, "abstract_mesh", mesh)) if mesh is not None else "",
        is_named=id(array) in called,
        wanted=_wanted(array, asked),
    )


def _wanted(array: Any, asked: Any) -> LeafPlacement | None:
    if not isinstance(asked, jax.sharding.Sharding):
        return None  # nothing was asked for
    return _placed("in_shardings", jax.ShapeDtypeStruct(array.shape, array.dtype, sharding=asked))


def _placed(path: str, array: Any) -> LeafPlacement:
    return capture_tree([(path, array)]).leaves[0]
