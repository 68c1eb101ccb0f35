"""Checks for exercises and tests: each prints `PASS ...` or raises `CheckError`.

What they need is imported when they are first called: `import jaxplore` stays light.
"""

from collections.abc import Callable, Sequence
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, Final

from jaxplore.errors import CheckError

if TYPE_CHECKING:
    from jaxplore.model.collectives import Collectives
    from jaxplore.model.finite import Compared, Coordinate
    from jaxplore.model.gradient import Gradient

_MOST_LINES: Final = 20


def matches_finite_difference(
    f: Callable[..., Any],
    /,
    *args: Any,
    wrt: int | str | Sequence[int | str] = 0,
    has_aux: bool = False,
    rtol: float | None = None,
    **kwargs: Any,
) -> None:
    """Whether a function's gradient is the slope of the function itself.

    The function is run in float64 where it runs in it, whatever its arguments are, and moved
    by several steps to both sides of each coordinate. Up to 100 coordinates are all compared;
    of more, a sample that is always the same, and random directions. Where the slopes to both
    sides differ, as of relu at 0, there is a kink: any gradient between them is right.

    Args:
        f: A function with real results. Where they are not one number, a sum with fixed
            weights is compared.
        *args: Its arguments: arrays, pytrees of them, numbers.
        wrt: By which arguments: positions or names, one or several. Leaves of integers are
            left out.
        has_aux: Whether `f` returns a pair of its result and auxiliary data.
        rtol: The relative error to allow; 1e-5 when not given, more where the function keeps
            to a lower precision itself.
        **kwargs: Its keyword arguments.

    Raises:
        CheckError: The gradient differs; says where, and both numbers.
        JaxploreError: There is nothing to compare.

    >>> matches_finite_difference(lambda x: x * abs(x), 3.0)
    PASS <lambda>: the gradient agrees with finite differences in float64, to a relative 1e-05
      x: 1 of 1 coordinate
    """
    __tracebackhide__ = True
    from jaxplore.capture.finite.compare import compare

    compared, rules = compare(f, args, kwargs, wrt=wrt, has_aux=has_aux, rtol=rtol)
    if compared.of("differs"):
        raise _differs(compared, rules)
    if not any(one.verdict not in ("unclear", "jump", "edge") for one in compared.coordinates):
        raise _nothing_to_see(compared)
    print("\n".join(_passed(compared)))


def all_finite(tree_or_f: Any, /, *args: Any, **kwargs: Any) -> None:
    """Whether no number is NaN or infinite: in arrays, or in what a function returns.

    Args:
        tree_or_f: A pytree of arrays; or a function, which is called.
        *args: The function's arguments.
        **kwargs: Its keyword arguments.

    Raises:
        CheckError: Some are not; says which, and of a function, the expression that made the
            first.

    >>> all_finite({"w": [1.0, 2.0], "b": 0.0})
    PASS all finite: 3 numbers in 3 arrays
    """
    __tracebackhide__ = True
    from jaxplore.capture.finite.finite import bad_leaves, is_function

    is_called = bool(args or kwargs) or is_function(tree_or_f)
    tree = tree_or_f(*args, **kwargs) if is_called else tree_or_f
    seen = bad_leaves(tree)
    if not seen.bad:
        print(f"PASS all finite: {_many(seen.numbers, 'number')} in {_many(seen.leaves, 'array')}")
        return
    origin = _first_bad(tree_or_f, args, kwargs) if is_called else ""
    given = [*seen.bad[:_MOST_LINES], *([origin] if origin else [])]
    raise _error(
        failed="Not all numbers are finite.",
        given=given,
        do="look at %numerics f(x), or jaxplore.numerics(f, x), of the function that made them.",
    )


def residual_bytes(
    f: Callable[..., Any],
    /,
    *args: Any,
    most: int,
    wrt: int | str | Sequence[int | str] = 0,
    has_aux: bool = False,
    **kwargs: Any,
) -> None:
    """Whether a function keeps at most so many bytes for its backward pass.

    Nothing is run. Arguments and constants do not count: they are alive anyway.

    Args:
        f: As for `jaxplore.gradient`.
        *args: Its arguments; `jax.ShapeDtypeStruct` is enough.
        most: How many bytes may be kept.
        wrt: By which arguments the gradient is taken.
        has_aux: Whether `f` returns a pair of its result and auxiliary data.
        **kwargs: Its keyword arguments.

    Raises:
        CheckError: It keeps more; says which values.

    >>> import jax, jax.numpy as jnp
    >>> residual_bytes(lambda x: jnp.sin(x).sum(), jnp.ones(8), most=32)
    PASS <lambda> keeps 32 bytes for its backward pass, at most 32 are allowed
    """
    __tracebackhide__ = True
    from jaxplore.capture.finite.finite import types_alone
    from jaxplore.public.gradient import gradient

    args, kwargs = types_alone((args, kwargs))
    seen = gradient(f, *args, wrt=wrt, has_aux=has_aux, **kwargs)
    if seen.residual_bytes > most:
        raise _keeps_more(seen, most)
    print(
        f"PASS {seen.name} keeps {_many(seen.residual_bytes, 'byte')} for its backward pass, "
        f"at most {most:,} are allowed"
    )


def sent_bytes(f: Callable[..., Any], /, *args: Any, most: int, **kwargs: Any) -> None:
    """Whether each device sends at most so many bytes in one run of a program.

    Nothing is run. A loop of unknown length counts once.

    Args:
        f: As for `jaxplore.collectives`.
        *args: Its arguments, on their devices; or `jax.ShapeDtypeStruct` with a sharding.
        most: How many bytes may be sent.
        **kwargs: Its keyword arguments.

    Raises:
        CheckError: More is sent; says by which expressions.

    >>> import jax.numpy as jnp
    >>> sent_bytes(lambda x: x.sum(), jnp.ones(8), most=0)
    PASS <lambda>: each of 1 device sends 0 bytes, at most 0 are allowed
    """
    __tracebackhide__ = True
    from jaxplore.public.collectives import collectives

    seen = collectives(f, *args, **kwargs)
    devices = _many(seen.devices, "device")
    if seen.sent_bytes > most:
        raise _error(
            failed=f"{seen.program.name}: each of {devices} sends {seen.sent_bytes:,} bytes, "
            f"at most {most:,} are allowed.",
            given=_cut(_sent_lines(seen), "expression"),
            do="split what meets in one expression the same way: %placement shows how it is "
            "split, %collectives what avoids each.",
        )
    print(
        f"PASS {seen.program.name}: each of {devices} sends {_many(seen.sent_bytes, 'byte')}, "
        f"at most {most:,} are allowed"
    )


def _sent_lines(seen: "Collectives") -> list[str]:
    """What is sent, that of one expression and kind together; the most bytes first."""
    sums: dict[tuple[str, str], int] = {}
    for row in seen.rows:
        key = (row.kind, "no expression of yours" if row.span is None else row.span.described(60))
        sums[key] = sums.get(key, 0) + row.sent_bytes * (row.repeats or 1)
    lines = sorted(sums.items(), key=lambda item: -item[1])
    return [f"{size:,} bytes, {kind}: {place}" for (kind, place), size in lines]


def _keeps_more(seen: "Gradient", most: int) -> CheckError:
    return _error(
        failed=f"{seen.name} keeps {seen.residual_bytes:,} bytes for its backward pass, "
        f"at most {most:,} are allowed.",
        given=_cut(_kept_lines(seen), "expression"),
        do="compute them again in the backward pass: jax.checkpoint on the part that makes them; "
        "%gradient --memory compares the ways.",
    )


def _kept_lines(seen: "Gradient") -> list[str]:
    """What is kept, the values of one expression and type together; the most bytes first."""
    sums: dict[tuple[str, str], list[int]] = {}
    for one in seen.residuals:
        if one.kind == "made":
            key = (one.type, " ".join(one.name.split())[:60])
            sums.setdefault(key, []).append(one.size_bytes)
    lines = sorted(sums.items(), key=lambda item: -sum(item[1]))
    return [
        f"{sum(sizes):,} bytes, {f'{len(sizes):,} × ' if len(sizes) > 1 else ''}{kind}: {name}"
        for (kind, name), sizes in lines
    ]


def _first_bad(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The expression that made the first one; empty where that cannot be told."""
    from jaxplore.faults import contained
    from jaxplore.public.numerics import numerics

    with contained("find where it was made", passing=(CheckError,)):
        bad = numerics(f, *args, **kwargs).first_bad
        if bad is not None and bad.span is not None:
            return f"the first was made by {bad.span.described(80)}"
    return ""


def _passed(compared: "Compared") -> list[str]:
    head = (
        f"PASS {compared.function}: the gradient agrees with finite differences in "
        f"{compared.dtype}, to a relative {compared.rtol:.0e}"
    )
    leaves = [_leaf_line(compared, path, size) for path, size in compared.sizes]
    return [head, *_indented([*_notes(compared), *_cut(leaves, "leaf")])]


def _notes(compared: "Compared") -> list[str]:
    notes: list[str] = []
    if compared.refused_double:
        notes.append(f"it does not run in float64: compared in {compared.dtype}")
    elif compared.pinned_by:
        notes.append(f"it computes in {compared.dtype} itself: {compared.pinned_by}")
    if not compared.is_scalar:
        notes.append("it returns more than one number: compared is a weighted sum of them")
    notes += _cut([_point(one) for one in compared.coordinates if one.verdict in _POINTS], "kink")
    return notes


def _leaf_line(compared: "Compared", path: str, size: int) -> str:
    own = [one for one in compared.coordinates if one.path == path]
    moved = [one for one in own if one.index is not None]
    words = [f"{len(moved):,} of {_many(size, 'coordinate')}"]
    if len(own) > len(moved):
        words.append(f"{_many(len(own) - len(moved), 'random direction')}")
    differ = [one for one in own if one.verdict == "differs"]
    unclear = sum(one.verdict == "unclear" for one in own)
    if differ:
        errors = [one.error for one in differ if isfinite(one.error)]
        worst = _relative(", relative error up to ", max(errors, default=nan))
        words.append(f"{len(differ):,} differ{worst}")
    if unclear:
        words.append(f"{unclear:,} too small beside the function's rounding to compare")
    return f"{path}: {', '.join(words)}"


_POINTS: Final = {
    "kink": "a kink, with slopes {left:.4g} and {right:.4g}; the gradient is {gradient:.4g}",
    "jump": "the function jumps here; the gradient is {gradient:.4g}",
    "edge": "the function is finite on one side only; the gradient is {gradient:.4g}",
}


def _point(one: "Coordinate") -> str:
    # Adding zero turns -0 into 0.
    numbers = {name: getattr(one, name) + 0.0 for name in ("left", "right", "gradient")}
    rounded = {name: 0.0 if abs(n) < 1e-9 else n for name, n in numbers.items()}
    return f"{one.name}: {_POINTS[one.verdict].format(**rounded)}"


def _differs(compared: "Compared", rules: Sequence[str]) -> CheckError:
    worst = max(compared.of("differs"), key=_badness)
    found = (
        f"{worst.name}: gradient {worst.gradient:.4g}, finite difference {worst.difference:.4g}"
        f"{_relative(', relative error ', worst.error)}"
    )
    leaves = [_leaf_line(compared, path, size) for path, size in compared.sizes]
    if not isfinite(worst.gradient):
        do = "look at jaxplore.numerics(jax.grad(f), ...): where the first NaN or Inf is made."
    elif rules:
        do = f"check the rule of {', '.join(rules[:5])}: custom_jvp and custom_vjp are believed."
    else:
        do = (
            "look at jaxplore.gradient(f, ...).stops: where a derivative is cut on purpose "
            "(stop_gradient), the slope of the function is another."
        )
    lines = [found, *_cut(leaves, "leaf"), *_notes(compared)]
    return _error(
        failed=f"The gradient of {compared.function} differs from finite differences.",
        given=lines,
        do=do,
    )


def _relative(words: str, error: float) -> str:
    return f"{words}{error:.2g}" if isfinite(error) else ""


def _badness(one: "Coordinate") -> tuple[bool, bool, float, float]:
    """NaN first, then a coordinate, then the largest relative error, then the largest
    difference."""
    is_nan = not isfinite(one.gradient)
    error = 0.0 if is_nan else round(one.error, 6)
    return is_nan, one.index is not None, error, abs(one.gradient - one.difference)


def _nothing_to_see(compared: "Compared") -> CheckError:
    leaves = [_leaf_line(compared, path, size) for path, size in compared.sizes]
    return _error(
        failed=f"The gradient of {compared.function} cannot be compared with finite differences.",
        given=[*_cut(leaves, "leaf"), *_notes(compared)],
        do="pass a point where the function is smooth, and let it compute in float32 or float64.",
    )


def _error(*, failed: str, given: Sequence[str], do: str) -> CheckError:
    lines = "\n     ".join(given)
    return CheckError(f"{failed}\nGot: {lines}\nDo: {do}")


def _cut(lines: Sequence[str], noun: str) -> list[str]:
    more = len(lines) - _MOST_LINES
    plural = "leaves" if noun == "leaf" else f"{noun}s"
    return [*lines[:_MOST_LINES], *([f"and {more:,} more {plural}"] if more > 0 else [])]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
