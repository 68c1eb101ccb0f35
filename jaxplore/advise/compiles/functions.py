"""The same call of a function that is new, edited, or forgotten: R09 to R11, R20."""

import difflib

from jaxplore.advise.compiles.cause import Cause, at, at_call
from jaxplore.advise.compiles.differences import Differences
from jaxplore.model.compiles import Change, Miss

_MOST_LINES = 12


def edited_cause(now: Miss, before: Miss) -> Cause:
    """R11: its source changed."""
    old, new = before.source.split("\n"), now.source.split("\n")
    changes: list[Change] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for offset in range(max(j - i, m - k)):
            was = old[i + offset].strip() if i + offset < j else ""
            now_is = new[k + offset].strip() if k + offset < m else ""
            line = (k if k < len(new) else len(new) - 1) + offset + 1
            changes.append(Change(path=f"line {line} of {now.function}", before=was, now=now_is))
    lines = [change.path.split()[1] for change in changes]
    said = f"line {lines[0]}" if len(lines) == 1 else f"lines {lines[0]}-{lines[-1]}"
    return Cause(
        id="R11",
        explanation=f"its source changed: {said}",
        advice="nothing to do: new code needs a new compile",
        changes=tuple(changes[:_MOST_LINES]),
    )


def redefined_cause(now: Miss, found: Differences, objects: int, count: int) -> Cause | None:
    """R09 to R11 where static values differ only with the function object: their class was
    defined again too, or a library passes the function as static data."""
    same_texts = all(a and b and a.text == b.text for a, b in found.statics)
    if not (found.statics and same_texts and found.object):
        return None
    return _loaded_again(now, count) if found.code else _made_again(now, objects)


def object_cause(now: Miss, found: Differences, objects: int, count: int) -> Cause | None:
    """R09, R10, R11: another function object of the same code.

    Args:
        now: The compile.
        found: What differs.
        objects: How many function objects of the code there were.
        count: Which compile of the code it is.
    """
    if not found.object:
        return None
    return _loaded_again(now, count) if found.code else _made_again(now, objects)


def _loaded_again(now: Miss, count: int) -> Cause:
    if now.defined_at is not None and now.defined_at.file.startswith("cell "):
        return Cause(
            id="R10",
            explanation=f"same source in a new function: its cell ran again, compile {count}",
            advice="define it with jaxplore.jit or %%jit, which reuse what is compiled; or "
            "`%jaxplore cache on`",
        )
    return Cause(
        id="R11",
        explanation=f"its module was loaded again, with the same source, compile {count}",
        advice="reload a module only when it changed; jaxplore.jit reuses what did not",
    )


def _made_again(now: Miss, count: int) -> Cause:
    where, name = at_call(now), now.function
    if now.made_as == "partial":
        said = f"a new functools.partial of `{name}` is made for each call, {count} so far"
        advice = "make the partial once, or jit the function and pass the values as arguments"
    elif now.made_as == "bound method":
        said = f"jit gets the bound method `{name}` of another object each time, {count} so far"
        advice = f"decorate `{name}` with jit in its class and make the class a pytree, or make "
        advice += "the object and the jitted method once"
    else:
        line = "" if now.defined_at is None else now.defined_at.place
        said = f"{line or 'the code'} makes a new function each call, {count} so far"
        where = at(now.defined_at) if now.defined_at else where
        advice = f"define `{name}` once, outside of the loop or function that makes it"
    return Cause(id="R09", explanation=said, advice=where + advice)


def forgotten_cause(now: Miss, found: Differences, count: int) -> Cause:
    """R20: nothing differs, so what was compiled is gone."""
    if found.emptied:
        where = f" in {now.caches_emptied_at}" if now.caches_emptied_at else ""
        return Cause(
            id="R20",
            explanation=f"caches were emptied{where} (jax.clear_caches), compile {count}",
            advice="empty the caches only to free memory: everything compiles again",
        )
    return Cause(
        id="R20",
        explanation="compiled before for the same types; nothing that jaxplore can see differs, "
        f"compile {count}",
        advice="look for f.clear_cache(), for more executables than JAX keeps, or for a constant "
        "of a %%jit cell that cannot be compared (make it an array or a frozen dataclass)",
    )
