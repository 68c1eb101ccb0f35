"""What is the user's own among modules, classes and functions, and what they say of themselves."""

import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from jaxplore.capture.functions import coderead
from jaxplore.capture.functions.contents import SCALARS, is_made_by_class
from jaxplore.capture.source import files

# What Python and its libraries keep in a class for themselves.
_MACHINERY_NAMES: Final = """
__dict__ __weakref__ __module__ __qualname__ __annotations__ __abstractmethods__ _abc_impl
__parameters__ __orig_bases__ __dataclass_fields__ __dataclass_params__ __slots__ __match_args__
__firstlineno__ __static_attributes__ __annotate_func__ __annotations_cache__ __type_params__
"""
MACHINERY: Final = frozenset(_MACHINERY_NAMES.split())


def is_users(value: Any) -> bool:
    """Whether something in a library is the user's own: put there, or handed to it."""
    if isinstance(value, type):
        return is_user_class(value)
    code = getattr(getattr(value, "__wrapped__", value), "__code__", None)
    if not isinstance(code, CodeType) or code.co_filename.startswith(("<string>", "<attrs", "<@")):
        return False  # written by a library at run time
    return files.owner(code.co_filename) == "user"


def is_stateful(kind: type[Any]) -> bool:
    """Whether an object that cannot be compared may change: not so for wrappers of methods."""
    top = (kind.__module__ or "").split(".")[0]
    return top in sys.stdlib_module_names or top == "builtins" or is_user_class(kind)


def annotations(fun: FunctionType) -> Any:
    """A function's annotations, as far as they are text, numbers and types."""
    if sys.version_info >= (3, 14):  # made by running code
        return None
    return tuple([(name, _annotation(value)) for name, value in fun.__annotations__.items()])


def _annotation(value: Any) -> Any:
    if type(value) in SCALARS:
        return type(value).__name__, repr(value)
    name = getattr(value, "__qualname__", None)
    return type(value).__name__, name if isinstance(name, str) else _typing_text(value)


def _typing_text(value: Any) -> str:
    return repr(value) if type(value).__module__ in ("typing", "types") else ""


def imported(reads: coderead.Reads, scope: dict[str, Any]) -> list[ModuleType]:
    """Modules that a function imports itself, as far as they are loaded."""
    if not reads.imported:
        return []
    packages = [""]
    package: str = scope.get("__package__") or ""
    while package:
        packages.append(f"{package}.")
        package = package.rpartition(".")[0]
    found: dict[str, ModuleType] = {}
    for name in reads.imported:
        for prefix in packages:
            whole = (prefix + name).rstrip(".")
            while whole:
                if isinstance(module := sys.modules.get(whole), ModuleType):
                    found[whole] = module
                whole = whole.rpartition(".")[0]
    return list(found.values())


def is_user_module(name: str | None) -> bool:
    """Whether a module's code is the user's own: a notebook, a script, their packages."""
    if name == "__main__":
        return True
    if (name or "").split(".")[0] in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(name or ""), "__file__", None)
    return file is None or files.owner(file) == "user"


def is_user_class(kind: type[Any]) -> bool:
    """Whether a class statement of the user's made it."""
    if not is_made_by_class(kind):
        return False
    # Code that is run without a module name makes classes of the module "builtins".
    return kind.__module__ == "builtins" or is_user_module(kind.__module__)
