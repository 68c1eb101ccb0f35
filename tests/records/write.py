"""Writes the golden records that pytest and vitest read: `make records`.

Run it when the record format or the capture changes, and look at the difference.
"""

import json
from pathlib import Path

import jax
import jax.numpy as jnp

import jaxplore


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


def main() -> None:
    """Write all records beside this file."""
    import runpy  # not above: the records hold the line numbers of this file

    folder = Path(__file__).parent
    for name, make in RECORDS.items():
        data = make().to_json()
        for source in data["sources"]:
            source["file"] = "records.py"
        data["strings"] = ["records.py" if text == __file__ else text for text in data["strings"]]
        text = json.dumps(data, indent=None, separators=(",", ":"), sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    runpy.run_path(str(folder / "timeline/write.py"), run_name="__main__")


if __name__ == "__main__":
    main()
