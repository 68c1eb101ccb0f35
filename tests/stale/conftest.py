"""A notebook in small: cells that run in one namespace, watched for stale results."""

from collections.abc import Iterator

import pytest

from jaxplore.capture.compiles.callform import static_values
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.source import files
from jaxplore.magics.beside.stalewatch import StaleWatch
from jaxplore.model.findings import Finding

FIRST = """
import dataclasses, enum, functools, types
import numpy as np, jax, jax.numpy as jnp
x = jnp.ones(3)
x4 = jnp.ones(4)
"""


class Cells:
    """Runs texts as the cells of one notebook and checks after each. The first is cell 2."""

    def __init__(self) -> None:
        self.watch = StaleWatch()
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.number = 0
        self.run(FIRST)

    def note(self, fun, args, kwargs, params) -> None:
        statics = static_values(fun, args, kwargs, params.arg_names or ())
        self.watch.note(fun, statics, self.number, jaxpr=params.params["jaxpr"])

    def findings(self, text: str) -> list[Finding]:
        """Run a cell; what is stale of what it used."""
        self.number += 1
        name = f"<cell {id(self)} {self.number}>"
        files.cells.name(name, self.number, text)
        exec(compile(text, name, "exec"), self.names)
        return self.watch.check(text, self.names, self.number)

    def run(self, text: str) -> list[str]:
        """Run a cell; the explanations of what is stale."""
        return [found.explanation for found in self.findings(text)]

    def run_all(self, text: str) -> list[str]:
        """Run the cells of a text, `---` between them; all explanations."""
        return [said for cell in text.strip().split("\n---\n") for said in self.run(cell)]


@pytest.fixture
def cells(quiet_lines: list[str]) -> Iterator[Cells]:
    made = Cells()

    def unused(_miss: object) -> None:
        pass

    observer.add(unused)
    observer.trace_sinks.append(made.note)
    yield made
    observer.trace_sinks.remove(made.note)
    observer.remove(unused)
    files.cells.clear()
