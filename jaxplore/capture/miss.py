"""One cache miss as a record: what was called, with which types, from where.

Nothing of the user's is kept: only text, sizes and weak references.
"""

import inspect
import itertools
import threading
import weakref
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import jax

from jaxplore.capture import _hooks, files
from jaxplore.capture.jaxprs import count_equations, opened, type_text
from jaxplore.capture.spans import SpanTable
from jaxplore.model.compiles import Argument, CacheOutcome, CompileKind, Miss, Static

_PLAIN = (int, float, complex, bool, str, bytes, type(None))


@dataclass(slots=True)
class Times:
    """Stage times gathered for the compile that is running; seconds."""

    trace_s: float | None = None
    lower_s: float | None = None
    compile_s: float | None = None
    persistent_cache: CacheOutcome | None = None


class MissBuilder:
    """Turns what JAX passes around on a cache miss into a `Miss`."""

    def __init__(self) -> None:
        self._serials: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._next = itertools.count()
        self._lock = threading.Lock()

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
        fun = statics = tree = None
        names: tuple[str, ...] = ()
        if run is not None and run[3].params.get("jaxpr") is jaxpr:
            fun, call_args, call_kwargs, params = run
            names = params.arg_names or ()
            statics = _statics(fun, call_args, call_kwargs, names)
            tree = str(params.in_tree)
        transformed = run is None or fun is None
        code = _code_of(fun)
        # Constants the function closed over come before the arguments.
        extra = max(len(args) - len(jaxpr.in_avals), 0) if not names else len(args) - len(names)
        types = jaxpr.in_avals[len(jaxpr.in_avals) - (len(args) - extra) :]
        sizes = _sizes(executable)
        info = getattr(opened(jaxpr), "debug_info", None)
        return self._record(
            times,
            name,
            fun,
            code,
            frame,
            info=info,
            kind=_kind(fun, _file_of(code, info), times),
            variant="transformed" if transformed else "",
            arguments=tuple(
                _argument(path, aval, array)
                for path, aval, array in itertools.zip_longest(
                    names or [f"[{i}]" for i in range(len(types))], types, args[extra:]
                )
            ),
            statics=statics or (),
            tree=tree or "",
            equations=count_equations(jaxpr),
            devices=_devices(executable),
            sizes=sizes,
        )

    def of_stage(self, times: Times, name: str, frame: FrameType | None) -> Miss:
        """The record of a compile seen through monitoring alone."""
        return self._record(
            times,
            name,
            None,
            None,
            frame,
            info=None,
            kind="compile" if times.trace_s is None else "trace",
            variant="ahead of time" if _hooks.can_observe_misses() else "unknown",
            arguments=(),
            statics=(),
            tree="",
            equations=None,
            devices=(),
            sizes=(None, None, None),
        )

    def _record(
        self,
        times: Times,
        name: str,
        fun: Any,
        code: CodeType | None,
        frame: FrameType | None,
        *,
        info: Any,
        kind: CompileKind,
        variant: str,
        arguments: tuple[Argument, ...],
        statics: tuple[Static, ...],
        tree: str,
        equations: int | None,
        devices: tuple[str, ...],
        sizes: tuple[int | None, int | None, int | None],
    ) -> Miss:
        # A table of its own: a cell that was edited must not be read from an old cache.
        spans = SpanTable()
        call_site = spans.of_frame(frame)
        defined_at = None if code is None else spans.of_definition(code)
        identity = _identity(name, code, info)
        cell = _cell_on(frame)
        return Miss(
            function=name,
            identity=identity,
            object_serial=self._serial(fun),
            source=_source(code),
            defined_at=defined_at,
            call_site=call_site,
            cell=None if cell is None else cell.number,
            kind=kind,
            variant=variant,
            arguments=arguments,
            statics=statics,
            tree=tree,
            trace_s=times.trace_s,
            lower_s=times.lower_s,
            compile_s=times.compile_s,
            persistent_cache=times.persistent_cache,
            equations=equations,
            devices=devices,
            temp_size_bytes=sizes[0],
            argument_size_bytes=sizes[1],
            output_size_bytes=sizes[2],
        )

    def _serial(self, fun: Any) -> int:
        """A number for this very function object; weak, so it keeps nothing alive."""
        if fun is None:
            return -1
        try:
            with self._lock:
                serial = self._serials.get(fun)
                if serial is None:
                    serial = self._serials[fun] = next(self._next)
                return serial
        except TypeError:  # neither hashable nor weakly referable
            return next(self._next)


def _kind(fun: Any, file_name: str | None, times: Times) -> CompileKind:
    if _hooks.is_eager_primitive(fun):
        return "eager"
    # jax.numpy's own functions are jitted too; called outside jit they compile one by one.
    # A jitted function that is jitted once more was jitted by the user.
    inside = file_name is not None and files.owner(file_name) == "internal"
    if inside and not hasattr(fun, "lower"):
        return "eager"
    return "compile" if times.trace_s is None else "trace"


def _file_of(code: CodeType | None, info: Any) -> str | None:
    """The file a program's function is written in."""
    if code is not None:
        return code.co_filename
    return getattr(info, "func_filename", None)


def _cell_on(frame: FrameType | None) -> files.Cell | None:
    """The cell that is running: the innermost on the stack, also below the user's modules."""
    while frame is not None:
        cell = files.cells.get(frame.f_code.co_filename)
        if cell is not None:
            return cell
        frame = frame.f_back
    return None


def _code_of(fun: Any) -> CodeType | None:
    """The code of the function that the user wrote, below wrappers and partials."""
    for _ in range(20):
        inner = (
            getattr(fun, "__wrapped__", None)
            or getattr(fun, "func", None)
            or getattr(fun, "__func__", None)
        )
        if inner is None:
            break
        fun = inner
    code = getattr(fun, "__code__", None)
    if code is None and fun is not None:
        # An instance with __call__: the class's method is what the user wrote.
        code = getattr(vars(type(fun)).get("__call__"), "__code__", None)
    return code


def _identity(name: str, code: CodeType | None, info: Any) -> str:
    if code is not None:
        # A cell that runs again has another number: all cells are one place.
        place = code.co_filename if files.cells.get(code.co_filename) is None else "cell"
        if code.co_name == "<lambda>":  # one name for all: told apart by what they do
            place = f"{place}:{hash((code.co_code, repr(code.co_consts), code.co_names))}"
        if code.co_name == "<module>":  # a cell that is itself the program: told apart by text
            return "\n".join(files.source_lines(code.co_filename))
        return f"{place}:{code.co_qualname}"
    return f"{getattr(info, 'func_src_info', None) or name}"


def _source(code: CodeType | None) -> str:
    if code is None or files.owner(code.co_filename) != "user":
        return ""
    lines = files.source_lines(code.co_filename)[code.co_firstlineno - 1 :]
    return "".join(inspect.getblock([f"{line}\n" for line in lines])).rstrip("\n")


def _argument(path: str, aval: Any, array: Any) -> Argument:
    committed = bool(getattr(array, "committed", False)) or bool(
        getattr(array, "_committed", False)
    )
    sharding = getattr(array, "sharding", None) if committed else None
    return Argument(
        path=str(path),
        type=type_text(aval),
        weak_type=bool(getattr(aval, "weak_type", False)),
        placement="" if sharding is None else _placement(sharding),
    )


def _placement(sharding: Any) -> str:
    spec = getattr(sharding, "spec", None)
    devices = sorted(str(device) for device in sharding.device_set)
    shown = ", ".join(devices[:8]) + (", ..." if len(devices) > 8 else "")
    return shown if spec is None else f"{spec} on {shown}"


def _statics(
    fun: Any, args: tuple[Any, ...], kwargs: dict[str, Any], names: tuple[str, ...]
) -> tuple[Static, ...]:
    """Arguments that are no arrays of the program, when they have a short safe text."""
    try:
        call = inspect.signature(fun).bind(*args, **kwargs)
        call.apply_defaults()
        bound = call.arguments
    except (TypeError, ValueError):
        return ()
    traced = {name.split("[")[0].split(".")[0] for name in names}
    found: list[Static] = []
    for name, value in bound.items():
        if name not in traced:
            # A constant of a %%jit cell says itself what it is.
            # Of its class: the value's own __getattr__ is not ours to run.
            own = hasattr(type(value), "static_text")
            text = value.static_text if own else repr(value) if type(value) in _PLAIN else None
            if isinstance(text, str):
                found.append(Static(name=name, text=text[:80]))
    return tuple(found)


def _devices(executable: Any) -> tuple[str, ...]:
    shardings = getattr(executable, "_in_shardings", None) or ()
    shardings = [*shardings, *(getattr(executable, "_out_shardings", None) or ())]
    found = {d for s in shardings if hasattr(s, "device_set") for d in s.device_set}
    return tuple(str(d) for d in sorted(found, key=lambda d: d.id)) or (str(jax.devices()[0]),)


def _sizes(executable: Any) -> tuple[int | None, int | None, int | None]:
    """Bytes of temporaries, arguments and outputs, as XLA counts them."""
    loaded = getattr(executable, "xla_executable", None)
    stats = None if loaded is None else loaded.get_compiled_memory_stats()
    if stats is None:
        return None, None, None
    return (
        stats.temp_size_in_bytes,
        stats.argument_size_in_bytes,
        stats.output_size_in_bytes,
    )
