"""One cache miss as a record: what was called, with which types, from where.

Nothing of the user's is kept: only text, sizes and weak references.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

import jax

from jaxplore.capture import _hooks
from jaxplore.capture.compiles.bodies import body_options, body_text
from jaxplore.capture.compiles.callform import CallForm, call_form
from jaxplore.capture.compiles.definition import Definition, user_function
from jaxplore.capture.compiles.options import options_of
from jaxplore.capture.compiles.placements import argument
from jaxplore.capture.compiles.serials import Serials
from jaxplore.capture.compiles.settings import Settings, mesh_text
from jaxplore.capture.compiles.sizes import UNKNOWN, Sizes, sizes_now_or_later
from jaxplore.capture.compiles.times import Times
from jaxplore.capture.compiles.variants import variant_of
from jaxplore.capture.programs.jaxprs import count_equations, opened
from jaxplore.capture.programs.linecounts import line_counts
from jaxplore.capture.source import files
from jaxplore.capture.source.spans import SpanTable
from jaxplore.faults import contained
from jaxplore.model.compiles import (
    Argument,
    CompileKind,
    LineCount,
    Miss,
    Setting,
)
from jaxplore.model.span import Span


@dataclass(frozen=True, slots=True)
class _Program:
    """What is known only where the compile was seen in full."""

    arguments: tuple[Argument, ...] = ()
    options: tuple[Setting, ...] = ()
    equations: int | None = None
    lines: tuple[LineCount, ...] = ()
    devices: tuple[str, ...] = ()
    sizes: Sizes = UNKNOWN
    sizes_later: int | None = None
    body: str = ""
    mesh: tuple[Setting, ...] = ()


class MissBuilder:
    """Turns what JAX passes around on a cache miss into a `Miss`."""

    def __init__(self) -> None:
        self._serials = Serials()
        self._codes = Serials()
        self._settings = Settings()
        self._emptied = 0
        self._emptied_at = ""

    def end_cell(self, cell: int) -> None:
        """Note which settings the cell changed."""
        self._settings.read(cell)

    def caches_emptied(self, frame: FrameType | None) -> None:
        """Note that `jax.clear_caches()` was called from `frame`."""
        self._emptied += 1
        span, cell = SpanTable().of_frame(frame), _cell_on(frame)
        if cell is not None:
            self._emptied_at = f"cell {cell.number}"
        else:
            file = "" if span is None else span.file.rsplit("/", 1)[-1]
            self._emptied_at = f"{file} line {span.line}" if span is not None else ""

    def of_miss(
        self,
        times: Times,
        run: tuple[Any, ...] | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        executable: Any,
        frame: FrameType | None,
    ) -> Miss:
        """The record of a compile seen in full.

        Args:
            times: Its stage times.
            run: (fun, args, kwargs, params) of the call, or None for a compile that a
                transformation asked for.
            args: The flat arrays that were passed.
            kwargs: The keywords of JAX's compile function: `jaxpr`, `name`, ...
            executable: The loaded executable.
            frame: Where to look for the user's call site, outwards.
        """
        jaxpr, name = kwargs["jaxpr"], str(kwargs["name"])
        fun, form = None, CallForm()
        names: tuple[str, ...] = ()
        if run is not None and run[3].params.get("jaxpr") is jaxpr:
            fun, call_args, call_kwargs, params = run
            names = tuple(params.arg_names or ())
            with contained("read how a function was called"):
                form = call_form(fun, call_args, call_kwargs, names, self._serials)
        # Constants the function closed over come before the arguments.
        extra = max(len(args) - len(jaxpr.in_avals), 0) if not names else len(args) - len(names)
        types = jaxpr.in_avals[len(jaxpr.in_avals) - (len(args) - extra) :]
        info = getattr(opened(jaxpr), "debug_info", None)
        spans = SpanTable()
        users = user_function(fun, form.static_values)
        definition = Definition.of(users, name, info)
        kind = _kind(fun, definition.file_name, times)
        lines: tuple[LineCount, ...] = ()
        if not _hooks.is_eager_primitive(fun):
            lines = line_counts(jaxpr, spans)
        if kind == "eager" and fun is not None and times.trace_s is not None:
            inner = _users_line(lines, spans, spans.of_frame(frame))
            if inner is not None:  # pmap, shard_map, a solver: a function of the user's in it
                kind, name = "trace", inner.function.rpartition(".")[2]
                definition = replace(definition, identity=f"{definition.identity}:{inner.function}")
        body = body_text(jaxpr) if kind == "eager" else ""
        equations = count_equations(jaxpr) if times.equations is None else times.equations
        arrays = len(args) + len(opened(jaxpr).outvars)
        sizes, sizes_later = sizes_now_or_later(executable, arrays)
        program = _Program(
            arguments=tuple(
                argument(path, aval, array)
                for path, aval, array in itertools.zip_longest(
                    names or [f"[{i}]" for i in range(len(types))], types, args[extra:]
                )
            ),
            options=body_options(jaxpr) if body else options_of(kwargs, names),
            equations=equations,
            lines=() if kind == "eager" else lines,
            devices=_devices(executable),
            sizes=sizes,
            sizes_later=sizes_later,
            body=body,
            mesh=_mesh_setting(kwargs.get("ctx_mesh")),
        )
        variant = "" if fun is not None else variant_of(frame)
        return self._record(
            times, name, users, definition, kind, variant, frame, form, program, spans
        )

    def of_stage(self, times: Times, name: str, frame: FrameType | None) -> Miss:
        """The record of a compile seen through monitoring alone."""
        return self._record(
            times,
            name,
            None,
            Definition.of(None, name, None),
            "compile" if times.trace_s is None else "trace",
            "ahead of time" if _hooks.can_observe_misses() else "unknown",
            frame,
            CallForm(),
            _Program(),
            SpanTable(),
        )

    def _record(
        self,
        times: Times,
        name: str,
        fun: Any,
        definition: Definition,
        kind: CompileKind,
        variant: str,
        frame: FrameType | None,
        form: CallForm,
        program: _Program,
        spans: SpanTable,
    ) -> Miss:
        cell = _cell_on(frame)
        number = None if cell is None else cell.number
        return Miss(
            function=name,
            identity=definition.identity,
            object_serial=self._serials.of(fun),
            code_serial=self._codes.of(definition.code),
            text_key=definition.text_key,
            made_as=definition.made_as,
            wrappers=definition.wrappers,
            source=definition.source,
            defined_at=definition.span(spans),
            call_site=spans.of_frame(frame),
            cell=number,
            kind=kind,
            variant=variant,
            body=program.body,
            arguments=program.arguments,
            statics=form.statics,
            structures=form.structures,
            passed=form.passed,
            settings=(*self._settings.read(number), *program.mesh),
            options=program.options,
            caches_emptied=self._emptied,
            caches_emptied_at=self._emptied_at,
            cache_threshold_s=_cache_threshold_s(),
            trace_s=times.trace_s,
            lower_s=times.lower_s,
            compile_s=times.compile_s,
            trace_at_s=times.trace_at_s,
            lower_at_s=times.lower_at_s,
            compile_at_s=times.compile_at_s,
            # JAX asks its cache also where there is none.
            persistent_cache=times.persistent_cache if persistent_cache_is_on() else None,
            persistent_cache_s=times.persistent_cache_s,
            saved_s=times.saved_s,
            equations=program.equations,
            lines=program.lines,
            devices=program.devices,
            temp_size_bytes=program.sizes[0],
            argument_size_bytes=program.sizes[1],
            output_size_bytes=program.sizes[2],
            sizes_later=program.sizes_later,
        )


def persistent_cache_is_on() -> bool:
    """Whether JAX has a directory for executables, and leave to use it."""
    config: Any = jax.config
    return bool(config.jax_compilation_cache_dir and config.jax_enable_compilation_cache)


def _cache_threshold_s() -> float | None:
    config: Any = jax.config
    if not persistent_cache_is_on():
        return None
    return float(config.jax_persistent_cache_min_compile_time_secs)


def _kind(fun: Any, file_name: str | None, times: Times) -> CompileKind:
    if _hooks.is_eager_primitive(fun):
        return "eager"
    # jax.numpy's own functions are jitted too; called outside jit they compile one by one.
    # A jitted function that is jitted once more was jitted by the user.
    inside = file_name is not None and files.owner(file_name) == "internal"
    if inside and not hasattr(fun, "lower"):
        return "eager"
    return "compile" if times.trace_s is None else "trace"


def _users_line(
    lines: Sequence[LineCount], spans: SpanTable, call_site: Span | None
) -> Span | None:
    """An expression of the user's in a program, other than the call itself."""
    for line in lines:
        file_name = spans.file_names.get(line.span.file, line.span.file)
        if files.owner(file_name) != "user" or call_site is None:
            continue
        if (line.span.file, line.span.line) != (call_site.file, call_site.line):
            return line.span
        if line.span.function != call_site.function:  # a lambda in the call
            return line.span
    return None


def _mesh_setting(mesh: Any) -> tuple[Setting, ...]:
    """The mesh of the context, with its devices."""
    if mesh is None or getattr(mesh, "empty", True):
        mesh = _hooks.context_mesh()
    if mesh is None or getattr(mesh, "empty", True):
        return (Setting(name="mesh devices", text=""),)
    return (Setting(name="mesh devices", text=mesh_text(mesh)),)


def _cell_on(frame: FrameType | None) -> files.Cell | None:
    """The cell that is running: the innermost on the stack, also below the user's modules."""
    while frame is not None:
        cell = files.cells.get(frame.f_code.co_filename)
        if cell is not None:
            return cell
        frame = frame.f_back
    return None


def _devices(executable: Any) -> tuple[str, ...]:
    shardings = getattr(executable, "_in_shardings", None) or ()
    shardings = [*shardings, *(getattr(executable, "_out_shardings", None) or ())]
    found = {d for s in shardings if hasattr(s, "device_set") for d in s.device_set}
    return tuple(str(d) for d in sorted(found, key=lambda d: d.id)) or (str(jax.devices()[0]),)
