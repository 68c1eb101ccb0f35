"""`%gradient`: its options and its help, and the gradient of a `%%grad` cell."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from jaxplore.errors import OptionError
from jaxplore.magics import calls
from jaxplore.magics.progress import QUIET_MEASURED, ProgressLine

if TYPE_CHECKING:
    from jaxplore.magics.cell.program import CellProgram
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.gradient import Gradient

_HOW: Final = "write a call, as in `%gradient f(x)` or `%gradient --wrt w,b loss(w, b, x)`."
_OPTIONS: Final = "--wrt a,b --has-aux -o NAME --steps --memory"


@magics_class
class GradientMagics(Magics):
    """`%gradient`."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @no_var_expand
    @line_magic
    def gradient(self, line: str) -> "Gradient | None":
        """Forward and backward pass side by side, and what is kept between them.

            %gradient [options] f(x)

        Each row is an expression: what it makes on the way forward, what its backward part
        does, the bytes it keeps for it, the norm of its cotangent; and where the gradient
        stops, with the reason.

        Options:
            --wrt a,b: the arguments to differentiate by, names or numbers; the first by default.
            --has-aux: `f` returns its result and auxiliary data.
            -o NAME: set NAME to the record.
            --steps: how the gradient is derived, step by step.
            --memory: what `checkpoint` would save, and what it would cost.

        Twin: `jaxplore.gradient`.
        """
        __tracebackhide__ = True
        options = read_options(line)
        if options.instead:
            from jaxplore.magics import gradientsteps

            show = getattr(gradientsteps, f"show_{options.instead}")
            show(self._notebook, options.call, wrt=options.wrt, has_aux=options.has_aux)
            return None
        target, args, kwargs = calls.call_of(self._notebook, options.call, "gradient")
        made = captured(target, args, kwargs, wrt=options.wrt, has_aux=options.has_aux)
        if options.output and made is not None:
            self._notebook.shell.user_ns[options.output] = made
        return made


@dataclass(frozen=True, slots=True)
class Options:
    """What stands before the call, and the call."""

    call: str
    wrt: tuple[int | str, ...] = (0,)
    has_aux: bool = False
    output: str | None = None
    instead: str = ""
    """`"steps"` or `"memory"`: another view of the call."""


def read_options(line: str) -> Options:
    """The options of a line.

    >>> read_options("--wrt w,1 -o seen f(w, x)")
    Options(call='f(w, x)', wrt=('w', 1), has_aux=False, output='seen', instead='')

    Raises:
        OptionError: An option is unknown, or has no value.
    """
    found: dict[str, Any] = {}
    rest = line.strip()
    while rest.startswith("-"):
        word, _, rest = rest.partition(" ")
        option, _, value = word.partition("=")
        rest = rest.lstrip()
        if option in ("--wrt", "-o", "--output") and not value:
            value, _, rest = rest.partition(" ")
            rest = rest.lstrip()
        found |= _option(line, option, value)
    return Options(call=rest, **found)


def _option(line: str, option: str, value: str) -> dict[str, Any]:
    if option == "--wrt":
        from jaxplore.magics.cell import wrt

        names = wrt.split([value])
        if names:
            return {"wrt": tuple(int(n) if n.isdecimal() else n for n in names)}
    elif option in ("-o", "--output"):
        if value.isidentifier():
            return {"output": value}
    elif option == "--has-aux":
        return {"has_aux": True}
    elif option in ("--steps", "--memory"):
        return {"instead": option.removeprefix("--")}
    else:
        raise OptionError(
            f"%gradient does not know {option}.\nGot: {line.strip()}\n"
            f"Do: use {_OPTIONS}; then {_HOW}"
        )
    raise OptionError(f"%gradient {option} needs a name.\nGot: {line.strip()}\nDo: {_HOW}")


def captured(
    target: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    wrt: Sequence[int | str],
    has_aux: bool = False,
) -> "Gradient | None":
    """The gradient of a call; None when jaxplore itself failed. The user's errors pass."""
    __tracebackhide__ = True
    from jaxplore.capture.gradients.gradient import capture_gradient

    by = wrt[0] if len(wrt) == 1 else tuple(wrt)
    return calls.looked(
        "see the gradient",
        lambda progress: capture_gradient(
            target, args, kwargs, wrt=by, has_aux=has_aux, progress=progress
        ),
        ProgressLine(QUIET_MEASURED),
    )


def of_cell(
    program: "CellProgram", last: str, scope: dict[str, Any], names: Sequence[str], order: int
) -> "Iterator[Gradient]":
    """The gradient of a cell's program; of a higher order, one for each name.

    Args:
        program: The cell.
        last: The name it assigns last, where it has no value.
        scope: The notebook's names.
        names: What to differentiate by.
        order: Of the derivative.
    """
    __tracebackhide__ = True
    given = [name for name in program.inputs if _has_arrays(scope[name])]
    loss = _loss(program, last, scope, given)
    args = tuple([scope[name] for name in given])
    if order == 1:
        made = captured(loss, args, {}, wrt=names)
        if made is not None:
            yield made
        return
    import jax

    for name in names:
        derivative = loss
        for _ in range(order - 1):
            derivative = jax.grad(derivative, argnums=given.index(name))
        made = captured(derivative, args, {}, wrt=[name])
        if made is not None:
            yield made


def _has_arrays(value: Any) -> bool:
    import jax

    # A module such as `jax.numpy` has a `shape` and a `dtype`, too: functions.
    return any(
        isinstance(getattr(leaf, "shape", None), tuple) or type(leaf) is float
        for leaf in jax.tree.leaves(value)
    )


def _loss(
    program: "CellProgram", last: str, scope: dict[str, Any], given: Sequence[str]
) -> Callable[..., Any]:
    """The cell as a function of the arrays and numbers it reads; gives its scalar."""
    body = program.function("cell")
    fixed = {name: scope[name] for name in program.inputs if name not in given}

    def cell(*args: Any) -> Any:
        __tracebackhide__ = True
        known = {**fixed, **dict(zip(given, args, strict=True))}
        value, names = body(*[known[name] for name in program.inputs])
        return value if program.has_value else names[last]

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    cell.__signature__ = inspect.Signature(  # pyright: ignore[reportFunctionMemberAccess]
        [inspect.Parameter(name, kind) for name in given]
    )
    return cell
