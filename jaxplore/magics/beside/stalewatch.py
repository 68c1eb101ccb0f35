"""Watch for results that are stale (S01): a function is used in a later cell although
something it was traced with has changed.

A trace is noted once, when JAX made it. Calls are never looked at; between cells, what the
functions that the cell uses depend on is compared with what it was. Nothing of the user's
is kept alive.
"""

import gc
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from jaxplore.advise.compiles import stale
from jaxplore.capture.functions.accesses import Access
from jaxplore.capture.functions.dependencies import Walk
from jaxplore.capture.functions.parts import Part
from jaxplore.capture.source.spans import SpanTable
from jaxplore.magics.beside.staletraces import (
    Differing,
    Now,
    Trace,
    Weak,
    differing_parts,
    equal_parts,
    may_depend,
    name_of,
    owner_of,
    trace_of,
    unwrapped,
)
from jaxplore.magics.cell.uses import CellUses, cell_uses
from jaxplore.model.findings import Difference, Finding, Stale
from jaxplore.model.span import Span

_MOST_TRACES: Final = 2_000

_Use = Access | None


class StaleWatch:
    """The traces of one notebook or one observation, the newest `most_traces`."""

    def __init__(self, most_traces: int = _MOST_TRACES) -> None:
        self._most = most_traces
        self._traces: OrderedDict[int, Trace] = OrderedDict()
        self._made = 0
        self._by_jaxpr: dict[int, Weak] = {}
        self._lock = threading.RLock()

    def note(
        self,
        fun: Any,
        statics: Sequence[tuple[str, object]] = (),
        cell: int | None = None,
        *,
        jaxpr: Any = None,
    ) -> None:
        """Note that JAX has just traced a function.

        Args:
            fun: What was passed to `jax.jit`, or what that returned.
            statics: The static arguments of the call, with their names.
            cell: The cell that runs.
            jaxpr: The trace. It tells when JAX drops the trace, and that a trace is noted
                already.
        """
        fun = unwrapped(fun)
        if not type(fun).__weakrefoffset__ or not may_depend(fun, statics):
            return
        if jaxpr is not None and not self._is_new(jaxpr):
            return
        trace = trace_of(fun, statics, cell, jaxpr)
        if trace is None:
            return
        with self._lock:
            self._add(trace)

    def check(
        self, cell_text: str, namespace: Mapping[str, object], cell: int | None
    ) -> list[Finding]:
        """What is stale of all that a cell has used; to be called when it has run.

        Each change is told once, until the value changes again.
        """
        with self._lock:
            traces = self._alive()
            if not traces:
                return []
            self._settle(traces)
            uses = cell_uses(cell_text)
            if uses is None:
                return []
            earlier = [trace for trace in traces if cell is None or trace.cell != cell]
            used = _used(uses, namespace, earlier)
            return self._findings(used, uses, cell)

    def check_all(self) -> list[Finding]:
        """What is stale of all functions that were traced: at the end of a script."""
        with self._lock:
            return self._findings(dict.fromkeys(self._alive()), None, None)

    def clear(self) -> None:
        """Forget all traces."""
        with self._lock:
            self._traces.clear()
            self._by_jaxpr.clear()

    def _is_new(self, jaxpr: Any) -> bool:
        """Whether a trace was not noted before; it is from now on."""
        key = id(jaxpr)
        known = self._by_jaxpr.get(key)
        if known is not None and known() is jaxpr:
            return False
        if len(self._by_jaxpr) > 2 * self._most:
            living = tuple(self._by_jaxpr.items())
            self._by_jaxpr = {other: ref for other, ref in living if ref() is not None}
        self._by_jaxpr[key] = weakref.ref(jaxpr)
        return True

    def _add(self, trace: Trace) -> None:
        for other in reversed(self._traces.values()):
            # Most traces of a function are made with the same values: one copy is enough.
            same = other.fun() is trace.fun() and not other.told
            if same and equal_parts(other.parts, trace.parts):
                trace.parts = other.parts
                break
        self._made += 1
        self._traces[self._made] = trace
        while len(self._traces) > self._most:
            self._traces.popitem(last=False)

    def _alive(self) -> list[Trace]:
        for serial, trace in tuple(self._traces.items()):
            if not trace.is_alive():
                del self._traces[serial]
        return list(self._traces.values())

    def _settle(self, traces: Iterable[Trace]) -> None:
        """Read the arrays of new traces, now that no cell is running."""
        for trace in traces:
            if not trace.settled:
                # An array that is still being computed is read after a later cell.
                done = [part.leaf.settle() for part in trace.parts.values()]
                trace.settled = all(done)

    def _findings(
        self, used: Mapping[Trace, _Use], uses: CellUses | None, cell: int | None
    ) -> list[Finding]:
        now = Now()
        changed = {trace: differing_parts(trace, now.of(trace)) for trace in used}
        news = False
        for trace, differing in changed.items():
            trace.forget_told(differing)
            news |= trace.is_news(differing)
        if not news:
            return []
        gc.collect()  # what JAX has dropped may still wait for it
        alive = set(self._alive())
        by_function: dict[int, dict[Trace, Differing]] = {}
        for trace, differing in changed.items():
            if trace in alive:
                by_function.setdefault(id(trace.fun()), {})[trace] = differing
        found: list[Finding] = []
        for identity, traces in by_function.items():
            if now.is_told_by_another(identity, by_function):
                for trace, differing in traces.items():
                    trace.tell(differing)
                continue
            facts = self._compare(traces, used, uses, cell)
            if facts is not None:
                found.append(stale.stale(facts))
        return found

    def _compare(
        self,
        traces: dict[Trace, Differing],
        used: Mapping[Trace, _Use],
        uses: CellUses | None,
        cell: int | None,
    ) -> Stale | None:
        """The facts of one function's traces, or None where there is nothing to tell."""
        access = next((used[trace] for trace in traces), None)
        changes: dict[tuple[str, str, str, str], tuple[Part, Part, list[int]]] = {}
        stale_traces, new = 0, False
        for trace, differing in traces.items():
            if uses is not None and access is not None:
                differing = [d for d in differing if _before_use(d[1], uses, access)]
            stale_traces += bool(differing)
            new |= trace.is_news(differing)
            trace.tell(differing)
            for key, before, now in differing:
                said = before.leaf.text, now.leaf.text
                cells = changes.setdefault((*key, *said), (before, now, []))[2]
                if trace.cell is not None and trace.cell not in cells:
                    cells.append(trace.cell)
        if not new:
            return None
        first = next(iter(traces))
        owner = owner_of(first)
        return Stale(
            function=name_of(first),
            defined_at=None if owner is None else SpanTable().of_definition(owner.__code__),
            call_site=_site(uses, access, cell),
            cell=cell,
            differences=tuple([_difference(*change) for change in changes.values()]),
            all_traces=stale_traces == len(self._of(first)),
        )

    def _of(self, trace: Trace) -> list[Trace]:
        fun = trace.fun()
        return [other for other in self._traces.values() if other.fun() is fun]


def _used(
    uses: CellUses, namespace: Mapping[str, object], traces: Iterable[Trace]
) -> dict[Trace, Access]:
    """The traces that a cell uses, each with the first expression that does."""
    left = list(traces)
    found: dict[Trace, Access] = {}
    walk = Walk(values=False)
    for access in uses.reads:
        if not left:
            break
        before = len(walk.reached), len(walk.wrapped)
        walk.chain(access, uses.code, namespace)
        if before == (len(walk.reached), len(walk.wrapped)):
            continue
        for trace in [trace for trace in left if trace.is_used(walk)]:
            found[trace] = access
            left.remove(trace)
    return found


def _before_use(now: Part, uses: CellUses, access: Access) -> bool:
    """Whether a value may have changed before the function was used: `f(x); k = 3` used
    the value that it was traced with."""
    bound = uses.bound_at(now.root)
    if bound is None:
        return True
    last = max(uses.statement(a.line) for a in uses.reads if a.name == access.name)
    return bound <= last


def _difference(before: Part, now: Part, cells: list[int]) -> Difference:
    return Difference(
        path=before.path,
        before=before.leaf.text,
        now=now.leaf.text,
        reader=before.reader,
        kind=before.kind,
        origin=before.origin,
        cells=tuple(cells),
    )


def _site(uses: CellUses | None, access: Access | None, cell: int | None) -> Span | None:
    if uses is None or access is None or cell is None:
        return None
    return uses.span(access, cell)
