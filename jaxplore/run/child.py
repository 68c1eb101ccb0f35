"""In the program's own process: wait for its `import jax`, then begin the observation.

Runs before the program does, so it imports nothing that Python has not imported already, and
is not imported itself: `startup/sitecustomize.py` and processes started by spawn execute it.
"""

import atexit
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def begin(folder: str, started: str) -> None:
    """Begin to observe this process.

    Args:
        folder: Where its compiles are written.
        started: How the process was started: `"program"` or `"spawn"`.
    """
    note(folder, f'{{"started": "{started}"}}')
    waiting = _Waiting(folder)
    sys.meta_path.insert(0, waiting)  # type: ignore[arg-type]
    atexit.register(waiting.end)
    if "jax" in sys.modules:
        waiting.imported("jax")


def note(folder: str, line: str) -> None:
    """Append one line of JSON to the file of this process."""
    # Opened each time: a program may close all files, or be somebody else after a fork.
    path = os.path.join(folder, f"{os.getpid()}.jsonl")
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode() + b"\n")
    finally:
        os.close(file)


class _Waiting:
    """An import hook: does something right after certain modules have been imported."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._after: dict[str, Callable[[str], None]] = {
            "jax": _observe,
            "multiprocessing.spawn": _observe_spawned,
        }

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """Find as the other finders do, and watch what is waited for."""
        if name not in self._after:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = None if find is None else find(name, path, target)
            if spec is not None:
                self._watch(name, spec.loader)
                return spec
        return None

    def _watch(self, name: str, loader: "Any") -> None:
        def exec_module(module: "ModuleType") -> None:
            del loader.exec_module
            loader.exec_module(module)
            self.imported(name)

        # Frames of this name Python leaves out of an import's traceback, and warnings do not
        # count them: an import that fails looks as it does without us.
        exec_module.__code__ = exec_module.__code__.replace(
            co_filename="<frozen importlib._bootstrap>"
        )
        try:
            loader.exec_module = exec_module
        except AttributeError:
            return  # `end` says that JAX was not observed

    def imported(self, name: str) -> None:
        """Do what was waiting for the module `name`."""
        after = self._after.pop(name, None)
        if not self._after and self in sys.meta_path:
            sys.meta_path.remove(self)  # type: ignore[arg-type]
        try:
            if after is not None:
                after(self._folder)
        except Exception as fault:
            self._say(f"jaxplore could not observe {name} ({type(fault).__name__}: {fault})")

    def end(self) -> None:
        """The process ends: say what was missed."""
        if "jax" in sys.modules and "jax" in self._after:
            self._say("jaxplore could not observe jax (it was not imported in the usual way)")

    def _say(self, fault: str) -> None:
        try:
            import json

            note(self._folder, json.dumps({"fault": fault[:300]}))
        except Exception:
            pass  # nobody to tell: the program's own output is not ours


def _observe(folder: str) -> None:
    import warnings

    # A program may have made warnings errors: what we import is not its business.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _import_jaxplore()
        from jaxplore.run import recorder

        recorder.begin(folder)


def _observe_spawned(folder: str) -> None:
    """Let processes that multiprocessing spawns begin as this one did."""
    from multiprocessing import spawn

    command_line = spawn.get_command_line
    first = f"exec({_SPAWNED.format(path=__file__, folder=folder)!r}, {{}}); "

    def get_command_line(**facts: "Any") -> list[str]:
        command = command_line(**facts)
        if "-c" in command:
            command[command.index("-c") + 1] = first + command[command.index("-c") + 1]
        return command

    spawn.get_command_line = get_command_line


# What a spawned process does first. A fault leaves it unobserved.
_SPAWNED = """\
try:
    with open({path!r}, "rb") as file:
        names = {{"__name__": "jaxplore.run.child", "__file__": {path!r}}}
        exec(compile(file.read(), {path!r}, "exec"), names)
    names["begin"]({folder!r}, "spawn")
except Exception:
    pass
"""


def _import_jaxplore() -> None:
    """Import jaxplore from where this file is, wherever the program finds its modules."""
    if "jaxplore" in sys.modules:
        return
    from importlib.util import module_from_spec, spec_from_file_location

    init = os.path.join(_PACKAGE, "__init__.py")
    spec = spec_from_file_location("jaxplore", init, submodule_search_locations=[_PACKAGE])
    if spec is None or spec.loader is None:
        raise ImportError(init)
    module = sys.modules["jaxplore"] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules["jaxplore"]
        raise
