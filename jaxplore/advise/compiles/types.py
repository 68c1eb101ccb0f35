"""An argument with another type or another place: R02 to R05, R16, R17."""

from collections import Counter
from collections.abc import Sequence

from jaxplore.advise.compiles.cause import Cause, at_call, more, ordinal
from jaxplore.advise.compiles.differences import Differences, dtype_of, shape_of
from jaxplore.model.compiles import Argument, Change, Miss

_NAMES = {"f": "float", "i": "int", "u": "uint", "c": "complex", "bf": "bfloat"}
_MOST_SHAPES = 8


def type_cause(now: Miss, found: Differences, earlier: Sequence[Miss]) -> Cause | None:
    """The cause where an argument's shape, dtype or weak type changed."""
    pairs = found.arguments
    for wanted, explain in (
        (_shape_differs, _shape),
        (_dtype_differs, _dtype),
        (_weak_differs, _weak),
    ):
        chosen = [pair for pair in pairs if wanted(*pair)]
        if chosen:
            return explain(now, chosen, pairs, earlier)
    return None


def placement_cause(now: Miss, found: Differences) -> Cause | None:
    """The cause where only the place of an argument changed."""
    pairs = [pair for pair in found.arguments if pair[0].placement != pair[1].placement]
    if not pairs:
        return None
    before, new = pairs[0]
    changes = tuple(change(*pair) for pair in found.arguments)
    if bool(before.placement) != bool(new.placement):
        said = f"{new.path}: same type, {_tied(before)} before, {_tied(new)} now"
        said += more(len(pairs) - 1, "argument")
        pinned = new if new.placement else before
        advice = (
            f"{at_call(now)}put all inputs the same way before the first call: "
            f"jax.device_put({pinned.path}, ...) for every one, or for none"
        )
        return Cause(id="R16", explanation=said, advice=advice, changes=changes)
    said = f"{new.path}: same type, {before.placement} -> {new.placement}"
    said += more(len(pairs) - 1, "argument")
    advice = (
        f"{at_call(now)}give `{new.path}` one sharding: jax.device_put({new.path}, sharding) "
        "before the first call, or out_shardings where it is made"
    )
    return Cause(id="R17", explanation=said, advice=advice, changes=changes)


def _tied(argument: Argument) -> str:
    return f"committed to {argument.placement}" if argument.placement else "uncommitted"


def change(before: Argument, now: Argument) -> Change:
    """One argument's difference, as far as it is one of type, else of place."""
    if before.type != now.type or before.weak_type != now.weak_type:
        return Change(path=now.path, before=_type(before), now=_type(now))
    return Change(
        path=now.path,
        before=before.placement or "uncommitted",
        now=now.placement or "uncommitted",
    )


def _type(argument: Argument) -> str:
    return f"weak {argument.type}" if argument.weak_type else argument.type


def _shape_differs(before: Argument, now: Argument) -> bool:
    return shape_of(before.type) != shape_of(now.type)


def _dtype_differs(before: Argument, now: Argument) -> bool:
    return dtype_of(before.type) != dtype_of(now.type)


def _weak_differs(before: Argument, now: Argument) -> bool:
    return before.weak_type != now.weak_type


_Pairs = Sequence[tuple[Argument, Argument]]


def _shape(now: Miss, pairs: _Pairs, every: _Pairs, earlier: Sequence[Miss]) -> Cause:
    before, new = pairs[0]
    seen = [t for miss in earlier for a in miss.arguments if a.path == new.path for t in [a.type]]
    shapes = Counter([*seen, new.type])
    histogram = ", ".join(f"{t} x{n}" for t, n in list(shapes.items())[-_MOST_SHAPES:])
    older = f"{len(shapes) - _MOST_SHAPES} older, " if len(shapes) > _MOST_SHAPES else ""
    distinct = len({shape_of(t) for t in shapes})
    said = (
        f"{new.path}: {before.type} -> {new.type}, {ordinal(distinct)} shape"
        f"{more(len(every) - 1, 'argument')}"
    )
    return Cause(
        id="R02",
        explanation=said,
        advice=at_call(now) + _shape_advice(new.path, [shape_of(t) for t in [*seen, new.type]]),
        changes=tuple(change(*pair) for pair in every),
        details=(f"types of {new.path} compiled for: {older}{histogram}",),
    )


def _shape_advice(path: str, shapes: Sequence[tuple[str, ...]]) -> str:
    last = shapes[-1]
    alike = [shape for shape in shapes if len(shape) == len(last)]
    axes = [i for i in range(len(last)) if len({shape[i] for shape in alike}) > 1]
    if len(alike) < 2 or not axes:
        return f"give `{path}` one number of dimensions: reshape it before the call"
    axis = axes[0]
    sizes = [int(shape[axis]) for shape in alike if shape[axis].isdigit()]
    if len(axes) == 1 and len(sizes) > 2 and sizes == sorted(set(sizes)):
        return (
            f"`{path}` grows on axis {axis} ({', '.join(str(s) for s in sizes[-3:])}): make it of "
            "its final size and fill it with .at[i].set or lax.scan, or pad it to powers of two"
        )
    largest = max(alike, key=lambda shape: sum(int(s) for s in shape if s.isdigit()))
    if len(axes) == 1 and axis == 0:
        return f"pad `{path}` to {_tuple(largest)}, drop the odd batch, or jit one row and vmap"
    return f"pad `{path}` to a fixed shape such as {_tuple(largest)} and mask the rest"


def _tuple(shape: tuple[str, ...]) -> str:
    return f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"


def _dtype(now: Miss, pairs: _Pairs, every: _Pairs, earlier: Sequence[Miss]) -> Cause:
    before, new = pairs[0]
    changes = tuple(change(*pair) for pair in every)
    if "key<" in before.type or "key<" in new.type:
        return Cause(
            id="R03",
            explanation=f"{new.path}: {before.type} -> {new.type}, another kind of random key",
            advice=f"{at_call(now)}make all keys one way: jax.random.key(seed)",
            changes=changes,
        )
    if shape_of(new.type) == () and (before.number or new.number):
        return _kinds_of_number(now, new, changes, earlier)
    return Cause(
        id="R03",
        explanation=f"{new.path}: {before.type} -> {new.type}{more(len(every) - 1, 'argument')}",
        advice=f"{at_call(now)}cast `{new.path}` once where it is made: "
        f"jnp.asarray({new.path}, jnp.{_full(_wider(before, new))})",
        changes=changes,
    )


def _kinds_of_number(
    now: Miss, new: Argument, changes: tuple[Change, ...], earlier: Sequence[Miss]
) -> Cause:
    kinds: dict[str, None] = {}
    for miss in [*earlier, now]:
        for argument in miss.arguments:
            if argument.path == new.path and shape_of(argument.type) == ():
                kinds[f"Python {argument.number}" if argument.number else argument.type] = None
    dtype = next((k for k in kinds if not k.startswith("Python")), "f32[]")
    return Cause(
        id="R05",
        explanation=f"{new.path}: {len(kinds)} kinds of number so far: {', '.join(kinds)}",
        advice=f"{at_call(now)}pass one kind: jnp.{_full(dtype_of(dtype))}({new.path})",
        changes=changes,
    )


def _weak(now: Miss, pairs: _Pairs, every: _Pairs, earlier: Sequence[Miss]) -> Cause:
    before, new = pairs[0]
    changes = tuple(change(*pair) for pair in every)
    kinds = {
        dtype_of(argument.type)
        for miss in earlier
        for argument in miss.arguments
        if argument.path == new.path and argument.number
    }
    if len(kinds) > 1:
        return _kinds_of_number(now, new, changes, earlier)
    strong = f"jnp.{_full(dtype_of(new.type))}"
    weak = before if before.weak_type else new
    if weak.number:
        first, then = ("a Python number", "an array") if before.number else ("an array", "a number")
        said = f"{new.path}: {first} (weak {weak.type}) before, {then} ({new.type}) now"
        if not before.number:
            said = f"{new.path}: an array ({before.type}) before, a Python number (weak) now"
        advice = f"start with {strong}(...) instead of the Python number: saves one compile"
    else:
        said = f"{new.path}: {_type(before)} -> {_type(new)}"
        advice = f"give it a dtype where it is made: jnp.asarray({new.path}, {strong})"
    return Cause(
        id="R04",
        explanation=said + more(len(every) - 1, "argument"),
        advice=at_call(now) + advice,
        changes=changes,
    )


def _wider(before: Argument, new: Argument) -> str:
    """Of two kinds of number the floating one, else the earlier."""
    old, kind = dtype_of(before.type), dtype_of(new.type)
    return kind if kind.startswith(("f", "bf")) and not old.startswith(("f", "bf")) else old


def _full(dtype: str) -> str:
    """A dtype's name in jax.numpy.

    >>> _full("f32"), _full("bool")
    ('float32', 'bool')
    """
    letters = dtype.rstrip("0123456789")
    return f"{_NAMES.get(letters, letters)}{dtype[len(letters) :]}"
