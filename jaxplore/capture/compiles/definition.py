"""Which function was compiled: recognised by its code, not by the object it is."""

import functools
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

from jaxplore.capture.source import files
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.span import Span


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, by its code."""

    identity: str
    """Equal for functions made from the same code, however often they are made."""
    code: CodeType | None
    made_as: str
    wrappers: tuple[str, ...]
    file_name: str | None
    source: str
    text_key: int
    """Differs between two versions of the file or cell that it stands in."""

    @classmethod
    def of(cls, fun: Any, name: str, info: Any) -> "Definition":
        """The definition of `fun`, or what its program's debug information says of it."""
        code = code_of(fun)
        file_name = getattr(info, "func_filename", None) if code is None else code.co_filename
        wrappers = _wrappers(fun)
        identity = "\n".join([*wrappers, _identity(name, code, info)])
        made_as, source = _made_as(fun, code), _source(code)
        return cls(identity, code, made_as, wrappers, file_name, source, _text_key(code))

    def span(self, spans: SpanTable) -> Span | None:
        """Where it is defined."""
        return None if self.code is None else spans.of_definition(self.code)


def code_of(fun: Any) -> CodeType | None:
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


def _wrappers(fun: Any) -> tuple[str, ...]:
    """What a function is wrapped in, outermost first: `("jax.grad", "functools.partial")`."""
    found: list[str] = []
    for _ in range(20):
        if isinstance(fun, functools.partial):
            found.append("functools.partial")
            fun = fun.func
            continue
        inner = getattr(fun, "__wrapped__", None)
        if inner is None:
            break
        name = _wrapper(fun)
        if name:
            found.append(name)
        fun = inner
    return tuple(found)


def _wrapper(fun: Any) -> str:
    """The name of a transformation of JAX's, or of a decorator of the user's."""
    code = getattr(fun, "__code__", None)
    if code is None:
        return ""
    if files.owner(code.co_filename) != "internal":
        return code.co_qualname.split(".")[0]
    # JAX wraps each transformed function once more, to keep its own frames out of errors.
    held = [cell.cell_contents for cell in fun.__closure__ or ()]
    codes = [code, *(c.__code__ for c in held if isinstance(c, FunctionType))]
    names = [code.co_qualname.split(".")[0] for code in codes]
    return next((f"jax.{name}" for name in names if name in _TRANSFORMATIONS), "")


_TRANSFORMATIONS: Final = frozenset(
    ["grad", "value_and_grad", "vmap", "jacfwd", "jacrev", "hessian", "checkpoint", "linearize"]
)


def _made_as(fun: Any, code: CodeType | None) -> str:
    """What makes a new function object of the same code."""
    if isinstance(fun, functools.partial):
        return "partial"
    if isinstance(fun, MethodType):
        return "bound method"
    if code is None:
        return ""
    if code.co_name == "<lambda>":
        return "lambda"
    return "local function" if "<locals>" in code.co_qualname else ""


def _identity(name: str, code: CodeType | None, info: Any) -> str:
    if code is not None:
        # A cell that runs again has another number: all cells are one place.
        place = code.co_filename if files.cells.get(code.co_filename) is None else "cell"
        if code.co_name == "<lambda>":  # one name for all: told apart by what they do
            place = f"{place}:{hash((code.co_code, repr(code.co_consts), code.co_names))}"
        if code.co_name == "<module>":  # a cell that is itself the program: told apart by text
            return "\n".join(files.source_lines(code.co_filename))
        # A library's wrapper is one code for all that it wraps: equinox.filter_jit, say.
        wrapped = name if files.owner(code.co_filename) == "library" else ""
        return f"{place}:{code.co_qualname}:{wrapped}"
    return f"{getattr(info, 'func_src_info', None) or name}"


def user_function(fun: Any, static_values: Sequence[tuple[str, object]]) -> Any:
    """The user's function where a library's wrapper was jitted and got it as static data, as
    `equinox.filter_jit` does; else `fun`."""
    code = code_of(fun)
    if code is None or files.owner(code.co_filename) != "library":
        return fun
    for _, value in static_values:
        for part in _parts(value, 4):
            inner = code_of(part) if callable(part) else None
            if inner is not None and files.owner(inner.co_filename) == "user":
                return part
    return fun


def _parts(value: object, depth: int) -> Iterator[object]:
    if depth and type(value) in (tuple, list):
        for part in value:  # pyright: ignore[reportUnknownVariableType, reportGeneralTypeIssues]
            yield from _parts(part, depth - 1)
    else:
        yield value


def _text_key(code: CodeType | None) -> int:
    if code is None or files.owner(code.co_filename) != "user":
        return 0
    return hash("\n".join(files.source_lines(code.co_filename)))


def _source(code: CodeType | None) -> str:
    if code is None or files.owner(code.co_filename) != "user":
        return ""
    lines = files.source_lines(code.co_filename)[code.co_firstlineno - 1 :]
    return "".join(inspect.getblock([f"{line}\n" for line in lines])).rstrip("\n")
