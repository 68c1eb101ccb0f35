"""What a program cannot be said to depend on: clocks, random numbers, files, the environment.

A function that reads one of these gives another program each time it is traced, and there
is nothing to compare.
"""

from typing import Final

from jaxplore.capture.functions.coderead import Reads

_MODULE_NAMES: Final = """
time random os posix nt sys secrets uuid io _io tempfile glob shutil subprocess socket inspect gc
importlib threading _thread platform pathlib numpy.random
"""
_MODULES: Final = frozenset(_MODULE_NAMES.split())
_CONSTANT: Final = frozenset(("maxsize", "version_info", "float_info", "byteorder", "platform"))
_ATTRIBUTES: Final = {
    "numpy": frozenset(("random", "load", "loadtxt", "genfromtxt", "fromfile", "memmap")),
    "jax": frozenset(("config",)),
    "jax.numpy": frozenset(("load",)),
}
_BUILTINS: Final = frozenset(("globals", "eval", "exec", "__import__", "open", "input"))
_ANYWHERE_NAMES: Final = """
__globals__ f_globals f_back __builtins__ import_module _getframe currentframe user_ns
now utcnow today read_text read_bytes
"""
_ANYWHERE: Final = frozenset(_ANYWHERE_NAMES.split())


def reads_outside(reads: Reads, scope: dict[str, object]) -> bool:
    """Whether a function looks names up by their text, or asks the world by a builtin."""
    if not _ANYWHERE.isdisjoint(reads.every):
        return True
    return any(name not in scope for name in _BUILTINS & reads.names)


def is_outside(module: str, attributes: frozenset[str] | None) -> bool:
    """Whether these attributes of a module, or all of them, give something else each time."""
    if module in _MODULES:
        return attributes is None or not attributes <= _CONSTANT
    if attributes is None:
        return False
    return not attributes.isdisjoint(_ATTRIBUTES.get(module, ()))
