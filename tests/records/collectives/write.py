"""Writes `joined.json`: a program and what its devices send. `make records` runs it.

The record is made by hand, so that every kind of row is in it whatever XLA does: what pytest
encodes is what vitest draws.
"""

import json
from pathlib import Path
from typing import Any

from jaxplore.model.collectives import Collective, Collectives, HostTransfer
from jaxplore.model.program import Program
from jaxplore.model.wire.collectives import encode_collectives
from jaxplore.views.pages.page import VIEW_FORMAT
from jaxplore.widgets.measured import places

RECORDS = Path(__file__).parents[1]
JOINED = Path(__file__).with_name("joined.json")

GRADIENTS = (30, 32, 33, 41, 42)
"""Of three parameters; 32 and 41 are only on the way to 33 and 42."""


def program() -> Program:
    """The gradient of two layers: 43 equations, of which 18 is inside of a jit."""
    return Program.from_json(json.loads((RECORDS / "mlp_gradient.json").read_text()))


def record() -> Collectives:
    """Five collectives, of one, three and no equations, and a call into Python."""
    of = program()

    def row(name: str, line: int, equations: tuple[int, ...], **facts: Any) -> Collective:
        given: dict[str, Any] = {
            "kind": name.split(".")[0],
            "name": name,
            "line": line,
            "type": "f32[4]",
            "group_size": 4,
            "axes": ("data",),
            "repeats": 1,
            "equations": equations,
            "span": of.equations[equations[0]].span if equations else None,
            "phase": "forward",
            "explanation": "",
            "advice": "",
        }
        return Collective(**{**given, **facts})

    rows = (
        row(
            "all-gather.1",
            5,
            (0, 8),
            repeats=12,
            sent_bytes=60,
            cause="reshard",
            users=(0, 2),
            explanation="x comes split over data, and the product wants all of it.",
            advice="give x with P(None): in_shardings=(..., P(None), ...).",
        ),
        row(
            "all-reduce.2",
            11,
            (20,),
            axes=("data", "model"),
            group_size=8,
            sent_bytes=8,
            cause="asked",
            explanation="lax.psum asks for it.",
        ),
        row(
            "all-to-all.3",
            18,
            (18,),
            axes=(),
            group_size=2,
            repeats=None,
            sent_bytes=20,
            cause="unknown",
        ),
        row("collective-permute.4", 19, (), sent_bytes=4, cause="unknown"),
        row(
            "all-reduce.5",
            24,
            GRADIENTS,
            type="(f32[], f32[4,1], f32[3,4])",
            makers=GRADIENTS,
            sent_bytes=6_800,
            phase="backward",
            cause="gradient",
            explanation="each device has the gradient of its own rows, and the sum is wanted.",
        ),
    )
    callback = HostTransfer(
        kind="callback",
        name="custom-call.6",
        line=26,
        size_bytes=4,
        repeats=1,
        equations=(21,),
        span=of.equations[21].span,
        explanation="jax.debug.print calls Python each time.",
        advice="take it out where speed matters.",
    )
    return Collectives(program=of, mesh=None, devices=8, rows=rows, transfers=(callback,))


def joined() -> str:
    """The payload that a page with this record has."""
    of = record().program.to_json()
    payload = {
        "format": VIEW_FORMAT,
        "view": "explorer",
        "program": of,
        "collectives": encode_collectives(record(), places(of)),
    }
    return json.dumps(payload, separators=(",", ":"), sort_keys=True) + "\n"


if __name__ == "__main__":
    JOINED.write_text(joined(), encoding="utf-8")
