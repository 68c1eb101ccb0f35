"""Why a compile happened: the nearest earlier compile of the same function, and the
difference to it.

The ids are those of the catalogue of causes: R01 first call, R02 shape, R03 dtype, R04 weak
type, R05 kind of number, R06 static value, R07 static value by identity, R09 new function
object, R10 cell run again, R11 source changed, R12 control flow outside jit, R13 way of
passing arguments, R14 structure, R15 setting, R16 commitment, R17 sharding or layout, R18
options of jit, R19 transformed variant, R20 caches emptied, R21 operation outside jit, R22
not in the persistent cache. (R08, a static value that cannot be hashed, is an error: see
`unhashable`.)
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from jaxplore.advise.compiles.calls import (
    name_of,
    option_cause,
    passed_cause,
    setting_cause,
    setting_name,
    static_cause,
    structure_cause,
    widened_by_setting,
)
from jaxplore.advise.compiles.cause import Cause, at_call
from jaxplore.advise.compiles.differences import Differences, nearest, same_but_arguments
from jaxplore.advise.compiles.functions import (
    edited_cause,
    forgotten_cause,
    object_cause,
    redefined_cause,
)
from jaxplore.advise.compiles.types import change, placement_cause, type_cause
from jaxplore.model.compiles import Compile, Miss, Observed

_MOST_FUNCTIONS = 2048
_MOST_KEYS = 512
# Of a function with very many arguments fewer earlier calls are kept.
_MOST_ARGUMENTS = 100_000


@dataclass(slots=True)
class _History:
    """What is remembered of one function."""

    keys: deque[Miss] = field(default_factory=deque[Miss])
    """Its compiles, each different one once, the latest last."""
    count: int = 0
    needed: set[int] = field(default_factory=set[int])
    """The types it was compiled for."""


class Explainer:
    """Remembers earlier compiles, in bounded number, and explains the next one."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _History] = OrderedDict()

    def explain(self, miss: Miss) -> Compile:
        """The compile with its cause; remembers it for the next."""
        history = self._known.setdefault(_group(miss), _History())
        self._known.move_to_end(_group(miss))
        history.count += 1
        cause = find_cause(miss, tuple(history.keys), history.count)
        needed = _needed(miss)
        avoidable = needed in history.needed and _is_avoidable(miss, cause)
        _remember(history, miss, needed)
        while len(self._known) > _MOST_FUNCTIONS:
            self._known.popitem(last=False)
        return _explained(miss, cause, history.count, avoidable=avoidable)


def _is_avoidable(miss: Miss, cause: Cause) -> bool:
    """Whether a compile for types that were compiled for before could have been saved."""
    if miss.variant or cause.id in ("", "R01", "R11", "R15", "R22"):
        return False
    # An operation has parameters that its arguments do not show: the shape of ones(4).
    if miss.kind == "eager":
        return cause.id == "R12"
    return cause.id != "R20" or bool(miss.caches_emptied)


def _group(miss: Miss) -> str:
    """Compiles that are compared with each other."""
    if miss.body:  # scan and the like: all are one function of JAX's
        site = miss.call_site
        line = "" if site is None else f"{site.function}:{site.text}"
        return f"{miss.function}:{miss.body}:{line}"
    return f"{miss.variant}:{miss.identity}"


def _needed(miss: Miss) -> int:
    """What a compile was needed for: types and values, however they were passed."""
    arguments = tuple((a.path, a.type) for a in miss.arguments)
    # A new object of equal contents is no new value.
    statics = tuple((s.name, s.text, 0 if s.by_identity else s.key) for s in miss.statics)
    containers = tuple((s.name, s.key) for s in miss.structures)
    return hash((arguments, statics, containers, miss.source, miss.body, miss.options))


def _remember(history: _History, miss: Miss, needed: int) -> None:
    if miss.arguments or miss.statics:
        history.needed.add(needed)
        if len(history.needed) > 4 * _MOST_KEYS:
            history.needed.clear()
    same = next((k for k in history.keys if _same_key(k, miss)), None)
    if same is not None:
        history.keys.remove(same)
    # Times and texts of the program are of no use for comparing.
    history.keys.append(replace(miss, lines=()))
    most = min(_MOST_KEYS, max(_MOST_ARGUMENTS // max(len(miss.arguments), 1), 8))
    while len(history.keys) > most:
        history.keys.popleft()


def _same_key(one: Miss, other: Miss) -> bool:
    return (
        one.object_serial == other.object_serial
        and one.arguments == other.arguments
        and same_but_arguments(one, other)
    )


def unexplained(miss: Miss) -> Compile:
    """The compile without a cause: what is left when explaining it failed."""
    return _explained(miss, Cause(id="", explanation="compiled", advice=""), 1, avoidable=False)


_FACTS = tuple(one.name for one in fields(Observed))


def _explained(miss: Miss, cause: Cause, number: int, *, avoidable: bool) -> Compile:
    return Compile(
        **{name: getattr(miss, name) for name in _FACTS},
        cause=cause.id,
        explanation=cause.explanation,
        advice=cause.advice,
        changes=cause.changes,
        compared_at_s=cause.compared_at_s,
        avoidable=avoidable,
        number=number,
        variant=miss.variant,
        details=(*cause.details, *_cache_details(miss)),
    )


def find_cause(miss: Miss, earlier: Sequence[Miss], count: int | None = None) -> Cause:
    """Why `miss` happened, given the earlier compiles of the same function, oldest first.

    `count` is which compile of its function it is, where more came before than are given.
    """
    number = count or len(earlier) + 1
    if miss.kind == "eager":
        return _operation(miss, earlier, number)
    if miss.variant == "unknown":
        return Cause(id="", explanation="compiled; this JAX does not say why", advice="")
    if miss.variant == "ahead of time":
        return Cause(id="R01", explanation="compiled ahead of time", advice="")
    others = [one for one in earlier if not _is_another_function(miss, one)]
    # A function object that compiled before is compared with itself.
    own = [one for one in others if one.object_serial == miss.object_serial]
    others = own if own and not miss.variant else others
    if not others:
        return _first_variant(miss) if miss.variant else _first(miss)
    before, found = nearest(miss, tuple(others))
    what = _of_its_own(found) if found.object and not found.source else ""
    if miss.variant:
        cause = _of_variant(miss, found, others)
    elif what:
        cause = _first(miss, what)
    else:
        cause = _of_difference(miss, before, found, others, number)
    return replace(cause, compared_at_s=before.compile_at_s)


def _is_another_function(one: Miss, other: Miss) -> bool:
    """Whether two functions of one name are two in the text: on two lines of one version of
    it. A lambda with another text is always another."""
    if one.made_as == "lambda" and one.source != other.source:
        return True
    a, b = one.defined_at, other.defined_at
    if a is None or b is None or one.object_serial == other.object_serial:
        return False
    return one.text_key == other.text_key and a.file == b.file and a.line != b.line


def _of_its_own(found: Differences) -> str:
    """Why a new function object would need a compile even if it were an old one."""
    types = any(a.type != b.type or a.weak_type != b.weak_type for a, b in found.arguments)
    texts = any((a and a.text) != (b and b.text) for a, b in found.statics)
    if found.appeared or found.disappeared or found.structures:
        return "another structure"
    return "other types" if types else "other values compiled in" if texts else ""


def _of_variant(miss: Miss, found: Differences, earlier: Sequence[Miss]) -> Cause:
    """What a transformation asked for: JAX does not say with which arguments."""
    same_paths = not (found.appeared or found.disappeared)
    changed = type_cause(miss, found, earlier) if same_paths else None
    if changed is None or changed.id not in ("R02", "R03"):
        return _first_variant(miss)
    return replace(
        changed,
        advice=f"{at_call(miss)}call {miss.function} with fewer types, or jit the transformed "
        "function as a whole",
        details=(),
    )


def _first(miss: Miss, differing: str = "") -> Cause:
    if miss.persistent_cache == "not stored" and miss.cache_threshold_s is not None:
        return Cause(
            id="R22",
            explanation=f"first call; {_not_stored(miss)}",
            advice="`%jaxplore cache on` stores short compiles too, as does "
            "jax.config.update('jax_persistent_cache_min_compile_time_secs', 0)",
        )
    of = "".join(f"{name} of " for name in miss.wrappers if name.startswith("jax."))
    if differing:
        return Cause(
            id="R01",
            explanation=f"first call of a new {miss.function} object of the same code, with "
            f"{differing}",
            advice="nothing to do, unless it is meant to be one function: then define it once",
        )
    read = ", read from the persistent cache" if miss.persistent_cache == "hit" else ""
    return Cause(
        id="R01",
        explanation=f"first call{f' of {of}{miss.function}' if of else ''}{read}",
        advice="nothing to do: calls with the same types reuse it",
    )


def _not_stored(miss: Miss) -> str:
    return (
        "not stored in the persistent cache, which takes only what compiles for "
        f"{miss.cache_threshold_s:g} s or longer"
    )


def _cache_details(miss: Miss) -> tuple[str, ...]:
    if miss.persistent_cache == "hit":
        # JAX keeps whole seconds, rounded down.
        saved = "" if not miss.saved_s else f", at least {miss.saved_s:.0f} s of compiling saved"
        return (f"read from the persistent cache{saved}",)
    if miss.persistent_cache == "miss":
        return ("not in the persistent cache: stored now",)
    if miss.persistent_cache == "not stored" and miss.cache_threshold_s is not None:
        return (_not_stored(miss),)
    return ()


_VARIANTS = {
    "backward": "its backward pass",
    "forward": "its forward pass for a gradient",
    "tangent": "its forward-mode derivative",
    "batched": "its batched form",
    "batched backward": "its batched backward pass",
    "batched forward": "its batched forward pass for a gradient",
    "batched tangent": "its batched forward-mode derivative",
}


def _first_variant(miss: Miss) -> Cause:
    what = _VARIANTS.get(miss.variant, "its form for grad, vmap or another transformation")
    wrapper = {"batched": "jax.vmap", "tangent": "jax.jvp"}.get(miss.variant, "jax.grad")
    return Cause(
        id="R19",
        explanation=f"{what}, not {miss.function} again",
        advice=f"{at_call(miss)}jit the transformed function as a whole: "
        f"jax.jit({wrapper}(...)) compiles once",
    )


def _operation(miss: Miss, earlier: Sequence[Miss], number: int) -> Cause:
    if not miss.body:
        return Cause(
            id="R21",
            explanation="operation outside jit",
            advice="wrap the code around it in jit: each operation and shape compiles by itself",
        )
    if any(_needed(one) == _needed(miss) for one in earlier):
        return Cause(
            id="R12",
            explanation=f"outside jit: its body `{miss.body}` is traced and "
            f"compiled anew each call, {number} so far",
            advice=f"{at_call(miss)}wrap the code around it in jit, or give the body a name and "
            "define it once",
        )
    return Cause(
        id="R21",
        explanation=f"outside jit, with body `{miss.body}`",
        advice=f"{at_call(miss)}wrap the code around it in jit: outside, each size, and each new "
        "function, compiles by itself",
    )


def _objects(now: Miss, earlier: Sequence[Miss]) -> int:
    """How many function objects there were."""
    return len({one.object_serial for one in [*earlier, now]})


def _of_difference(
    now: Miss, before: Miss, found: Differences, earlier: Sequence[Miss], number: int
) -> Cause:
    if found.source:
        return edited_cause(now, before)
    cause = None
    if widened_by_setting(found):
        cause = setting_cause(now, found)
    cause = (
        cause
        or structure_cause(now, found)
        or redefined_cause(now, found, _objects(now, earlier), number)
        or static_cause(now, found, earlier)
        or type_cause(now, found, earlier)
        or passed_cause(now, found)
        or setting_cause(now, found)
        or placement_cause(now, found)
        or option_cause(now, found)
        or object_cause(now, found, _objects(now, earlier), number)
        or forgotten_cause(now, found, number)
    )
    if number > 2 and cause.id in ("R03", "R04", "R13", "R14", "R15", "R16", "R17", "R18"):
        cause = replace(cause, explanation=f"{cause.explanation}, compile {number}")
    return replace(cause, details=(*cause.details, *_also(found, cause)))


def _also(found: Differences, cause: Cause) -> tuple[str, ...]:
    """Differences that the cause does not say."""
    also = [f"{b.path}: {c.before} -> {c.now}" for a, b in found.arguments for c in [change(a, b)]]
    also += [f"{a.path} appeared" for a in found.appeared]
    also += [f"{a.path} disappeared" for a in found.disappeared]
    also += [
        f"{name_of(a, b)}: {a.text if a else 'not given'} -> {b.text if b else 'not given'}"
        for a, b in found.statics
    ]
    also += [f"{setting_name(b)}: {a.text} -> {b.text}" for a, b in found.settings]
    also += [f"{b.name} given as {b.how}, before as {a.how}" for a, b in found.passed]
    said = tuple(f"{one.path}{end}" for one in cause.changes for end in (":", " "))
    also = [text for text in also if not text.startswith(said) and cause.id != "R13"]
    if found.object and cause.id not in ("R09", "R10", "R11"):
        also.append("the function is a new object of the same code")
    return tuple(f"also different: {text}" for text in also)
