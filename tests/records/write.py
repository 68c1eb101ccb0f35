"""Writes the golden records that pytest and vitest read: `make records`.

Run it when the record format or the capture changes, and look at the difference.
"""

import json
import runpy
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

import jaxplore
from jaxplore.views.pages.packing import pack

FOLDER = Path(__file__).parent


def square_array(x):
    return x**2


def layer(weights, x):
    return jnp.tanh(x @ weights["w"] + weights["b"])


def loss(params, x, y):
    with jax.named_scope("encoder"):
        hidden = layer(params["first"], x)
    predicted = hidden @ params["last"]["w"] + params["last"]["b"]
    return jnp.mean(jnp.where(jnp.abs(predicted - y) < 1.0, (predicted - y) ** 2, 2.0))


def control_flow(x):
    def body(carry, row):
        return carry + row.sum(), row * 2

    total, rows = jax.lax.scan(body, 0.0, x)
    total = jax.lax.cond(total > 1.0, jnp.sin, jnp.cos, total)
    return jax.lax.while_loop(lambda t: t < 9.0, lambda t: t * 1.5 + 1.0, total), rows


def params():
    first = {"w": jnp.ones((3, 4)), "b": jnp.zeros(4)}
    return {"first": first, "last": {"w": jnp.ones((4, 1)), "b": jnp.zeros(1)}}


RECORDS = {
    "square": lambda: jaxplore.program(square_array, jnp.arange(4.0)),
    "mlp_gradient": lambda: jaxplore.program(
        jax.grad(loss), params(), jnp.ones((5, 3)), jnp.ones((5, 1))
    ),
    "control_flow": lambda: jaxplore.program(control_flow, jnp.ones((4, 2))),
}


def sample():
    """A jitted training step: what `extension/demo/` shows, and many of its tests run on."""
    step = runpy.run_path(str(FOLDER / "sample.py"))["step"]
    first = {"w1": jnp.ones((4, 8)), "b1": jnp.zeros(8)}
    weights = {**first, "w2": jnp.ones((8, 2)), "b2": jnp.zeros(2)}
    return jaxplore.program(step, weights, jnp.ones((3, 4)), jnp.ones((3, 2)))


def write(path: Path, data: dict[str, Any], *, file: str, shown: str) -> None:
    """A record that does not say where the checkout is."""
    for source in data["sources"]:
        source["file"] = shown
    data["strings"] = [shown if text == file else text for text in data["strings"]]
    text = json.dumps(data, indent=None, separators=(",", ":"), sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Write all records beside this file, packed ones too, and the sample of the demo."""
    for name, make in RECORDS.items():
        data = make().to_json()
        write(FOLDER / f"{name}.json", data, file=__file__, shown="records.py")
        (FOLDER / "packed").mkdir(exist_ok=True)
        (FOLDER / f"packed/{name}.txt").write_text(pack(data) + "\n", encoding="utf-8")
    demo = FOLDER.parents[1] / "extension/demo/sample.json"
    write(demo, sample().to_json(), file=str(FOLDER / "sample.py"), shown="cell 3")
    for folder in ("timeline", "collectives"):
        runpy.run_path(str(FOLDER / folder / "write.py"), run_name="__main__")


if __name__ == "__main__":
    main()
