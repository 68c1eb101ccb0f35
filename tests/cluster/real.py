"""Real kernels and real processes, for tests."""

import os
import re
import sys
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

ROOT = str(Path(__file__).parents[2])
WAIT_S = 45
OUTPUTS = ("stream", "display_data", "execute_result", "error", "update_display_data")


def until(condition, seconds=20.0):
    """Waits for a condition; gives what it gave last."""
    end_s = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.05)  # polls: other processes tell nobody when they end
    return found


def alive(pids):
    """Those of the processes that are there and are no zombies."""

    def is_alive(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return [pid for pid in pids if is_alive(pid)]


def of_folder(mark):
    """All processes whose command line or environment names a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and mark.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return [pid for pid in alive(found) if pid != os.getpid()]


class Kernel:
    """A real kernel: runs cells, gives the outputs in the order in which they arrive."""

    def __init__(self):
        self.manager = KernelManager()
        self.manager._kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel", "-f", "{connection_file}"],
            language="python",
            display_name="test",
        )
        env = {**os.environ, "PYTHONPATH": ROOT, "JAXPLORE_DETERMINISTIC": "1"}
        self.manager.start_kernel(env=env)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, cell):
        """(reply, outputs) of a cell."""
        outputs = []

        def hook(message):
            if message["msg_type"] in OUTPUTS:
                outputs.append((message["msg_type"], message["content"]))

        reply = self.client.execute_interactive(cell, output_hook=hook, timeout=WAIT_S)
        return reply["content"], outputs

    def ok(self, cell):
        """What a cell that does not fail shows, as text, without what jaxplore adds."""
        reply, outputs = self.run(cell)
        assert reply["status"] == "ok", text_of(outputs)
        return text_of(outputs)

    def fails(self, cell):
        """(class, what is shown) of a cell that fails."""
        reply, outputs = self.run(cell)
        assert reply["status"] == "error", text_of(outputs)
        return reply["ename"], text_of(outputs)

    def value(self, expression):
        """What an expression is in the kernel, by its text."""
        reply = self.client.execute_interactive(
            "", user_expressions={"v": expression}, output_hook=lambda _: None, timeout=WAIT_S
        )
        return eval(reply["content"]["user_expressions"]["v"]["data"]["text/plain"])

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


def text_of(outputs):
    parts = []
    for kind, content in outputs:
        if kind == "stream":
            parts.append(content["text"].rstrip("\n"))
        elif kind == "error":
            parts.append("\n".join(content["traceback"]))
        elif content["metadata"].get("jaxplore", {}).get("view") != "compiles":
            parts.append(content["data"].get("text/plain", ""))
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(parts))
