"""What tests of several layers share."""

import gc
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import jax
import pytest

from jaxplore import faults

# Before anything asks for a device: shardings differ only where there are two.
jax.config.update("jax_num_cpu_devices", 2)


def pytest_collection_finish() -> None:
    """What is imported now stays. Collections, of which there are many, need not look at it
    each time: a quarter of the suite's time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def quiet_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The quiet lines that jaxplore reports. The test fails when it leaves any in the list."""
    lines: list[str] = []
    monkeypatch.setattr(faults.reporter, "write", lines.append)
    faults.reporter.forget()
    yield lines
    faults.reporter.forget()
    assert lines == []


@pytest.fixture
def user_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ModuleType]]:
    """Makes a module from source text, as a file the user wrote: `user_module("x = 1")`."""
    names: list[str] = []
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def make(source: str, name: str = "user_code") -> ModuleType:
        path = tmp_path / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        spec = spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = module_from_spec(spec)
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield make
    for name in names:
        sys.modules.pop(name, None)
