"""Begin the observation of a program that `jaxplore run` started.

Python imports this module before the program, because its folder stands first in PYTHONPATH.
It takes the folder out again, so that neither the program nor what it starts can tell, and
hands over to the sitecustomize that would have been imported without it.
"""

import os
import sys


def _begin() -> None:
    here = os.path.dirname(__file__)
    sys.path[:] = [path for path in sys.path if path != here]
    sys.path_importer_cache.pop(here, None)
    folder = os.environ.pop("JAXPLORE_RUN", None)
    before = os.environ.pop("JAXPLORE_RUN_PYTHONPATH", None)
    if folder is None:
        return
    if before is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = before
    path = os.path.join(os.path.dirname(here), "child.py")
    names: dict[str, object] = {"__name__": "jaxplore.run.child", "__file__": path}
    with open(path, "rb") as file:
        exec(compile(file.read(), path, "exec"), names)
    begin = names["begin"]
    assert callable(begin)
    begin(folder, "program")


# A program runs unobserved rather than not at all.
try:  # noqa: SIM105 - nothing more is imported than must be
    _begin()
except Exception:
    pass

# Where there is no other, this is the very error that Python expects then.
del sys.modules["sitecustomize"]
import sitecustomize as _theirs  # noqa: E402, F401  # pyright: ignore[reportUnusedImport]
