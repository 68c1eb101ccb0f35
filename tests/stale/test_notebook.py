"""In a real shell: real cells, real compiles, the check after each cell."""

from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

from jaxplore.capture.compiles.callform import static_values
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.source import files
from jaxplore.magics.beside.stalewatch import StaleWatch


class Shell:
    def __init__(self) -> None:
        self.shell = InteractiveShell()
        self.watch = StaleWatch()
        self.told: list[str] = []
        self.number = 0
        self.shell.events.register("post_run_cell", self._after)

    def note(self, fun, args, kwargs, params) -> None:
        statics = static_values(fun, args, kwargs, params.arg_names or ())
        self.watch.note(fun, statics, self.number, jaxpr=params.params["jaxpr"])

    def _after(self, result) -> None:
        found = self.watch.check(result.info.raw_cell, self.shell.user_ns, self.number)
        self.told += [str(row) for row in found]

    def run(self, cell: str) -> list[str]:
        self.told = []
        self.number += 1
        result = self.shell.run_cell(cell, store_history=True)
        result.raise_error()
        return self.told


@pytest.fixture
def shell(quiet_lines: list[str]) -> Iterator[Shell]:
    made = Shell()

    def unused(_miss: object) -> None:
        pass

    observer.add(unused)
    observer.trace_sinks.append(made.note)
    yield made
    observer.trace_sinks.remove(made.note)
    observer.remove(unused)
    made.shell.events.unregister("post_run_cell", made._after)
    made.shell.reset(new_session=False)
    made.shell.history_manager.end_session()
    files.cells.clear()


def test_a_notebook_is_told_what_is_stale(shell: Shell) -> None:
    assert shell.run("import jax, jax.numpy as jnp\nx = jnp.ones(3)\nk = 2.0") == []
    assert shell.run("@jax.jit\ndef f(x):\n    return x * k\nf(x)") == []
    assert shell.run("k = 3.0") == []
    assert shell.run("%time y = f(x)") == [
        "f: `k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0"
    ]
    assert shell.run("f(x)") == []
    assert shell.run("@jax.jit\ndef f(x):\n    return x * k\nf(x)") == []


def test_training_in_a_notebook_is_not_stale(shell: Shell) -> None:
    shell.run("import jax, jax.numpy as jnp\nw = jnp.ones(3)\nlr = 0.1\nhistory = []")
    shell.run(
        "def loss(w, x): return ((w * x) ** 2).sum()\n"
        "@jax.jit\ndef step(w, x):\n    l, g = jax.value_and_grad(loss)(w, x)\n"
        "    return w - lr * g, l"
    )
    train = "for i in range(3):\n    w, l = step(w, jnp.ones(3) * i)\n    history.append(float(l))"
    assert [shell.run(train) for _ in range(3)] == [[], [], []]
    assert shell.run("lr = 0.01\n" + train) == [
        "step: `lr` was 0.1 when traced in cell 3, is 0.01 now; step still uses 0.1"
    ]
