"""Each pair of compiles has one cause, said in the same words every time."""

from dataclasses import replace
from typing import Any

import pytest

from jaxplore.advise.causes import Cause, Explainer, find_cause, unexplained
from jaxplore.model.compiles import Argument, Change, Miss, Observed, Static
from jaxplore.model.span import Span


def argument(path: str = "x", type: str = "f32[2,3]", weak: bool = False, on: str = "") -> Argument:
    return Argument(path=path, type=type, weak_type=weak, placement=on)


def miss(*arguments: Argument, **facts: Any) -> Miss:
    given: dict[str, Any] = {
        "function": "f",
        "identity": "a.py:f",
        "object_serial": 0,
        "source": "def f(x):\n    return x * 2",
        "defined_at": None,
        "call_site": None,
        "cell": 3,
        "kind": "trace",
        "variant": "",
        "arguments": arguments or (argument(),),
        "statics": (),
        "tree": "(*)",
        "trace_s": 0.1,
        "lower_s": 0.1,
        "compile_s": 0.1,
        "persistent_cache": None,
        "equations": 1,
        "devices": ("cpu:0",),
        "temp_size_bytes": 0,
        "argument_size_bytes": 0,
        "output_size_bytes": 0,
    }
    return Miss(**{**given, **facts})


def change(path: str, before: str, now: str) -> Change:
    return Change(path=path, before=before, now=now)


FIRST = miss()
TABLE = [
    (
        FIRST,
        miss(kind="eager"),
        "R21",
        "operation outside jit",
        "wrap the code around it in jit: each operation and shape compiles by itself",
        (),
    ),
    (
        FIRST,
        miss(variant="transformed"),
        "R19",
        "variant for grad, vmap or another transformation",
        "jit the transformed function as a whole: jit(grad(f))",
        (),
    ),
    (FIRST, miss(variant="ahead of time"), "R01", "compiled ahead of time", "", ()),
    (
        FIRST,
        miss(argument(type="f32[17,3]")),
        "R02",
        "x: f32[2,3] -> f32[17,3], compile 2",
        "pad `x` to a fixed shape, drop the odd batch, or vmap",
        (change("x", "f32[2,3]", "f32[17,3]"),),
    ),
    (
        FIRST,
        miss(argument(type="i32[2,3]")),
        "R03",
        "x: f32[2,3] -> i32[2,3], compile 2",
        "cast `x` once where it is made",
        (change("x", "f32[2,3]", "i32[2,3]"),),
    ),
    (
        miss(argument(weak=True)),
        FIRST,
        "R04",
        "x: weak f32[2,3] -> f32[2,3], compile 2",
        "make `x` an array of one dtype from the start: jnp.float32(...)",
        (change("x", "weak f32[2,3]", "f32[2,3]"),),
    ),
    (
        miss(statics=(Static(name="n", text="3"),)),
        miss(statics=(Static(name="n", text="4"),)),
        "R06",
        "static n: 3 -> 4, compile 2",
        "pass `n` as an array, or keep the number of its values small",
        (change("n", "3", "4"),),
    ),
    (
        FIRST,
        miss(object_serial=1),
        "R09",
        "a new function is made for each call, 2 so far",
        "define the function once, outside of the loop or function that makes it",
        (),
    ),
    (
        FIRST,
        miss(object_serial=1, cell=4),
        "R10",
        "the same code again in a new function, compile 2",
        "define it once, or use jaxplore.jit or %%jit, which reuse what is compiled",
        (),
    ),
    (
        FIRST,
        miss(object_serial=1, source="def f(x):\n    return x * 3"),
        "R11",
        "its source changed, from its line 2",
        "nothing to do: new code needs a new compile",
        (change("line 2 of f", "return x * 2", "return x * 3"),),
    ),
    (
        FIRST,
        miss(object_serial=1, source="def f(x):\n    return x * 2\n    # more"),
        "R11",
        "its source changed, from its line 3",
        "nothing to do: new code needs a new compile",
        (change("line 3 of f", "", "# more"),),
    ),
    (
        FIRST,
        miss(argument(), argument("y"), tree="(*, *)"),
        "R14",
        "y appeared",
        "pass the same structure on every call: same keys, same kinds of containers",
        (change("y", "", "present"),),
    ),
    (
        miss(argument(), argument("y"), tree="(*, *)"),
        miss(argument("z"), tree="(*,)"),
        "R14",
        "z appeared, x disappeared, y disappeared",
        "pass the same structure on every call: same keys, same kinds of containers",
        (change("z", "", "present"), change("x", "present", ""), change("y", "present", "")),
    ),
    (
        FIRST,
        miss(tree="[*]"),
        "R14",
        "structure of the arguments changed",
        "pass the same structure on every call: same keys, same kinds of containers",
        (),
    ),
    (
        FIRST,
        miss(argument(on="cpu:0"), kind="compile"),
        "R16",
        "x: uncommitted -> cpu:0, compile 2",
        "place all inputs the same way, with device_put or without, before the first call",
        (change("x", "uncommitted", "cpu:0"),),
    ),
    (
        miss(argument(on="P('i') on cpu:0")),
        miss(argument(on="P() on cpu:0")),
        "R17",
        "x: P('i') on cpu:0 -> P() on cpu:0, compile 2",
        "give `x` one sharding before the first call",
        (change("x", "P('i') on cpu:0", "P() on cpu:0"),),
    ),
    (
        FIRST,
        miss(),
        "",
        "compiled again with the same types, compile 2",
        "look for emptied caches (jax.clear_caches), or for a constant of a %%jit cell that cannot "
        "be compared: make it an array or a frozen dataclass",
        (),
    ),
]


@pytest.mark.parametrize(
    ("before", "now", "id", "explanation", "advice", "changes"),
    TABLE,
    ids=[f"{row[2]} {row[3]}" for row in TABLE],
)
def test_a_pair_of_compiles_has_one_cause(
    before: Miss, now: Miss, id: str, explanation: str, advice: str, changes: tuple[Change, ...]
):
    cause = Cause(id=id, explanation=explanation, advice=advice, changes=changes)
    assert find_cause(now, (before,)) == cause


def test_the_first_compile_is_the_first_call():
    assert find_cause(FIRST, ()) == Cause(
        id="R01",
        explanation="first call",
        advice="nothing to do: calls with the same types reuse it",
    )


def test_the_nearest_earlier_compile_is_compared_and_all_are_counted():
    earlier = (
        miss(argument(type="f32[9]"), argument("y")),
        miss(argument(), argument("y")),
        miss(argument(type="i32[7]"), argument("y", "i8[3]")),
    )
    found = find_cause(miss(argument(), argument("y", "f32[5,3]")), earlier)
    assert found.explanation == "y: f32[2,3] -> f32[5,3], compile 4"


def test_of_equally_near_compiles_the_latest_is_compared():
    earlier = (miss(argument(type="f32[1]")), miss(argument(type="f32[2]")))
    found = find_cause(miss(argument(type="f32[3]")), earlier)
    assert found.changes == (change("x", "f32[2]", "f32[3]"),)


def test_all_changed_arguments_are_listed_and_the_first_is_said():
    before = miss(argument(), argument("y"))
    now = miss(argument(type="f32[4,3]"), argument("y", "i32[2,3]"))
    found = find_cause(now, (before,))
    assert found.id == "R02"
    assert found.changes == (
        change("x", "f32[2,3]", "f32[4,3]"),
        change("y", "f32[2,3]", "i32[2,3]"),
    )


def test_a_static_value_that_appeared_is_named():
    found = find_cause(miss(statics=(Static(name="n", text="4"),)), (miss(),))
    assert (found.id, [c.path for c in found.changes]) == ("R06", ["n"])


def test_functions_are_explained_apart():
    explainer = Explainer()
    rows = [
        explainer.explain(one) for one in (FIRST, miss(identity="a.py:g"), miss(object_serial=1))
    ]
    assert [row.cause for row in rows] == ["R01", "R01", "R09"]


def test_what_is_remembered_is_bounded():
    explainer = Explainer()
    for n in range(3000):
        explainer.explain(miss(identity=str(n)))
    for n in range(100):
        row = explainer.explain(miss(argument(type=f"f32[{n}]"), identity="many"))
    assert len(explainer._earlier) <= 2048
    assert sum(map(len, explainer._earlier.values())) <= 2048 + 64
    assert row.cause == "R02"


def test_the_count_of_compiles_goes_on_beyond_what_is_remembered():
    explainer = Explainer()
    rows = [explainer.explain(miss(argument(type=f"f32[{n}]"))) for n in range(80)]
    assert rows[-1].explanation == "x: f32[78] -> f32[79], compile 80"


def test_a_row_has_the_facts_of_its_miss():
    site = Span(file="a", line=1, column=0, end_line=1, end_column=1, function="g", text="f")
    one = miss(call_site=site, defined_at=replace(site, line=2), persistent_cache="hit")
    row = Explainer().explain(one)
    shared = list(Observed.__dataclass_fields__)
    assert [getattr(row, name) for name in shared] == [getattr(one, name) for name in shared]
    assert (unexplained(one).cause, unexplained(one).explanation) == ("", "compiled")
    assert unexplained(one).call_site is site
