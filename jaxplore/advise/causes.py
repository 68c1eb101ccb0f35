"""Why a compile happened: the nearest earlier compile of the same function, and the
difference to it.

The ids are those of the catalogue of causes (R01 first call, R02 shape, R03 dtype, R04
weak type, R06 static value, R09 new function object, R10 cell run again, R11 cell edited,
R14 structure, R16 commitment, R17 sharding, R19 transformed variant, R21 operation
outside jit).
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, fields

from jaxplore.model.compiles import Argument, Change, Compile, Miss

_MOST_FUNCTIONS = 2048
_MOST_KEYS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The id of a cause, what to say, and what to do about it."""

    id: str
    explanation: str
    advice: str
    changes: tuple[Change, ...] = ()


class Explainer:
    """Remembers earlier compiles, in bounded number, and explains the next one."""

    def __init__(self) -> None:
        self._earlier: OrderedDict[str, deque[Miss]] = OrderedDict()
        self._counts: dict[str, int] = {}

    def explain(self, miss: Miss) -> Compile:
        """The compile with its cause; remembers it for the next."""
        earlier = self._earlier.setdefault(miss.identity, deque(maxlen=_MOST_KEYS))
        self._earlier.move_to_end(miss.identity)
        count = self._counts[miss.identity] = self._counts.get(miss.identity, 0) + 1
        cause = find_cause(miss, tuple(earlier), count)
        earlier.append(miss)
        while len(self._earlier) > _MOST_FUNCTIONS:
            del self._counts[self._earlier.popitem(last=False)[0]]
        return _explained(miss, cause)


def unexplained(miss: Miss) -> Compile:
    """The compile without a cause: what is left when explaining it failed."""
    return _explained(miss, Cause(id="", explanation="compiled", advice=""))


def _explained(miss: Miss, cause: Cause) -> Compile:
    given = {field.name for field in fields(Compile)}
    facts = {f.name: getattr(miss, f.name) for f in fields(miss) if f.name in given}
    return Compile(
        **facts,
        cause=cause.id,
        explanation=cause.explanation,
        advice=cause.advice,
        changes=cause.changes,
    )


def find_cause(miss: Miss, earlier: Sequence[Miss], count: int | None = None) -> Cause:
    """Why `miss` happened, given the earlier compiles of the same function, oldest first.

    `count` is which compile of its function it is, where more came before than are given.
    """
    if miss.kind == "eager":
        return Cause(
            id="R21",
            explanation="operation outside jit",
            advice="wrap the code around it in jit: each operation and shape compiles by itself",
        )
    if miss.variant == "transformed":
        return Cause(
            id="R19",
            explanation="variant for grad, vmap or another transformation",
            advice="jit the transformed function as a whole: jit(grad(f))",
        )
    if miss.variant == "unknown":
        return Cause(id="", explanation="compiled; this JAX does not say why", advice="")
    if miss.variant == "ahead of time":
        return Cause(id="R01", explanation="compiled ahead of time", advice="")
    if not earlier:
        return Cause(
            id="R01",
            explanation="first call",
            advice="nothing to do: calls with the same types reuse it",
        )
    nearest = min(reversed(earlier), key=lambda one: _distance(miss, one))
    return _difference(miss, nearest, count or len(earlier) + 1)


def _distance(now: Miss, before: Miss) -> tuple[int, int, int]:
    """How far two calls are apart: structure first, then number and size of differences."""
    structure = int(_paths(now) != _paths(before)) + int(now.tree != before.tree)
    arguments = sum(a != b for a, b in zip(now.arguments, before.arguments, strict=False))
    statics = sum(a != b for a, b in zip(now.statics, before.statics, strict=False))
    return structure, arguments + statics, int(now.object_serial != before.object_serial)


def _paths(miss: Miss) -> tuple[str, ...]:
    return tuple(argument.path for argument in miss.arguments)


def _difference(now: Miss, before: Miss, count: int) -> Cause:
    if now.source and before.source and now.source != before.source:
        return _edited(now, before)
    if now.tree != before.tree or _paths(now) != _paths(before):
        return _structure(now, before)
    changed = [
        (one, other)
        for one, other in zip(now.arguments, before.arguments, strict=True)
        if one != other
    ]
    new = {static.name: static.text for static in now.statics}
    old = {static.name: static.text for static in before.statics}
    statics = [
        Change(path=name, before=old.get(name, ""), now=new.get(name, ""))
        for name in {**new, **old}
        if new.get(name) != old.get(name)
    ]
    if statics:
        first = statics[0]
        return Cause(
            id="R06",
            explanation=f"static {first.path}: {first.before} -> {first.now}, compile {count}",
            advice=f"pass `{first.path}` as an array, or keep the number of its values small",
            changes=tuple(statics),
        )
    if changed:
        return _argument_cause(changed, count)
    return _same_types(now, before, count)


def _argument_cause(changed: Sequence[tuple[Argument, Argument]], count: int) -> Cause:
    new, old = changed[0]
    changes = tuple(_change(new, old) for new, old in changed)
    said = f"{new.path}: {changes[0].before} -> {changes[0].now}, compile {count}"
    if _shape(new) != _shape(old):
        advice = f"pad `{new.path}` to a fixed shape, drop the odd batch, or vmap"
        return Cause(id="R02", explanation=said, advice=advice, changes=changes)
    if new.type != old.type:
        advice = f"cast `{new.path}` once where it is made"
        return Cause(id="R03", explanation=said, advice=advice, changes=changes)
    if new.weak_type != old.weak_type:
        advice = f"make `{new.path}` an array of one dtype from the start: jnp.float32(...)"
        return Cause(id="R04", explanation=said, advice=advice, changes=changes)
    if bool(new.placement) != bool(old.placement):
        advice = "place all inputs the same way, with device_put or without, before the first call"
        return Cause(id="R16", explanation=said, advice=advice, changes=changes)
    advice = f"give `{new.path}` one sharding before the first call"
    return Cause(id="R17", explanation=said, advice=advice, changes=changes)


def _shape(argument: Argument) -> str:
    return argument.type[argument.type.find("[") :]


def _change(new: Argument, old: Argument) -> Change:
    if new.type != old.type:
        return Change(path=new.path, before=old.type, now=new.type)
    if new.weak_type != old.weak_type:
        weak = {True: f"weak {new.type}", False: new.type}
        return Change(path=new.path, before=weak[old.weak_type], now=weak[new.weak_type])
    free = "uncommitted"
    return Change(path=new.path, before=old.placement or free, now=new.placement or free)


def _structure(now: Miss, before: Miss) -> Cause:
    added = [path for path in _paths(now) if path not in _paths(before)]
    removed = [path for path in _paths(before) if path not in _paths(now)]
    parts = [f"{path} appeared" for path in added[:2]]
    parts += [f"{path} disappeared" for path in removed[:2]]
    said = ", ".join(parts) or "structure of the arguments changed"
    return Cause(
        id="R14",
        explanation=said,
        advice="pass the same structure on every call: same keys, same kinds of containers",
        changes=tuple(
            [Change(path=path, before="", now="present") for path in added]
            + [Change(path=path, before="present", now="") for path in removed]
        ),
    )


def _edited(now: Miss, before: Miss) -> Cause:
    old, new = before.source.split("\n"), now.source.split("\n")
    pairs = zip(old, new, strict=False)
    line = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
    change = Change(
        path=f"line {line + 1} of {now.function}",
        before=(old[line] if line < len(old) else "").strip(),
        now=(new[line] if line < len(new) else "").strip(),
    )
    return Cause(
        id="R11",
        explanation=f"its source changed, from its line {line + 1}",
        advice="nothing to do: new code needs a new compile",
        changes=(change,),
    )


def _same_types(now: Miss, before: Miss, count: int) -> Cause:
    if now.object_serial == before.object_serial:
        return Cause(
            id="",
            explanation=f"compiled again with the same types, compile {count}",
            advice="look for emptied caches (jax.clear_caches), or for a constant of a %%jit cell "
            "that cannot be compared: make it an array or a frozen dataclass",
        )
    if now.cell is not None and now.cell != before.cell:
        return Cause(
            id="R10",
            explanation=f"the same code again in a new function, compile {count}",
            advice="define it once, or use jaxplore.jit or %%jit, which reuse what is compiled",
        )
    return Cause(
        id="R09",
        explanation=f"a new function is made for each call, {count} so far",
        advice="define the function once, outside of the loop or function that makes it",
    )
