"""Another static value, structure, way to pass arguments, setting or option: R06, R07, R13,
R14, R15, R18."""

from collections.abc import Sequence

from jaxplore.advise.compiles.cause import Cause, at_call, more
from jaxplore.advise.compiles.differences import Differences, dtype_of, shape_of
from jaxplore.advise.compiles.types import change
from jaxplore.model.compiles import Argument, Change, Miss, Setting, Static


def setting_cause(now: Miss, found: Differences) -> Cause | None:
    """R15: a setting of JAX's differs."""
    if not found.settings:
        return None
    before, new = found.settings[0]
    where = f" in cell {new.changed_in}" if new.changed_in is not None else ""
    name = setting_name(new)
    return Cause(
        id="R15",
        explanation=f"{name} changed{where}: {before.text or 'none'} -> {new.text or 'none'}"
        f"{more(len(found.settings) - 1, 'setting')}",
        advice=f"set {name} once, at the top of the notebook, before anything is compiled",
        changes=tuple(
            Change(path=setting_name(b), before=a.text, now=b.text) for a, b in found.settings
        )
        + tuple(change(*pair) for pair in found.arguments),
    )


def widened_by_setting(found: Differences) -> bool:
    """Whether types differ only because 64 bits were switched on or off."""
    if not any(new.name == "jax_enable_x64" for _, new in found.settings):
        return False
    pairs = [(a, b) for a, b in found.arguments if a.type != b.type]
    return all(
        shape_of(a.type) == shape_of(b.type) and _kind(a) == _kind(b) for a, b in pairs
    ) and not (found.appeared or found.disappeared or found.statics or found.structures)


def _kind(argument: Argument) -> str:
    return dtype_of(argument.type).rstrip("0123456789")


def setting_name(setting: Setting) -> str:
    """A setting as people say it."""
    return {"mesh": "the mesh", "mesh devices": "the mesh"}.get(setting.name, setting.name)


def structure_cause(now: Miss, found: Differences) -> Cause | None:
    """R14: other containers, other keys, None instead of an array."""
    if not (found.appeared or found.disappeared or found.structures):
        return None
    changes = [Change(path=a.path, before="", now=a.type) for a in found.appeared]
    changes += [Change(path=a.path, before=a.type, now="") for a in found.disappeared]
    said = [f"{a.path} appeared" for a in found.appeared[:2]]
    said += [f"{a.path} disappeared" for a in found.disappeared[:2]]
    rest = max(len(found.appeared) - 2, 0) + max(len(found.disappeared) - 2, 0)
    containers = [(old, new) for old, new in found.structures if old or new]
    for old, new in containers if not said else ():
        before, after = (old.text if old else ""), (new.text if new else "")
        name = next(one.name for one in (new, old) if one is not None)
        changes.append(Change(path=name, before=before, now=after))
    if not said and containers:
        old, new = containers[0]
        name = changes[0].path
        if old and new and old.text != new.text:
            was, now_is = shortest(old.text, new.text)
            said = [f"{name}: {was} -> {now_is}"]
        else:
            said = [f"{name}: other containers, or other data in a registered class"]
    return Cause(
        id="R14",
        explanation=", ".join(said) + more(rest, "path"),
        advice=f"{at_call(now)}pass one structure on every call: the same keys, the same kinds "
        "of containers, an array instead of None",
        changes=tuple(changes),
    )


def static_cause(now: Miss, found: Differences, earlier: Sequence[Miss]) -> Cause | None:
    """R06, R07: a value that is compiled in differs."""
    if not found.statics:
        return None
    changes = tuple(
        Change(path=name_of(a, b), before=a.text if a else "", now=b.text if b else "")
        for a, b in found.statics
    )
    before, new = found.statics[0]
    name = name_of(before, new)
    # Where it was not given, the default is a value too.
    count = len({_key_of(miss, name) for miss in [*earlier, now]})
    if before and new and before.by_identity and new.by_identity and before.text == new.text:
        return _identity(now, new, count, changes)
    was, now_is = shortest(changes[0].before or "not given", changes[0].now or "not given")
    if was == now_is:  # its class was defined again, or compares more than it shows
        now_is = f"{now_is} that compares unequal"
    return Cause(
        id="R06",
        explanation=f"static {name}: {was} -> {now_is}, {count} values so far = {count} "
        f"executables{more(len(changes) - 1, 'static value')}",
        advice=at_call(now) + _static_advice(name, new or before),
        changes=changes,
    )


def _key_of(miss: Miss, name: str) -> int | None:
    return next((static.key for static in miss.statics if static.name == name), None)


def _static_advice(name: str, static: Static | None) -> str:
    text = "" if static is None else static.text
    if text.lstrip("-").replace(".", "", 1).isdigit():
        return (
            f"pass `{name}` as an array (drop it from static_argnames), or keep the number of "
            "its values small"
        )
    return f"keep the number of values of `{name}` small: each is an executable that stays"


def shortest(before: str, now: str, most: int = 60) -> tuple[str, str]:
    """Two texts, of long ones only where they differ.

    >>> shortest("a" * 80 + "1", "a" * 80 + "2", 12)
    ('…aaaa1', '…aaaa2')
    """
    if max(len(before), len(now)) <= most:
        return before, now
    start = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), 0)
    start = max(start - 4, 0)
    return _window(before, start, most), _window(now, start, most)


def _window(text: str, start: int, most: int) -> str:
    end = "…" if len(text) > start + most else ""
    return f"{'…' if start else ''}{text[start : start + most]}{end}"


def name_of(before: Static | None, new: Static | None) -> str:
    """The parameter of a static value."""
    return next(static.name for static in (new, before) if static is not None)


def _identity(now: Miss, static: Static, count: int, changes: tuple[Change, ...]) -> Cause:
    kind = static.text.partition("(")[0].strip()
    said = f"static {static.name}: a new {kind} object each time compares unequal, {count} so far"
    if static.name == "self":
        advice = (
            f"make {kind} a pytree (jax.tree_util.register_dataclass), or a frozen dataclass: "
            "equal objects then share one compile"
        )
    elif kind == "partial":
        advice = f"{at_call(now)}make the partial once, and pass that one"
    elif "(line " in static.text:
        said = f"static {static.name}: a new function each time (`{static.text}`), {count} so far"
        advice = f"{at_call(now)}define `{kind}` once, outside, and pass that one"
    else:
        advice = (
            f"{at_call(now)}decorate {kind} with @dataclass(frozen=True) so that equal ones are "
            "one key, or pass the same object"
        )
    return Cause(id="R07", explanation=said, advice=advice, changes=changes)


def passed_cause(now: Miss, found: Differences) -> Cause | None:
    """R13: the same arguments, given in another way."""
    if not found.passed:
        return None
    before, new = found.passed[0]
    old = {one.name: one.how for one, _ in found.passed}
    was = tuple(old.get(p.name, p.how) for p in now.passed)
    return Cause(
        id="R13",
        explanation=f"{new.name} was given as {_how(before.how)}, now as {_how(new.how)}"
        f"{more(len(found.passed) - 1, 'parameter')}",
        advice=f"{at_call(now)}call it one way everywhere: `{now.function}(...)` with a keyword, "
        "by position and with the default left out are three compiles",
        changes=(
            Change(
                path="call",
                before=_call(now, was),
                now=_call(now, tuple(p.how for p in now.passed)),
            ),
        ),
    )


_HOW = {
    "keyword": "a keyword",
    "positional": "a position",
    "default": "its default",
    "held": "a value that functools.partial holds",
}


def _how(how: str) -> str:
    return _HOW.get(how, how)


def _call(now: Miss, how: Sequence[str]) -> str:
    parts = [
        f"{one.name}=..." if way == "keyword" else one.name
        for one, way in zip(now.passed, how, strict=True)
        if way != "default"
    ]
    return f"{now.function}({', '.join(parts)})"


def option_cause(now: Miss, found: Differences) -> Cause | None:
    """R18: options of jit differ."""
    if not found.options:
        return None
    changes = tuple(
        Change(
            path=next(o.name for o in (new, before) if o is not None),
            before=before.text if before else "",
            now=new.text if new else "",
        )
        for before, new in found.options
    )
    first = changes[0]
    return Cause(
        id="R18",
        explanation=f"jit with other options: {first.path}: {first.before or 'none'} -> "
        f"{first.now or 'none'}{more(len(changes) - 1, 'option')}",
        advice=f"{at_call(now)}jit `{now.function}` once, with one set of options, and call that",
        changes=changes,
    )
