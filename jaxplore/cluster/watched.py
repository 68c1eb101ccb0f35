"""Run a module as a program that ends when the process that started it has died.

Executed by its path, before anything else is imported: `python -P watched.py
PID FOLDER MODULE ...`. However its parent ends, killed or not, nothing is left behind, the folder
neither. Where a process does not learn
that its parent has died (Windows) it is ended by `Cluster.stop` and at exit alone.
"""

import os
import runpy
import shutil
import signal
import sys
import threading
import time

_INTERVAL_S = 0.25


def watch(parent: int, folder: str) -> None:
    """End this process, and all that it started, when `parent` is its parent no more."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_INTERVAL_S)
        shutil.rmtree(folder, ignore_errors=True)
        if os.getpgid(0) == os.getpid():  # never the group of somebody else
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    if hasattr(os, "killpg"):
        threading.Thread(target=look, name="jaxplore-parent", daemon=True).start()


if __name__ == "__main__":
    folder = sys.argv[2]
    watch(int(sys.argv[1]), folder)
    sys.argv = sys.argv[3:]
    if sys.argv[0] == "ipyparallel.controller" and hasattr(os, "register_at_fork"):
        # It forks its schedulers, which would go on when it alone is killed.
        os.register_at_fork(after_in_child=lambda: watch(os.getppid(), folder))
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
