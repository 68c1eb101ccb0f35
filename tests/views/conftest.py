"""Records to draw."""

from collections.abc import Callable
from typing import Any

import pytest

from jaxplore.model.compiles import Compile
from jaxplore.model.program import (
    Equation,
    Link,
    Program,
    Region,
    Source,
    Stage,
    Value,
    freeze_stages,
)
from jaxplore.model.span import Span


@pytest.fixture
def compiled() -> Callable[..., Compile]:
    """Makes a compile; keywords change its fields."""

    def make(**facts: Any) -> Compile:
        site = Span(
            file="/home/me/a.py",
            line=7,
            column=0,
            end_line=7,
            end_column=4,
            function="g",
            text="f(x)",
        )
        given: dict[str, Any] = {
            "function": "f",
            "defined_at": None,
            "call_site": site,
            "cell": 2,
            "kind": "trace",
            "cause": "R01",
            "explanation": "first call",
            "advice": "nothing to do: calls with the same types reuse it",
            "changes": (),
            "trace_s": 0.012,
            "lower_s": 0.008,
            "compile_s": 0.123,
            "persistent_cache": None,
            "equations": 52310,
            "devices": ("cpu:0",),
            "temp_size_bytes": 1024,
            "argument_size_bytes": 1024,
            "output_size_bytes": 2048,
        }
        return Compile(**{**given, **facts})

    return make


@pytest.fixture
def program() -> Callable[[str], Program]:
    """Makes `sin(x) * 2` with a nested program; every free text in it is the one given."""

    def make(text: str) -> Program:
        span = Span(
            file=f"/tmp/{text}.py",
            line=3,
            column=4,
            end_line=3,
            end_column=9,
            function=text,
            text=text,
        )

        def value(name: str, kind: Any) -> Value:
            return Value(
                name=name,
                shape=(3,),
                dtype="float32",
                weak_type=False,
                size_bytes=12,
                sharding=None,
                kind=kind,
            )

        def equation(primitive: str, inputs: Any, outputs: Any, **facts: Any) -> Equation:
            given: dict[str, Any] = {
                "span": span,
                "scope": (text,),
                "phase": "forward",
                "region": 0,
                "flops": 3,
                "bytes": 24,
                "parameters": text,
            }
            return Equation(
                primitive=primitive, inputs=inputs, outputs=outputs, **{**given, **facts}
            )

        jaxpr = "\n".join(
            [
                "{ lambda ; a:f32[3]. let",
                "    b:f32[3] = sin a",
                f"    c:f32[3] = mul b {text}:f32[3]",
                "  in (c,) }",
            ]
        )
        links = tuple(
            Link(first_line=line, last_line=line, equations=(line - 2,), spans=(span,))
            for line in (2, 3)
        )
        return Program(
            name=text,
            equations=(
                equation("sin", (0,), (1,)),
                equation("mul", (1, 3), (2,), regions=(1,)),
                equation(text, (4,), (5,), region=1, phase="backward"),
            ),
            values=(
                value("a", "input"),
                value("b", "result"),
                value("c", "result"),
                value(text, "literal"),
                value("d", "input"),
                value("e", "result"),
            ),
            regions=(
                Region(
                    name=text,
                    kind="program",
                    equation=None,
                    inputs=(0,),
                    constants=(),
                    outputs=(2,),
                ),
                Region(
                    name=text, kind="jaxpr", equation=1, inputs=(4,), constants=(), outputs=(5,)
                ),
            ),
            stages=freeze_stages(
                {
                    "jaxpr": Stage(text=jaxpr, links=links),
                    "stablehlo": Stage(text=text, links=()),
                    "hlo": Stage(text="", links=(), error=text),
                }
            ),
            sources=(Source(file=span.file, first_line=3, text=f"y = {text}"),),
            argument_names=(text,),
        )

    return make
