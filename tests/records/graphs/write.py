"""Writes the graphs of real programs that the tests of the layered layout read, and layouts.

Calls are opened, loops are not; literals, constants and inputs that many equations read are
chips on their readers, as in the picture. Run it when a program is added, or when the layout
changes, in the browser and here alike: both are held to the numbers in `layouts`.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

import jaxplore
from jaxplore.model.program import Program
from jaxplore.views.graph.layered import layered

OPENED = {"jit", "pjit", "custom_jvp_call", "custom_vjp_call", "remat", "checkpoint", "closed_call"}
LAYOUTS = ("lstm_cell", "transformer_1", "lstm_grad", "variational_grad")
SHARED = 3
HIDDEN = 16


# --- programs ---------------------------------------------------------------------------


def dense(inputs: int, outputs: int) -> dict[str, jax.Array]:
    return {"w": jnp.ones((inputs, outputs)), "b": jnp.zeros(outputs)}


def linear(p, x):
    return x @ p["w"] + p["b"]


def normalise(p, x):
    centred = x - x.mean(-1, keepdims=True)
    return p["w"] * centred / jnp.sqrt(jnp.mean(centred**2, -1, keepdims=True) + 1e-5) + p["b"]


def block_parameters():
    norm = {"w": jnp.ones(HIDDEN), "b": jnp.zeros(HIDDEN)}
    names = ("query", "key", "value", "out")
    return {
        **{name: dense(HIDDEN, HIDDEN) for name in names},
        "up": dense(HIDDEN, 4 * HIDDEN),
        "down": dense(4 * HIDDEN, HIDDEN),
        "before": norm,
        "after": norm,
    }


def attention(p, x):
    heads = [linear(p[name], x).reshape(8, 2, 8) for name in ("query", "key", "value")]
    query, key, value = heads
    scores = jnp.einsum("qhd,khd->hqk", query, key) / jnp.sqrt(8.0)
    scores = jnp.where(jnp.tril(jnp.ones((8, 8), bool)), scores, -1e9)
    mixed = jnp.einsum("hqk,khd->qhd", jax.nn.softmax(scores), value)
    return linear(p["out"], mixed.reshape(8, HIDDEN))


def transformer(p, tokens):
    x = p["embedding"][tokens]
    for block in p["blocks"]:
        x = x + attention(block, normalise(block["before"], x))
        hidden = jax.nn.gelu(linear(block["up"], normalise(block["after"], x)))
        x = x + linear(block["down"], hidden)
    return x @ p["embedding"].T


def transformer_parameters(layers: int):
    return {
        "embedding": jnp.ones((32, HIDDEN)),
        "blocks": [block_parameters() for _ in range(layers)],
    }


def cross_entropy(p, tokens):
    logits = jax.nn.log_softmax(transformer(p, tokens[:-1]))
    return -jnp.mean(jnp.take_along_axis(logits, tokens[1:, None], 1))


def adam_step(p, m, v, step, tokens):
    gradient = jax.grad(cross_entropy)(p, tokens)
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
    rate = 1e-3 * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    return jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), p, m, v), m, v


def convolve(kernel, x):
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def cnn_loss(p, images, labels):
    x = jax.nn.relu(convolve(p["first"], images))
    for kernel in p["residual"]:
        x = x + jax.nn.relu(convolve(kernel, normalise(p["norm"], x)))
    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    logits = linear(p["head"], x.mean((1, 2)))
    return -jnp.mean(jnp.sum(jax.nn.log_softmax(logits) * labels, -1))


def lstm_cell(p, state, x):
    hidden, cell = state
    gates = jnp.split(linear(p["in"], x) + hidden @ p["hidden"], 4, -1)
    i, f, g, o = gates
    cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(cell), cell


def lstm_steps(p, state, rows):
    losses = []
    for row in rows:
        state = lstm_cell(p, state, row)
        losses.append(jnp.sum(state[0] ** 2))
    return sum(losses)


def runge_kutta(y, step):
    def slope(y):
        x, v = y[..., 0], y[..., 1]
        return jnp.stack([v, (1 - x**2) * v - x], -1)

    for _ in range(4):
        k1 = slope(y)
        k2 = slope(y + step / 2 * k1)
        k3 = slope(y + step / 2 * k2)
        k4 = slope(y + step * k3)
        y = y + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


def variational(p, key, x):
    hidden = jax.nn.softplus(linear(p["encode"], x))
    mean, spread = linear(p["mean"], hidden), linear(p["spread"], hidden)
    z = mean + jnp.exp(spread / 2) * jax.random.normal(key, mean.shape)
    shown = linear(p["show"], jax.nn.softplus(linear(p["decode"], z)))
    likely = jnp.sum(jax.nn.log_sigmoid(shown) * x + jax.nn.log_sigmoid(-shown) * (1 - x))
    return 0.5 * jnp.sum(jnp.exp(spread) + mean**2 - 1 - spread) - likely


def cnn_parameters():
    return {
        "first": jnp.ones((3, 3, 3, HIDDEN)),
        "residual": [jnp.ones((3, 3, HIDDEN, HIDDEN)) for _ in range(3)],
        "norm": {"w": jnp.ones(HIDDEN), "b": jnp.zeros(HIDDEN)},
        "head": dense(HIDDEN, 10),
    }


def adam(layers: int) -> Program:
    p = transformer_parameters(layers)
    return jaxplore.program(adam_step, p, p, p, 1.0, jnp.arange(9), stages=("jaxpr",))


def seen(f: Any, *args: Any) -> Program:
    return jaxplore.program(f, *args, stages=("jaxpr",))


CELL = {"in": dense(HIDDEN, 4 * HIDDEN), "hidden": jnp.ones((HIDDEN, 4 * HIDDEN))}
STATE = (jnp.ones((2, HIDDEN)), jnp.ones((2, HIDDEN)))
PARTS = {
    "encode": dense(20, HIDDEN),
    "mean": dense(HIDDEN, 4),
    "spread": dense(HIDDEN, 4),
    "decode": dense(4, HIDDEN),
    "show": dense(HIDDEN, 20),
}

PROGRAMS = {
    "transformer_1": lambda: seen(transformer, transformer_parameters(1), jnp.arange(8)),
    "transformer_2": lambda: seen(transformer, transformer_parameters(2), jnp.arange(8)),
    "transformer_1_grad": lambda: seen(
        jax.grad(cross_entropy), transformer_parameters(1), jnp.arange(9)
    ),
    "transformer_1_adam": lambda: adam(1),
    "transformer_2_adam": lambda: adam(2),
    "cnn_grad": lambda: seen(
        jax.grad(cnn_loss), cnn_parameters(), jnp.ones((2, 8, 8, 3)), jnp.ones((2, 10))
    ),
    "lstm_cell": lambda: seen(lstm_cell, CELL, STATE, jnp.ones((2, HIDDEN))),
    "lstm_grad": lambda: seen(jax.grad(lstm_steps), CELL, STATE, jnp.ones((4, 2, HIDDEN))),
    "runge_kutta": lambda: seen(runge_kutta, jnp.ones((3, 2)), 0.1),
    "variational_grad": lambda: seen(
        jax.grad(variational), PARTS, jax.random.key(0), jnp.ones((3, 20))
    ),
}


# --- graphs -----------------------------------------------------------------------------


class Flat:
    """The boxes and edges of a program whose calls are opened."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.readers = Counter[int]()
        self.names: dict[int, int] = {}
        self.source: dict[int, int] = {}
        self.boxes: list[tuple[int, int]] = []
        self.labels: list[str] = []
        self.edges: list[tuple[int, int]] = []
        self.members: dict[int, list[int]] = {}
        for position, equation in enumerate(program.equations):
            self.members.setdefault(equation.region, []).append(position)
        self._count(0)
        self.names.clear()
        for value in program.regions[0].inputs:
            if 0 < self.readers[value] <= SHARED:
                self.source[value] = self._box(program.values[value].name, value, 0)
        self._draw(0)
        made = {
            self.source[v] for v in map(self._of, program.regions[0].outputs) if v in self.source
        }
        if made:
            end = self._box("output", program.regions[0].outputs[0], 0)
            self.edges += [(maker, end) for maker in sorted(made)]

    def _of(self, value: int) -> int:
        while value in self.names:
            value = self.names[value]
        return value

    def _calls(self, position: int) -> int | None:
        equation = self.program.equations[position]
        if equation.primitive not in OPENED or len(equation.regions) < 1:
            return None
        region = self.program.regions[equation.regions[0]]
        if len(region.inputs) != len(equation.inputs):
            return None
        self.names.update(zip(region.inputs, equation.inputs, strict=True))
        return equation.regions[0]

    def _results(self, position: int, inner: int) -> None:
        results = self.program.regions[inner].outputs
        self.names.update(
            (out, made)
            for out, made in zip(self.program.equations[position].outputs, results, strict=True)
            if out != made
        )

    def _count(self, region: int) -> None:
        for position in self.members.get(region, ()):
            inner = self._calls(position)
            if inner is None:
                self.readers.update({self._of(v) for v in self.program.equations[position].inputs})
            else:
                self._count(inner)
                self._results(position, inner)

    def _draw(self, region: int) -> None:
        for position in self.members.get(region, ()):
            inner = self._calls(position)
            if inner is not None:
                self._draw(inner)
                self._results(position, inner)
                continue
            equation = self.program.equations[position]
            reads = dict.fromkeys(map(self._of, equation.inputs))
            makers = sorted({self.source[v] for v in reads if v in self.source})
            chips = sum(v not in self.source for v in reads)
            box = self._box(equation.primitive, equation.outputs[0], chips)
            self.edges += [(maker, box) for maker in makers]
            self.source.update(dict.fromkeys(equation.outputs, box))

    def _box(self, label: str, value: int, chips: int) -> int:
        text = max(len(label), len(self.program.values[value].type_text))
        self.boxes.append((max(54, round(text * 6.8) + 20), 54 if chips else 36))
        self.labels.append(label)
        return len(self.boxes) - 1


def write_layout(name: str, data: dict[str, Any]) -> None:
    layout = layered(data["widths"], data["heights"], zip(data["from"], data["to"], strict=True))
    routes = [
        {
            "from": route.source,
            "to": route.target,
            "long": route.long,
            "side": route.side,
            "points": [number for point in route.points for number in point],
        }
        for route in layout.routes
    ]
    drawn = {
        **{part: getattr(layout, part) for part in ("x", "y", "layer")},
        "routes": routes,
        **{part: getattr(layout, part) for part in ("left", "width", "height")},
    }
    text = json.dumps({**data, "layout": drawn}, separators=(",", ":"))
    path = Path(__file__).parents[1] / "layouts" / f"{name}.json"
    path.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Write all graphs beside this file."""
    for name, make in PROGRAMS.items():
        flat = Flat(make())
        data = {
            "widths": [width for width, _ in flat.boxes],
            "heights": [height for _, height in flat.boxes],
            "from": [maker for maker, _ in flat.edges],
            "to": [reader for _, reader in flat.edges],
        }
        text = json.dumps(data, separators=(",", ":"))
        Path(__file__).with_name(f"{name}.json").write_text(text + "\n", encoding="utf-8")
        if name in LAYOUTS:
            write_layout(name, data)
        print(f"{name}: {len(flat.boxes)} boxes, {len(flat.edges)} edges")


if __name__ == "__main__":
    main()
