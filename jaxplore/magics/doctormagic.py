"""`%doctor`: what is wrong with this process and what is installed for it."""

from typing import TYPE_CHECKING

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from jaxplore.errors import OptionError
from jaxplore.faults import contained
from jaxplore.magics import outputs

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook


@magics_class
class DoctorMagic(Magics):
    """`%doctor`."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)

    @no_var_expand
    @line_magic
    def doctor(self, line: str) -> None:
        """`%doctor`: what is wrong with JAX, its environment and the notebook, and the fix.

        Looks at the accelerators of this machine, the environment variables (set too late?),
        the versions that are installed, JAX's settings, the persistent cache and the front
        end. Starts nothing.

        Twin: `jaxplore.doctor`."""
        __tracebackhide__ = True
        if line.strip():
            raise OptionError(
                f"%doctor takes no options.\nGot: {line.strip()}\nDo: write `%doctor`."
            )
        with contained("look for what is wrong"):
            from jaxplore.public.doctor import doctor
            from jaxplore.views import doctor as view

            found = doctor()
            outputs.show({"text/plain": view.text(found), "text/html": view.html(found)}, "doctor")
