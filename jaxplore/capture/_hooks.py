"""The only file that may import `jax._src`.

Every private name is looked up once, by feature; what is missing is None and its user
falls back to public API.
"""

import functools
import importlib
import weakref
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import numpy as np

from jaxplore.faults import contained

Before = Callable[[tuple[Any, ...], dict[str, Any]], None]
After = Callable[[tuple[Any, ...], dict[str, Any], Any], None]


def _private(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(f"jax._src.{module}"), name, None)
    except ImportError:
        return None


def _pjit() -> Any:
    try:
        return importlib.import_module("jax._src.pjit")
    except ImportError:
        return None


def _core(name: str) -> Any:
    """A class of jaxprs. The public home of these names imports Pallas, which takes longer
    than all of jaxplore, so it is asked only when the private one has changed."""
    found = _private("core", name)
    if found is None:
        found = getattr(importlib.import_module("jax.extend.core"), name)
    return found


Jaxpr: Final[Any] = _core("Jaxpr")
# Newer JAX has one class: a jaxpr holds its constants.
ClosedJaxpr: Final[Any] = _private("core", "ClosedJaxpr") or Jaxpr
Literal: Final[Any] = _core("Literal")
DropVar: Final[Any] = _core("DropVar")

# What a cache miss of any jitted function, from whatever library, goes through.
RUN: Final = "_run_python_pjit"
# What lowers, compiles and runs; also reached by the compiles of transformed functions.
IMPL: Final = "_pjit_call_impl_python"
# What looks for a function's trace, and makes one where there is none.
TRACE: Final = "_infer_params"
# What compiles a module, whoever asks for it.
COMPILE: Final = "compile_or_get_cached"


def can_observe_misses() -> bool:
    """Whether this JAX has both functions that a cache miss goes through."""
    pjit = _pjit()
    return all(callable(getattr(pjit, name, None)) for name in (RUN, IMPL))


def can_watch_traces() -> bool:
    """Whether this JAX has the function that looks for traces."""
    return callable(getattr(_pjit(), TRACE, None))


def wrap_miss(name: str, before: Before, after: After) -> Callable[[], None]:
    """Watch a function that every cache miss calls; returns the undo.

    Args:
        name: `RUN`, `IMPL` or `TRACE`.
        before: Called with the arguments; a fault in it is contained.
        after: Called with the result, or None when the function raised; likewise.
    """
    pjit = _pjit()
    original = getattr(pjit, name)
    state = {"on": True}

    def observed(*args: Any, **kwargs: Any) -> Any:
        if not state["on"]:
            return original(*args, **kwargs)
        begun = False
        with contained("observe a cache miss"):
            before(args, kwargs)
            begun = True
        result: Any = None
        try:
            result = original(*args, **kwargs)
        finally:
            # What did not begin must not end: it would end somebody else's.
            if begun and state["on"]:
                with contained("observe a cache miss"):
                    after(args, kwargs, result)
        return result

    def undo() -> None:
        # Somebody may have wrapped ours since: then it stays, inert.
        state["on"] = False
        if getattr(pjit, name) is observed:
            setattr(pjit, name, original)

    setattr(pjit, name, observed)
    return undo


@functools.cache
def hide_frames_of(path: str) -> None:
    """Make JAX treat a file as its own: its frames in no error and in no source position.

    Never undone: equations traced meanwhile keep these frames for as long as they live.
    """
    for module in ("source_info_util", "traceback_util"):
        register: Callable[[str], None] | None = _private(module, "register_exclusion")
        if register is None and module == "source_info_util":
            public = importlib.import_module("jax.extend.source_info_util")
            register = public.register_exclusion
        if register is not None:
            register(path)


class _ToldWhenEmptied:
    """Stands among JAX's caches, and is emptied with them."""

    def __init__(self, emptied: Callable[[], None]) -> None:
        self._emptied = emptied

    def cache_clear(self) -> None:
        with contained("notice that JAX's caches were emptied"):
            self._emptied()


def on_caches_emptied(emptied: Callable[[], None]) -> Callable[[], None]:
    """Call `emptied` with every `jax.clear_caches()`; returns the undo. Where this JAX does
    not list its caches, nothing is called."""
    caches = _private("util", "_caches")
    told = _ToldWhenEmptied(emptied)
    if isinstance(caches, weakref.WeakKeyDictionary):
        caches[told] = "jaxplore"

    def undo() -> None:
        if isinstance(caches, weakref.WeakKeyDictionary):
            caches.pop(told, None)

    return undo


@contextmanager
def context_of(equation: Any, stack: Any) -> Generator[None]:
    """Where an equation stands: what is traced within has its position, its names below
    `stack`, and what it was traced with. Where this JAX does not let them be set, nothing."""
    source = equation.source_info
    context = _private("source_info_util", "user_context")
    with ExitStack() as open_:
        if context is not None:
            names = source.name_stack if stack is None else stack + source.name_stack
            open_.enter_context(context(source.traceback, name_stack=names))
        manager = getattr(getattr(equation, "ctx", None), "manager", None)
        if manager is not None:
            open_.enter_context(manager)
        yield


def context_mesh() -> Any:
    """The mesh of a `with mesh:` block; None where there is none, or this JAX has no such."""
    environment = getattr(_private("mesh", "thread_resources"), "env", None)
    return getattr(environment, "physical_mesh", None)


def wrap_compile(before: Callable[[Any, Any], None]) -> Callable[[], None]:
    """Call `before(module, devices)` before XLA compiles a module of StableHLO, or reads what
    it made from the persistent cache; returns the undo. What `before` raises the user gets.
    Where this JAX has no such function, nothing is called."""
    try:
        compiler = importlib.import_module("jax._src.compiler")
    except ImportError:
        return lambda: None
    original = getattr(compiler, COMPILE, None)
    if original is None:
        return lambda: None
    state = {"on": True}

    def observed(backend: Any, module: Any, devices: Any, *args: Any, **kwargs: Any) -> Any:
        if state["on"]:
            before(module, devices)
        return original(backend, module, devices, *args, **kwargs)

    def undo() -> None:
        state["on"] = False
        if getattr(compiler, COMPILE) is observed:
            setattr(compiler, COMPILE, original)

    setattr(compiler, COMPILE, observed)
    return undo


def distributed_store() -> Any:
    """What `jax.distributed` keeps small texts in that all processes read; None where this
    process is not joined to others, or this JAX does not show it."""
    return getattr(_private("distributed", "global_state"), "client", None)


def is_eager_primitive(fun: object) -> bool:
    """Whether a jitted function is JAX's wrapper of one primitive called outside jit."""
    return bool(getattr(fun, "_apply_primitive", False))


def xla_options(lowered: Any) -> Any:
    """The options that JAX would give XLA with a lowered program; None where this JAX does
    not let itself be asked."""
    make = _private("interpreters.pxla", "create_compile_options")
    spread = _private("interpreters.pxla", "get_prop_to_input_output")
    computation = getattr(lowered, "_lowering", None)
    devices = getattr(computation, "_device_list", None)
    given = getattr(computation, "compile_args", None)
    if make is None or spread is None or devices is None or given is None:
        return None
    chosen = dict(getattr(computation, "_compiler_options_kvs", ()))
    grid = np.empty(len(devices), dtype=object)
    grid[:] = list(devices)
    to_inputs, to_outputs = spread(
        given["in_shardings"], given["out_shardings"], len(given["ordered_effects"])
    )
    module = lowered.compiler_ir()
    backend = given["backend"]
    return make(module, given["tuple_args"], to_inputs, to_outputs, backend, grid, chosen)


def compile_module(
    module: bytes, options: bytes, devices: Sequence[int], overrides: Sequence[tuple[str, Any]]
) -> None:
    """Let XLA compile MLIR's bytes with options that `xla_options` gave, and some more."""
    library = importlib.import_module("jax._src.lib")
    client: Any = importlib.import_module("jax.extend.backend").get_backend()
    known = {device.id: device for device in client.devices()}
    chosen = library.xla_client.CompileOptions.ParseFromString(options)
    chosen.env_option_overrides = [*chosen.env_option_overrides, *overrides]
    ir: Any = importlib.import_module("jax.extend.mlir.ir")
    with _private("interpreters.mlir", "make_ir_context")():
        parsed = ir.Module.parse(module)
        listed = library.xla_client.DeviceList(tuple(known[number] for number in devices))
        client.compile_and_load(parsed, listed, chosen)


def backend_state() -> tuple[bool, list[str], dict[str, str]] | None:
    """Whether JAX has started its backends, which ones, and why others did not start. Starts
    nothing; None where this JAX does not let itself be asked."""
    started = _private("xla_bridge", "backends_are_initialized")
    if started is None:
        return None
    backends: dict[str, Any] = _private("xla_bridge", "_backends") or {}
    errors: dict[str, Any] = _private("xla_bridge", "_backend_errors") or {}
    return bool(started()), list(backends), {name: str(said) for name, said in errors.items()}
