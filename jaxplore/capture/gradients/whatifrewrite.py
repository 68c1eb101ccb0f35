"""A traced program with parts of it under `jax.checkpoint`: JAX's equations, evaluated anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jax
from jax import lax

from jaxplore.capture import _hooks
from jaxplore.capture.gradients.whatifcalls import calls_of
from jaxplore.capture.programs import jaxprs

_JITTED: Final = ("jit", "pjit")


@dataclass(frozen=True, slots=True)
class Wrapping:
    """Which parts of a program are wrapped, and how."""

    calls: frozenset[int] = frozenset()
    """Calls of functions."""
    jitted: str = ""
    """Jitted functions of this name."""
    loop: int | None = None
    """Identity of a scan, each iteration of which is wrapped."""
    whole: bool = False
    policy: Callable[..., Any] | None = None

    def wrapped(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """A part, under checkpoint."""
        return jax.checkpoint(run, policy=self.policy)

    def key(self, equation: Any) -> object:
        """Equations of one part have the same; None for those of none."""
        if self.jitted and _is_call_of(equation, self.jitted):
            return id(equation)
        if not self.calls:
            return None
        return next((number for number in calls_of(equation) if number in self.calls), None)


class Rewriting:
    """The evaluation of a program under one wrapping."""

    def __init__(self, wrapping: Wrapping) -> None:
        self._wrapping = wrapping
        self.parts = 0
        """How many parts were wrapped."""

    def function(self, jaxpr: Any, consts: Sequence[Any]) -> Callable[..., list[Any]]:
        """The program as a function of its inputs."""

        def run(*args: Any) -> list[Any]:
            self.parts = 0
            if not self._wrapping.whole:
                return self._evaluated(jaxpr, consts, args)
            self.parts = 1
            whole = self._wrapping.wrapped(lambda *args: _plain(jaxpr, consts, args))
            return whole(*args)

        return run

    def _evaluated(self, jaxpr: Any, consts: Sequence[Any], args: Sequence[Any]) -> list[Any]:
        env: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
        env.update(zip(jaxpr.invars, args, strict=True))
        for key, equations in _grouped(jaxpr.eqns, self._wrapping):
            if key is None:
                for equation in equations:
                    self._equation(equation, env)
            else:
                self._part(equations, jaxpr, env)
        return [_read(env, atom) for atom in jaxpr.outvars]

    def _part(self, equations: list[Any], jaxpr: Any, env: dict[Any, Any]) -> None:
        """Some equations as one function, under checkpoint."""
        made = {var for equation in equations for var in equation.outvars}
        inside = {id(equation) for equation in equations}
        reads = [v for e in equations for v in e.invars if not isinstance(v, _hooks.Literal)]
        inputs = [var for var in dict.fromkeys(reads) if var not in made]
        later = {v for e in jaxpr.eqns if id(e) not in inside for v in e.invars if _is_var(v)}
        later.update(v for v in jaxpr.outvars if _is_var(v))
        outputs = [
            var for var in dict.fromkeys(v for e in equations for v in e.outvars) if var in later
        ]

        def run(*given: Any) -> list[Any]:
            inner = dict(zip(inputs, given, strict=True))
            for equation in equations:
                _bind(equation, inner)
            return [inner[var] for var in outputs]

        self.parts += 1
        results = self._wrapping.wrapped(run)(*[env[var] for var in inputs])
        env.update(zip(outputs, results, strict=True))

    def _equation(self, equation: Any, env: dict[Any, Any]) -> None:
        if id(equation) == self._wrapping.loop:
            self._loop(equation, env)
        elif equation.primitive.name in _JITTED and self._holds_some(equation):
            ((_, inner),) = jaxprs.nested(equation.params)
            args = [_read(env, atom) for atom in equation.invars]
            results = self._evaluated(jaxprs.opened(inner), consts_of(inner), args)
            env.update(zip(equation.outvars, results, strict=True))
        else:
            _bind(equation, env)

    def _holds_some(self, equation: Any) -> bool:
        waiting = [inner for _, inner in jaxprs.nested(equation.params)]
        while waiting:
            for inside in jaxprs.opened(waiting.pop()).eqns:
                if id(inside) == self._wrapping.loop or self._wrapping.key(inside) is not None:
                    return True
                if inside.primitive.name in _JITTED:
                    waiting += [inner for _, inner in jaxprs.nested(inside.params)]
        return False

    def _loop(self, equation: Any, env: dict[Any, Any]) -> None:
        """A scan, each iteration of which is computed again on the way back."""
        body, n_consts, n_carry = scan_parts(equation)
        args = [_read(env, atom) for atom in equation.invars]
        consts, carry, xs = args[:n_consts], args[n_consts:][:n_carry], args[n_consts + n_carry :]
        again = self._wrapping.wrapped(
            lambda *given: _plain(jaxprs.opened(body), consts_of(body), given)
        )

        def step(carry: list[Any], x: list[Any]) -> Any:
            results = again(*consts, *carry, *x)
            return results[:n_carry], results[n_carry:]

        self.parts += 1
        params = equation.params
        with _hooks.context_of(equation, None):
            carry, ys = lax.scan(
                step, list(carry), list(xs), length=params["length"], reverse=params["reverse"]
            )
        env.update(zip(equation.outvars, [*carry, *ys], strict=True))


def scan_parts(equation: Any) -> tuple[Any, int, int]:
    """A scan's body, and how many constants and carried values it has."""
    from jaxplore.capture.numerics.loops import parts_of_scan

    parts = parts_of_scan(equation)
    assert parts is not None
    return equation.params["jaxpr"], *parts


def consts_of(jaxpr: Any) -> Sequence[Any]:
    """The constants that a program holds itself."""
    return getattr(jaxpr, "consts", ())


def _grouped(equations: Sequence[Any], wrapping: Wrapping) -> list[tuple[object, list[Any]]]:
    """Neighbours of the same part together."""
    groups: list[tuple[object, list[Any]]] = []
    for equation in equations:
        key = wrapping.key(equation)
        if groups and groups[-1][0] == key:
            groups[-1][1].append(equation)
        else:
            groups.append((key, [equation]))
    return groups


def _is_call_of(equation: Any, name: str) -> bool:
    return equation.primitive.name in _JITTED and equation.params.get("name") == name


def _is_var(atom: Any) -> bool:
    return not isinstance(atom, _hooks.Literal)


def _read(env: dict[Any, Any], atom: Any) -> Any:
    return atom.val if isinstance(atom, _hooks.Literal) else env[atom]


def _bind(equation: Any, env: dict[Any, Any]) -> None:
    primitive = equation.primitive
    args = [_read(env, atom) for atom in equation.invars]
    with _hooks.context_of(equation, None):
        made = primitive.bind(*args, **primitive.get_bind_params(equation.params))
    env.update(zip(equation.outvars, made if primitive.multiple_results else [made], strict=True))


def _plain(jaxpr: Any, consts: Sequence[Any], args: Sequence[Any]) -> list[Any]:
    env: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))
    for equation in jaxpr.eqns:
        _bind(equation, env)
    return [_read(env, atom) for atom in jaxpr.outvars]
