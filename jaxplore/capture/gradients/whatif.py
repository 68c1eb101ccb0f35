"""What a gradient would keep under each way to checkpoint: measured on rewritten programs,
without running any."""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jax

from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.gradients.arguments import (
    Arguments,
    Wrt,
    plain_function,
    read_arguments,
)
from jaxplore.capture.gradients.gradient import capture_gradient
from jaxplore.capture.gradients.traced import function_alone
from jaxplore.capture.gradients.whatifcalls import Call, Calls, calls_of
from jaxplore.capture.gradients.whatifrewrite import (
    Rewriting,
    Wrapping,
    consts_of,
    scan_parts,
)
from jaxplore.capture.numerics.loops import parts_of_scan
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.program import capture_program
from jaxplore.capture.programs.tracing import trace
from jaxplore.capture.source.spans import SpanTable
from jaxplore.errors import JaxploreError, NotAProgramError
from jaxplore.model.gradient import Gradient
from jaxplore.model.memoryoptions import CheckpointOption, CheckpointOptions

_MOST_PROPOSED: Final = 3
_MOST_LOOPS: Final = 2
# Of a gradient. A linear solver alone is transposed without being differentiated.
_BACKWARD: Final = re.compile(r"transpose\((?:vmap\()*jvp\(")
_POLICIES: Final = ("dots_saveable", "dots_with_no_batch_dims_saveable")


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to write the function."""

    name: str
    function: str
    policy: str
    wrapping: Wrapping


@dataclass(frozen=True, slots=True)
class _Traced:
    """The function as it is, and what is known of it."""

    jaxpr: Any
    types: list[jax.ShapeDtypeStruct]
    calls: list[Call]
    inside: Counter[int]
    """How many equations were traced in each call."""

    @property
    def equations(self) -> list[Any]:
        """All, with those that nested programs hold."""
        return [*_all_equations(self.jaxpr)]

    def run(self, wrapping: Wrapping, count: int) -> tuple[Callable[..., Any], Rewriting]:
        """The function of its traced leaves, under a wrapping; its first `count` results."""
        rewriting = Rewriting(wrapping)
        whole = rewriting.function(jaxprs.opened(self.jaxpr), consts_of(self.jaxpr))
        return (lambda *leaves: whole(*leaves)[:count]), rewriting


def capture_options(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    wrt: Wrt = 0,
    has_aux: bool = False,
    functions: Sequence[Any] = (),
) -> CheckpointOptions:
    """Compare ways to checkpoint a function; see `jaxplore.checkpoint_options`.

    Raises:
        UserCodeFailed: The function raised while JAX traced it.
        JaxploreError: It is no function to differentiate, or calls none of `functions`.
    """
    if not callable(f):
        raise NotAProgramError.of(
            failed="Cannot checkpoint this.",
            given=f"{' '.join(repr(f).split())[:80]} ({type(f).__name__})",
            do="pass a function and its arguments.",
        )
    f = plain_function(f)
    arguments = read_arguments(f, args, kwargs, wrt)
    with observer.paused():
        traced, count = _traced(f, arguments, has_aux=has_aux)
        ways = [*_ways(traced, f, functions)]
        measured = [_measured(traced, arguments, way, count) for way in ways]
        alone = capture_program(traced.jaxpr, stages=("jaxpr",))
    forward = alone.total_flops
    as_it_is = measured[0][1]
    rows = [
        CheckpointOption(
            name=way.name,
            function=way.function,
            policy=way.policy,
            calls=parts,
            residual_bytes=kept,
            recomputed_flops=max(flops - as_it_is, 0),
            share=max(flops - as_it_is, 0) / forward if forward else 0.0,
        )
        for way, (kept, flops, parts) in zip(ways, measured, strict=True)
    ]
    return CheckpointOptions(
        name=getattr(f, "__name__", type(f).__name__),
        rows=tuple(sorted(rows, key=lambda row: (-row.residual_bytes, row.recomputed_flops))),
        forward_flops=forward,
        proposed=not functions,
    )


def _traced(f: Callable[..., Any], arguments: Arguments, *, has_aux: bool) -> tuple[_Traced, int]:
    """Trace it, with the calls noted; also how many of its results are no auxiliary data."""
    calls = Calls()
    given, named = arguments.given()
    alone = function_alone(f, arguments)
    # Under its own signature, by which JAX names arguments.
    watched = calls.watched(alone)
    watched.__signature__ = inspect.signature(alone)  # pyright: ignore[reportFunctionMemberAccess]
    made = trace(watched, given, named, _say_nothing).traced
    out = made.out_info
    out = out[0] if has_aux and isinstance(out, tuple | list) and out else out
    jaxpr = made.jaxpr
    _refuse_a_gradient(jaxpr)
    inside = Counter(number for e in _all_equations(jaxpr) for number in calls_of(e))
    types = [_type(var.aval) for var in jaxprs.opened(jaxpr).invars]
    return _Traced(jaxpr, types, calls.found, inside), len(jax.tree.leaves(out))


def _say_nothing(_step: str, _equations: int) -> None:
    return


def _type(aval: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype, weak_type=getattr(aval, "weak_type", False))


def _refuse_a_gradient(jaxpr: Any) -> None:
    if any(_BACKWARD.search(str(e.source_info.name_stack)) for e in _all_equations(jaxpr)):
        raise JaxploreError.of(
            failed="Cannot checkpoint a gradient: it is computed already.",
            given="a function that takes a gradient itself",
            do="pass the function that is differentiated, such as the loss.",
        )


def _all_equations(jaxpr: Any) -> Iterator[Any]:
    waiting = [jaxpr]
    while waiting:
        for equation in jaxprs.opened(waiting.pop()).eqns:
            yield equation
            waiting += [inner for _, inner in jaxprs.nested(equation.params)]


def _ways(traced: _Traced, f: Any, functions: Sequence[Any]) -> Iterator[_Way]:
    yield _Way("as it is", "", "", Wrapping())
    has_dots = any(e.primitive.name == "dot_general" for e in traced.equations)
    chosen = [_found(traced, f, one) for one in functions] if functions else _proposed(traced)
    for name, wrapping in [*chosen, *([] if functions else _loops(traced))]:
        yield _Way(f"checkpoint on {name}", name, "", wrapping)
        if has_dots:
            yield _with_policy(f"checkpoint on {name}", name, _POLICIES[0], wrapping)
    whole = "the whole"
    yield _Way("checkpoint on the whole", whole, "", Wrapping(whole=True))
    if has_dots:
        for policy in _POLICIES:
            yield _with_policy("checkpoint on the whole", whole, policy, Wrapping(whole=True))
    names = _checkpoint_names(traced)
    if names:
        policy = f"save_only_these_names({', '.join(map(repr, names))})"
        save = jax.checkpoint_policies.save_only_these_names(*names)
        wrapping = Wrapping(whole=True, policy=save)
        yield _Way(f"checkpoint on the whole, {policy}", whole, policy, wrapping)


def _with_policy(name: str, function: str, policy: str, wrapping: Wrapping) -> _Way:
    rule = getattr(jax.checkpoint_policies, policy)
    wrapped = Wrapping(
        calls=wrapping.calls,
        jitted=wrapping.jitted,
        loop=wrapping.loop,
        whole=wrapping.whole,
        policy=rule,
    )
    return _Way(f"{name}, {policy}", function, policy, wrapped)


def _found(traced: _Traced, f: Any, wanted: Any) -> tuple[str, Wrapping]:
    """A function that was named: all its calls.

    Raises:
        JaxploreError: It was not called.
    """
    name = wanted if isinstance(wanted, str) else _name_of(wanted)
    code = None if isinstance(wanted, str) else _code_of(wanted)
    numbers = [
        number
        for number, call in enumerate(traced.calls)
        if (call.code is code if code is not None else name in call.names)
    ]
    if any(e.params.get("name") == name for e in traced.equations if e.primitive.name == "jit"):
        return name, Wrapping(jitted=name)
    if not any(traced.inside[number] for number in numbers):
        called = dict.fromkeys(call.shown for call in traced.calls if call.name != "<lambda>")
        raise JaxploreError.of(
            failed=f"{getattr(f, '__name__', 'The function')} does not call {name}.",
            given=f"calls of {', '.join([*called][:10]) or 'no function of yours'}",
            do="name a function that it calls, or the function itself.",
        )
    return name, Wrapping(calls=frozenset(numbers))


def _name_of(wanted: Any) -> str:
    return str(getattr(wanted, "__name__", wanted))


def _code_of(wanted: Any) -> Any:
    """The code of a function, whatever it was decorated with."""
    plain = inspect.unwrap(wanted.__call__ if inspect.isclass(wanted) else wanted)
    return getattr(getattr(plain, "__func__", plain), "__code__", None)


def _proposed(traced: _Traced) -> list[tuple[str, Wrapping]]:
    """Functions of the user's that were called several times, each time with several
    equations; those with the most first."""
    numbers: dict[Any, list[int]] = {}
    for number, call in enumerate(traced.calls):
        if traced.inside[number] > 1 and call.name != "<lambda>":
            numbers.setdefault(call.code, []).append(number)
    repeated = [own for own in numbers.values() if len(own) > 1]
    repeated.sort(key=lambda own: -sum(traced.inside[number] for number in own))
    return [
        (traced.calls[own[0]].shown, Wrapping(calls=frozenset(own)))
        for own in repeated[:_MOST_PROPOSED]
    ]


def _loops(traced: _Traced) -> list[tuple[str, Wrapping]]:
    """The longest scans that stand in the function itself."""
    spans = SpanTable()
    scans = [e for e in _reachable(traced.jaxpr) if e.primitive.name == "scan"]
    known = [e for e in scans if parts_of_scan(e) is not None and e.params["length"] > 1]
    known.sort(key=lambda e: -int(e.params["length"]) * len(jaxprs.opened(scan_parts(e)[0]).eqns))
    found: list[tuple[str, Wrapping]] = []
    for equation in known[:_MOST_LOOPS]:
        span = spans.of_traceback(equation.source_info.traceback)
        where = "the loop" if span is None else span.quoted(40)
        found.append((f"each iteration of {where}", Wrapping(loop=id(equation))))
    return found


def _reachable(jaxpr: Any) -> Iterator[Any]:
    """Equations outside of loops and branches: of the program and of jitted functions."""
    waiting = [jaxpr]
    while waiting:
        for equation in jaxprs.opened(waiting.pop()).eqns:
            yield equation
            if equation.primitive.name in ("jit", "pjit"):
                waiting += [inner for _, inner in jaxprs.nested(equation.params)]


def _checkpoint_names(traced: _Traced) -> list[str]:
    """What `jax.ad_checkpoint.checkpoint_name` named."""
    found = [e.params["name"] for e in traced.equations if e.primitive.name == "name"]
    return [*dict.fromkeys(found)]


def _measured(traced: _Traced, arguments: Arguments, way: _Way, count: int) -> tuple[int, int, int]:
    """Bytes kept, operations in all, parts that were wrapped."""
    run, rewriting = traced.run(way.wrapping, count)
    seen = capture_gradient(run, tuple(traced.types), {}, wrt=arguments.wrt)
    return seen.residual_bytes, _operations(seen), rewriting.parts


def _operations(seen: Gradient) -> int:
    """Operations of value and gradient, without those whose results nothing reads."""
    program, dead = seen.program, frozenset(seen.dead)
    total = 0
    for index, equation in enumerate(program.equations):
        if not equation.regions and index not in dead:
            runs = program.regions[equation.region].runs
            total += equation.flops * (1 if runs is None else runs)
    return total
