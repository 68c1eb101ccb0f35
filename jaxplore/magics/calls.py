"""What a line magic is asked to look at: a call as written, or a compile by its number."""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from jaxplore import session
from jaxplore.errors import JaxploreError, OptionError
from jaxplore.faults import contained
from jaxplore.magics.lineplace import placed
from jaxplore.magics.progress import ProgressLine
from jaxplore.public import look

if TYPE_CHECKING:
    from jaxplore.capture.programs.program import Keep
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.program import Program

Made = TypeVar("Made")


def program_of(
    notebook: "Notebook",
    line: str,
    magic: str,
    stages: tuple[str, ...] | None = None,
    keep: "Keep | None" = None,
) -> "Program | None":
    """The program of what a magic's line names; None when jaxplore itself failed.

    Args:
        notebook: Whose names and ledger are meant.
        line: A call, `"f(x)"`; something that is a program already; or the number of a
            compile, as `%ledger` shows it.
        magic: The magic's name, for errors.
        stages: The texts to make; all when not given.
        keep: Given what JAX lowered, as `look.captured` does.
    """
    __tracebackhide__ = True
    target, args, kwargs = call_of(notebook, line, magic)

    def read(progress: ProgressLine) -> "Program":
        return look.captured(target, args, kwargs, stages=stages, progress=progress, keep=keep)

    return looked("read the program", read)


def looked(
    what: str, capture: Callable[[ProgressLine], Made], progress: ProgressLine | None = None
) -> Made | None:
    """What a capture gives; None when jaxplore itself failed. The user's own errors come
    through as they are.

    Args:
        what: What is done, for the quiet line of a fault.
        capture: Given a line that says what takes long.
        progress: That line, where it is another than the usual one.
    """
    __tracebackhide__ = True
    from jaxplore.capture.programs.tracing import UserCodeFailed

    progress = progress or ProgressLine()
    error: Exception | None = None
    try:
        with contained(what, passing=(UserCodeFailed, JaxploreError)):
            return capture(progress)
    except UserCodeFailed as failed:
        error = failed.original
    finally:
        progress.done()
    # Outside of the handler, where raising it does not rewrite its cause.
    if error is not None:
        raise error
    return None


def call_of(
    notebook: "Notebook", line: str, magic: str
) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """What a magic's line names: something to look at, and its arguments.

    Raises:
        OptionError: The line is empty, or no expression.
    """
    __tracebackhide__ = True
    _refuse_nothing(line, magic)
    number = number_of(line)
    if number is not None:
        return session.why_in(notebook.observation.ledger, number).compile, (), {}
    scope = notebook.shell.user_ns
    tree, file = _parsed(line, magic)
    if not isinstance(tree, ast.Call):
        return _evaluate(tree, scope, file), (), {}
    return _evaluate(tree.func, scope, file), *_arguments(tree, scope, file)


def call_or_value(
    notebook: "Notebook", line: str, magic: str, is_meant: Callable[[Any], bool]
) -> tuple[Any, tuple[tuple[Any, ...], dict[str, Any]] | None]:
    """What a magic's line names: a call that is not made, or a value.

    Args:
        notebook: Whose names are meant.
        line: An expression. Each part of it is evaluated once.
        magic: The magic's name, for errors.
        is_meant: Whether a call of this function is to be looked at; any other is made.

    Returns:
        The function and its arguments; or the value, and None.

    Raises:
        OptionError: The line is empty, or no expression.
    """
    __tracebackhide__ = True
    _refuse_nothing(line, magic)
    scope = notebook.shell.user_ns
    tree, file = _parsed(line, magic)
    if not isinstance(tree, ast.Call):
        return _evaluate(tree, scope, file), None
    called = _evaluate(tree.func, scope, file)
    if is_meant(called):
        return called, _arguments(tree, scope, file)
    # From the user's own line: what the call makes says that it was made there.
    tree.func = ast.copy_location(ast.Name("<called>", ast.Load()), tree.func)
    return _evaluate(tree, {**scope, "<called>": called}, file), None


def _refuse_nothing(line: str, magic: str) -> None:
    if not line.strip():
        raise OptionError(
            f"%{magic} needs something to look at.\nGot: an empty line.\n"
            f"Do: write a call, as in `%{magic} f(x)`."
        )


def _parsed(line: str, magic: str) -> tuple[ast.expr, str]:
    """The syntax of a line, and the file name to compile it with."""
    try:
        whole = ast.parse(line.strip(), mode="eval")
    except SyntaxError as fault:
        raise OptionError(
            f"%{magic} cannot read this as an expression: {fault.msg}.\n"
            f"Got: {line.strip()}\nDo: write a call, as in `%{magic} f(x)`."
        ) from None
    # A lambda in it stands in the cell as any other code.
    return whole.body, placed(whole, line.strip(), magic)


def _arguments(
    tree: ast.Call, scope: dict[str, Any], file: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call as Python would pass them, stars and keywords included."""
    __tracebackhide__ = True
    collect = ast.Call(ast.Name("<collect>", ast.Load()), tree.args, tree.keywords)
    return _evaluate(ast.copy_location(collect, tree), {**scope, "<collect>": _collect}, file)


def number_of(line: str) -> int | None:
    """The number that a line is; None where it is something else.

    >>> number_of("12"), number_of(" -1 "), number_of("f(1)"), number_of("1.0")
    (12, -1, None, None)
    """
    text = line.strip()
    return int(text) if text.removeprefix("-").isdecimal() else None


def _collect(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


def _evaluate(tree: ast.expr, scope: dict[str, Any], file: str) -> Any:
    __tracebackhide__ = True
    expression = ast.fix_missing_locations(ast.Expression(tree))
    return eval(compile(expression, file, "eval"), scope)
