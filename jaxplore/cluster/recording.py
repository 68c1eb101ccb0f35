"""What a cell shows in this process, written down in its order instead of sent away."""

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from io import TextIOBase
from types import TracebackType
from typing import Any

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from jaxplore.model.processes import Failure, Output


class Recorder:
    """Context manager: while it is open, what is shown goes into `outputs`."""

    def __init__(self, shell: InteractiveShell, *, quiet: bool) -> None:
        """`quiet` keeps the value of the last expression from being shown."""
        self._shell: Any = shell
        self._quiet = quiet
        self.value: Any = None
        """Of the last expression."""
        self.outputs: list[Output] = []
        self.failure: Failure | None = None
        self._ids: dict[str, int] = {}
        self._undo = ExitStack()

    def __enter__(self) -> "Recorder":
        shell = self._shell
        # IPython puts its own hook in with the outermost cell that runs.
        self._undo.enter_context(shell.display_trap)
        self._replace(sys, "stdout", _Stream("stdout", self._write))
        self._replace(sys, "stderr", _Stream("stderr", self._write))
        self._replace(sys, "displayhook", self._result)
        self._replace(shell, "display_pub", _Publisher(self._display, self._clear))
        self._replace(shell, "_showtraceback", self._failed)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._undo.close()

    def _replace(self, owner: Any, name: str, value: Any) -> None:
        own, before = name in vars(owner), getattr(owner, name)
        is_trait = name in getattr(owner, "traits", dict)()

        def undo() -> None:
            if own or is_trait:
                setattr(owner, name, before)
            else:
                delattr(owner, name)

        setattr(owner, name, value)
        self._undo.callback(undo)

    def _write(self, name: str, text: str) -> None:
        if not text:
            return
        last = self.outputs[-1] if self.outputs else None
        if last is not None and last.kind == "stream" and name in last.data:
            self.outputs.pop()
            text = str(last.data[name]) + text
        self.outputs.append(Output(kind="stream", data={name: text}, metadata={}))

    def _result(self, value: Any) -> None:
        if value is None:
            return
        self.value = self._shell.user_ns["_"] = value
        if self._quiet:
            return
        data, metadata = self._shell.display_formatter.format(value)
        if data:
            self.outputs.append(Output(kind="result", data=data, metadata=metadata))

    def _display(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: Any, update: bool
    ) -> None:
        output = Output(kind="display", data=dict(data), metadata=dict(metadata))
        if update and display_id in self._ids:
            self.outputs[self._ids[display_id]] = output
            return
        if display_id is not None:
            self._ids[display_id] = len(self.outputs)
        self.outputs.append(output)

    def _clear(self) -> None:
        self.outputs.clear()
        self._ids.clear()

    def _failed(self, kind: Any, error: Any, lines: list[str]) -> None:
        self.failure = Failure(
            name=str(getattr(kind, "__name__", kind)), message=str(error), traceback=tuple(lines)
        )


class _Stream(TextIOBase):
    """Standard output or error."""

    encoding = "utf-8"

    def __init__(self, name: str, write: Callable[[str, str], None]) -> None:
        self._name = name
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, s: str, /) -> int:
        self._write(self._name, s)
        return len(s)


class _Publisher(DisplayPublisher):
    """What `display` publishes with."""

    def __init__(self, display: Callable[..., None], clear: Callable[[], None]) -> None:
        super().__init__()
        self._display = display
        self._clear = clear

    def publish(self, data: Any, metadata: Any = None, *_: Any, **facts: Any) -> None:
        """Write it down."""
        transient = facts.get("transient") or {}
        self._display(data, metadata or {}, transient.get("display_id"), bool(facts.get("update")))

    def clear_output(self, wait: bool = False) -> None:
        """Forget what was shown."""
        self._clear()
