"""Ratios that must not grow: `make bench`.

Each ratio is measured within one run, the two sides in turn, because machines are shared
and noisy; a single time says little. A ratio above its goal is marked.
"""

import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import optax
import programs
from explorer import explorer
from numerics import numerics
from placement import placement
from rows import Row, seconds

import jaxplore
from jaxplore.capture import _hooks
from jaxplore.capture.compiles.observer import observer
from jaxplore.model.compiles import Miss


def hot_call() -> Row:
    """A call of a compiled function, with and without an observation open."""
    step = jax.jit(lambda x: x * 2 + 1)
    x = jnp.ones(8)
    step(x).block_until_ready()

    def calls() -> None:
        for _ in range(20_000):
            step(x)

    calls()
    bare: list[float] = []
    observed: list[float] = []
    for _ in range(15):
        bare.append(seconds(calls))
        with jaxplore.observe():
            observed.append(seconds(calls))
    ratio = statistics.median(o / b for o, b in zip(observed, bare, strict=True))
    each = statistics.median(bare) / 20_000
    return Row("hot call observed / bare", ratio, 1.02, f"{each * 1e6:.2f} us bare")


def cache_miss() -> Row:
    """Time spent in jaxplore's own code on a cache miss, as a share of the compile."""
    spent = 0.0
    names = (
        "_enter_run",
        "_leave_run",
        "_enter_impl",
        "_leave_impl",
        "_on_stage",
        "_on_event",
        "_on_duration",
    )
    originals = {name: getattr(observer, name) for name in names}

    def timed(original: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal spent
            start = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                spent += time.perf_counter() - start

        return call

    for name, original in originals.items():
        setattr(observer, name, timed(original))
    try:
        with jaxplore.observe() as ledger:
            x = jnp.ones((32, 32))
            spent, shares = 0.0, []
            for index in range(30):
                before, own = ledger.total_s, spent

                def f(x: jax.Array, scale: float = index + 0.5) -> jax.Array:
                    return jnp.tanh(x @ x) * scale + jnp.var(x)

                jax.jit(f)(x).block_until_ready()
                shares.append((spent - own) / (ledger.total_s - before))
    finally:
        for name in originals:
            delattr(observer, name)
    share = statistics.median(shares)
    each = spent / 30
    return Row("cache miss: own time / its compile", share, 0.03, f"{each * 1e6:.0f} us own")


def many_keys() -> Row:
    """The same share for a training step of 300 arrays that was compiled for many shapes."""
    spent = 0.0
    original = observer._leave_impl

    def timed(*args: object) -> object:
        nonlocal spent
        start = time.perf_counter()
        try:
            return original(*args)
        finally:
            spent += time.perf_counter() - start

    layers = {f"layer {i}": {"w": jnp.eye(8), "b": jnp.zeros(8)} for i in range(50)}
    tx = optax.adam(1e-3)
    state = tx.init(layers)

    def loss(layers: Any, x: jax.Array) -> jax.Array:
        for layer in layers.values():
            x = jnp.tanh(x @ layer["w"] + layer["b"])
        return jnp.mean(x**2)

    @jax.jit
    def step(layers: Any, state: Any, x: jax.Array) -> Any:
        updates, state = tx.update(jax.grad(loss)(layers, x), state, layers)
        return optax.apply_updates(layers, updates), state

    observer._leave_impl = timed
    try:
        with jaxplore.observe() as ledger:
            shares: list[float] = []
            for size in range(2, 17):
                x = jnp.ones((size, 8))
                before, own = ledger.total_s, spent
                step(layers, state, x)
                shares.append((spent - own) / (ledger.total_s - before))
    finally:
        del observer._leave_impl
    share = statistics.median(shares[-8:])
    return Row(
        "the same, Adam on 100 arrays, 15 shapes", share, 0.03, f"{spent / 15e-3:.0f} ms own"
    )


def ring() -> Row:
    """Memory of jaxplore's own after 10,000 more compiles, against the first 10,000."""
    from jaxplore.session import Observation

    observation = Observation()
    captured: list[Miss] = []
    observer.add(captured.append)
    try:
        jax.jit(lambda x: jnp.tanh(x @ x))(jnp.ones((16, 16)))
    finally:
        observer.remove(captured.append)
    miss = next(m for m in captured if m.kind != "eager")
    tracemalloc.start()
    used: list[int] = []
    for round_ in range(3):
        for n in range(10_000):
            number = round_ * 10_000 + n
            one = replace(miss.arguments[0], type=f"f32[{number},16]")
            observation.record(replace(miss, identity=f"f{number % 3000}", arguments=(one,)))
        used.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    detail = f"{used[0] / 2**20:.0f} MiB for 10,000 rows and 2,048 functions"
    return Row("memory after 30,000 compiles / 10,000", used[2] / used[0], 1.25, detail)


_LOADING = """
import gc, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
start = time.perf_counter()
import jax, jax.numpy
middle = time.perf_counter()
# JAX leaves a full collection of its own objects due: on whom it falls is chance.
gc.collect()
again = time.perf_counter()
shell.run_line_magic("load_ext", "jaxplore")
end = time.perf_counter()
print(middle - start, end - again)
"""


def loading() -> Row:
    """`import jax` with `%load_ext jaxplore` after it, against `import jax` alone."""

    def pairs() -> Iterator[tuple[float, float]]:
        # An installed package has its bytecode; a checkout writes it with the first import.
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        command = [sys.executable, "-c", _LOADING]
        subprocess.run(command, capture_output=True, check=True, env=environment)
        for _ in range(7):
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env=environment
            )
            jax_s, load_s = (float(part) for part in done.stdout.split()[-2:])
            yield jax_s, load_s

    measured = list(pairs())
    ratio = statistics.median((a + b) / a for a, b in measured)
    load = statistics.median(b for _, b in measured)
    return Row("import jax + load_ext / import jax", ratio, 1.10, f"load_ext {load * 1e3:.0f} ms")


def large_program() -> Row:
    """The `Program` of a large jaxpr against JAX's own text of it."""

    function, arguments = programs.unrolled()
    jaxpr = jax.make_jaxpr(function)(*arguments)
    ratios: list[float] = []
    text_s = 0.0
    for _ in range(5):
        text_s = seconds(lambda: str(jaxpr))
        ratios.append(seconds(lambda: jaxplore.program(jaxpr)) / text_s)
    detail = f"{programs.EQUATIONS:,} equations, str {text_s:.2f} s"
    return Row("Program / str(jaxpr)", statistics.median(ratios), 1.0, detail)


def main() -> None:
    """Measure and print all rows."""
    print(f"jax {jax.__version__}, Python {sys.version.split()[0]}, {jax.devices()[0].platform}")
    if not _hooks.can_observe_misses():
        print("this JAX has no cache-miss function: only monitoring is measured")
    for measure in (hot_call, cache_miss, many_keys, ring, loading, large_program):
        print(measure(), flush=True)
    for row in (*explorer(), *numerics(), *placement()):
        print(row, flush=True)


if __name__ == "__main__":
    main()
