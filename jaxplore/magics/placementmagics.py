"""`%placement` and `%devices`: their help, and what they are asked to look at."""

import ast
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from jaxplore.errors import OptionError
from jaxplore.faults import contained
from jaxplore.magics import calls, outputs
from jaxplore.magics.outputoption import read_options
from jaxplore.magics.progress import ProgressLine

if TYPE_CHECKING:
    from jaxplore.capture.placement.tree import Parts
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.placement import Placement


@magics_class
class PlacementMagics(Magics):
    """`%placement`, `%devices`."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @no_var_expand
    @line_magic
    def placement(self, line: str) -> None:
        """Which device holds what.

            %placement [-o NAME] params
            %placement [-o NAME] params, opt_state
            %placement [-o NAME] f(x)

        Of arrays: how each is split over the devices, whether it is pinned to them and which
        call pinned it, bytes per device, and a picture. Of a call of a jitted function:
        where XLA puts its inputs and outputs, and each sharding constraint in it; it is
        compiled and not run. Any other expression is evaluated, and its result is shown.

        Options:
            -o NAME: set NAME to the record.

        Twin: `jaxplore.placement`.
        """
        __tracebackhide__ = True
        options = read_options(line, "%placement")
        record = placed(self._notebook, options.call)
        if record is None:
            return
        if options.output:
            self._notebook.shell.user_ns[options.output] = record
        with contained("show a placement"):
            data = {"text/plain": str(record), "text/html": record._repr_html_()}  # pyright: ignore[reportPrivateUsage]
            outputs.show(data, "placement")

    @no_var_expand
    @line_magic
    def devices(self, line: str) -> None:
        """`%devices`: the devices of this machine, what each holds, and what compiled for it.

        Memory in use and its limit, where the device says so (a CPU does not); bytes and
        number of the arrays that Python still holds; programs compiled since jaxplore was
        loaded. A warning where an accelerator lies idle, with the reason.

        Twin: `jaxplore.devices`."""
        __tracebackhide__ = True
        if line.strip():
            raise OptionError(
                f"%devices takes no options.\nGot: {line.strip()}\nDo: write `%devices`, or "
                f"`%placement {line.strip()}` for where an array is."
            )
        with contained("look at the devices"):
            from jaxplore.public.devices import devices

            record = devices()
            data = {"text/plain": str(record), "text/html": record._repr_html_()}  # pyright: ignore[reportPrivateUsage]
            outputs.show(data, "devices")


def placed(notebook: "Notebook", line: str) -> "Placement | None":
    """Where what a line names is; None when jaxplore itself failed. The user's own errors come
    through as they are."""
    __tracebackhide__ = True
    from jaxplore.capture.placement.program import capture_program
    from jaxplore.capture.placement.tree import capture_tree
    from jaxplore.public.placement import is_jitted, is_program

    target, call = calls.call_or_value(notebook, line, "placement", is_jitted)

    def capture(progress: ProgressLine) -> "Placement":
        if call is not None:
            return capture_program(target, *call, progress=progress)
        if is_program(target):
            return capture_program(target, (), {}, progress=progress)
        return capture_tree(named_parts(line, target))

    return calls.looked("look at a placement", capture)


def named_parts(line: str, value: Any) -> "Parts":
    """A value with the name that its paths begin with; for `a, b` each by its own.

    >>> named_parts("params, (x + 1)", (1, 2)), named_parts("f(x)", 3)
    ((('params', 1), ('[1]', 2)), (('', 3),))
    """
    tree = ast.parse(line.strip(), mode="eval").body
    if isinstance(tree, ast.Tuple) and type(value) is tuple and len(tree.elts) == len(value):
        names = [_name(one) or f"[{place}]" for place, one in enumerate(tree.elts)]
        return tuple(zip(names, value, strict=True))
    return ((_name(tree), value),)


def _name(tree: ast.expr) -> str:
    """The text of `params`, `state.params`, `layers[0]`; empty for what is computed."""
    inner = tree
    while isinstance(inner, ast.Attribute | ast.Subscript):
        if isinstance(inner, ast.Subscript) and not isinstance(inner.slice, ast.Constant):
            return ""
        inner = inner.value
    return ast.unparse(tree) if isinstance(inner, ast.Name) else ""
