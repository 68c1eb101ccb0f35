"""Each pair of compiles has one cause, said in the same words every time."""

from dataclasses import replace
from typing import Any

import pytest

from jaxplore.advise.compiles.causes import Cause, Explainer, find_cause, unexplained
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
SITE = Span(file="/tmp/a.py", line=7, column=0, end_line=7, end_column=4, function="g", text="f(x)")


def static(text: str, key: int, *, by_identity: bool = False) -> tuple[Static, ...]:
    return (Static(name="n", text=text, key=key, by_identity=by_identity),)


TABLE = [
    (
        FIRST,
        miss(kind="eager"),
        "R21",
        "operation outside jit",
        "wrap the code around it in jit: each operation and shape compiles by itself",
        (),
    ),
    (FIRST, miss(variant="ahead of time"), "R01", "compiled ahead of time", "", ()),
    (
        FIRST,
        miss(argument(type="f32[17,3]"), call_site=SITE),
        "R02",
        "x: f32[2,3] -> f32[17,3], 2nd shape",
        "a.py line 7 `f(x)`: pad `x` to (17, 3), drop the odd batch, or jit one row and vmap",
        (change("x", "f32[2,3]", "f32[17,3]"),),
    ),
    (
        FIRST,
        miss(argument(type="f32[17,9]")),
        "R02",
        "x: f32[2,3] -> f32[17,9], 2nd shape",
        "pad `x` to a fixed shape such as (17, 9) and mask the rest",
        (change("x", "f32[2,3]", "f32[17,9]"),),
    ),
    (
        FIRST,
        miss(argument(type="f32[6]")),
        "R02",
        "x: f32[2,3] -> f32[6], 2nd shape",
        "give `x` one number of dimensions: reshape it before the call",
        (change("x", "f32[2,3]", "f32[6]"),),
    ),
    (
        FIRST,
        miss(argument(type="i32[2,3]")),
        "R03",
        "x: f32[2,3] -> i32[2,3]",
        "cast `x` once where it is made: jnp.asarray(x, jnp.float32)",
        (change("x", "f32[2,3]", "i32[2,3]"),),
    ),
    (
        miss(argument(weak=True)),
        FIRST,
        "R04",
        "x: weak f32[2,3] -> f32[2,3]",
        "give it a dtype where it is made: jnp.asarray(x, jnp.float32)",
        (change("x", "weak f32[2,3]", "f32[2,3]"),),
    ),
    (
        miss(statics=static("3", 3)),
        miss(statics=static("4", 4)),
        "R06",
        "static n: 3 -> 4, 2 values so far = 2 executables",
        "pass `n` as an array (drop it from static_argnames), or keep the number of its values "
        "small",
        (change("n", "3", "4"),),
    ),
    (
        miss(statics=static("C()", 3, by_identity=True)),
        miss(statics=static("C()", 4, by_identity=True)),
        "R07",
        "static n: a new C object each time compares unequal, 2 so far",
        "decorate C with @dataclass(frozen=True) so that equal ones are one key, or pass the "
        "same object",
        (change("n", "C()", "C()"),),
    ),
    (
        FIRST,
        miss(object_serial=1),
        "R09",
        "the code makes a new function each call, 2 so far",
        "define `f` once, outside of the loop or function that makes it",
        (),
    ),
    (
        FIRST,
        miss(object_serial=1, code_serial=2, cell=4, defined_at=replace(SITE, file="cell 4")),
        "R10",
        "same source in a new function: its cell ran again, compile 2",
        "define it with jaxplore.jit or %%jit, which reuse what is compiled; or `%jaxplore cache "
        "on`",
        (),
    ),
    (
        FIRST,
        miss(object_serial=1, source="def f(x):\n    return x * 3"),
        "R11",
        "its source changed: line 2",
        "nothing to do: new code needs a new compile",
        (change("line 2 of f", "return x * 2", "return x * 3"),),
    ),
    (
        FIRST,
        miss(object_serial=1, source="def f(x):\n    return x * 2\n    # more"),
        "R11",
        "its source changed: line 3",
        "nothing to do: new code needs a new compile",
        (change("line 3 of f", "", "# more"),),
    ),
    (
        FIRST,
        miss(argument(), argument("y")),
        "R14",
        "y appeared",
        "pass one structure on every call: the same keys, the same kinds of containers, an array "
        "instead of None",
        (change("y", "", "f32[2,3]"),),
    ),
    (
        miss(argument(), argument("y")),
        miss(argument("z")),
        "R14",
        "z appeared, x disappeared, y disappeared",
        "pass one structure on every call: the same keys, the same kinds of containers, an array "
        "instead of None",
        (change("z", "", "f32[2,3]"), change("x", "f32[2,3]", ""), change("y", "f32[2,3]", "")),
    ),
    (
        FIRST,
        miss(argument(on="cpu:0"), kind="compile"),
        "R16",
        "x: same type, uncommitted before, committed to cpu:0 now",
        "put all inputs the same way before the first call: jax.device_put(x, ...) for every "
        "one, or for none",
        (change("x", "uncommitted", "cpu:0"),),
    ),
    (
        miss(argument(on="P('i') on cpu:0")),
        miss(argument(on="P() on cpu:0")),
        "R17",
        "x: same type, P('i') on cpu:0 -> P() on cpu:0",
        "give `x` one sharding: jax.device_put(x, sharding) before the first call, or "
        "out_shardings where it is made",
        (change("x", "P('i') on cpu:0", "P() on cpu:0"),),
    ),
    (
        FIRST,
        miss(caches_emptied=1, caches_emptied_at="cell 9"),
        "R20",
        "caches were emptied in cell 9 (jax.clear_caches), compile 2",
        "empty the caches only to free memory: everything compiles again",
        (),
    ),
    (
        FIRST,
        miss(),
        "R20",
        "compiled before for the same types; nothing that jaxplore can see differs, compile 2",
        "look for f.clear_cache(), for more executables than JAX keeps, or for a constant of a "
        "%%jit cell that cannot be compared (make it an array or a frozen dataclass)",
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
    assert replace(find_cause(now, (before,)), details=()) == cause


def test_the_first_compile_is_the_first_call():
    assert find_cause(FIRST, ()) == Cause(
        id="R01",
        explanation="first call",
        advice="nothing to do: calls with the same types reuse it",
    )


def test_the_first_variant_is_not_the_function_again():
    assert find_cause(miss(variant="backward"), ()) == Cause(
        id="R19",
        explanation="its backward pass, not f again",
        advice="jit the transformed function as a whole: jax.jit(jax.grad(...)) compiles once",
    )


def test_what_was_not_stored_is_said_with_its_threshold():
    one = miss(persistent_cache="not stored", cache_threshold_s=1.0)
    assert find_cause(one, ()).explanation == (
        "first call; not stored in the persistent cache, which takes only what compiles for 1 s "
        "or longer"
    )
    assert find_cause(one, ()).id == "R22"


def test_the_nearest_earlier_compile_is_compared_and_all_are_counted():
    earlier = (
        miss(argument(type="f32[9]"), argument("y")),
        miss(argument(), argument("y")),
        miss(argument(type="i32[7]"), argument("y", "i8[3]")),
    )
    found = find_cause(miss(argument(), argument("y", "f32[5,3]")), earlier)
    assert found.explanation == "y: f32[2,3] -> f32[5,3], 3rd shape"


def test_of_equally_near_compiles_the_latest_is_compared():
    earlier = (miss(argument(type="f32[1]")), miss(argument(type="f32[2]")))
    found = find_cause(miss(argument(type="f32[3]")), earlier)
    assert found.changes == (change("x", "f32[2]", "f32[3]"),)


def test_all_changed_arguments_are_listed_and_the_first_is_said():
    before = miss(argument(), argument("y"))
    now = miss(argument(type="f32[4,3]"), argument("y", "i32[2,3]"))
    found = find_cause(now, (before,))
    assert (found.id, found.explanation) == (
        "R02",
        "x: f32[2,3] -> f32[4,3], 2nd shape, and 1 more argument",
    )
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
    assert len(explainer._known) <= 2048
    assert sum(len(history.keys) for history in explainer._known.values()) <= 2048 + 512
    assert row.cause == "R02"


def test_the_count_of_compiles_goes_on_beyond_what_is_remembered():
    explainer = Explainer()
    rows = [explainer.explain(miss(argument(type=f"f32[{n}]"))) for n in range(600)]
    assert (rows[-1].number, rows[-1].explanation) == (600, "x: f32[598] -> f32[599], 513th shape")


def test_a_row_has_the_facts_of_its_miss():
    site = Span(file="a", line=1, column=0, end_line=1, end_column=1, function="g", text="f")
    one = miss(call_site=site, defined_at=replace(site, line=2), persistent_cache="hit")
    row = Explainer().explain(one)
    shared = list(Observed.__dataclass_fields__)
    assert [getattr(row, name) for name in shared] == [getattr(one, name) for name in shared]
    assert (unexplained(one).cause, unexplained(one).explanation) == ("", "compiled")
    assert unexplained(one).call_site is site
