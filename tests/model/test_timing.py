"""Timings as records: their text word for word, and the arithmetic behind it."""

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from jaxplore.model.compiles import Compile
from jaxplore.model.timing import Comparison, Timing, median, quartiles, stage_sums


def row(**facts: Any) -> Compile:
    given: dict[str, Any] = {
        "function": "f",
        "defined_at": None,
        "call_site": None,
        "cell": None,
        "kind": "trace",
        "cause": "R01",
        "explanation": "first call",
        "advice": "",
        "changes": (),
        "trace_s": 0.012,
        "lower_s": 0.008,
        "compile_s": 0.12,
        "persistent_cache": None,
        "equations": 1,
        "devices": (),
        "temp_size_bytes": None,
        "argument_size_bytes": None,
        "output_size_bytes": None,
    }
    return Compile(**{**given, **facts})


def timing(runs: tuple[float, ...] = (0.00121, 0.00123, 0.00126), **facts: Any) -> Timing:
    given: dict[str, Any] = {
        "function": "f(x)",
        "first_call_s": 0.143,
        "trace_s": 0.012,
        "lower_s": 0.008,
        "compile_s": 0.12,
        "dispatch_s": 45e-6,
        "run_s": median(runs),
        "runs": runs,
        "number": 100,
        "waited": True,
        "compiles": (row(),),
        "recompiles": (),
        "recompile_count": 0,
    }
    return Timing(**{**given, **facts})


COMPILED_BEFORE: dict[str, Any] = {
    "trace_s": None,
    "lower_s": None,
    "compile_s": None,
    "compiles": (),
    "first_call_s": 0.0013,
}


def test_a_timing_word_for_word():
    assert str(timing()) == (
        "f(x): 1.23 ms per run (median; quartiles 1.22 ms to 1.25 ms; 3 × 100 runs), "
        "dispatch 45 µs\n"
        "  first call 143 ms: trace 12 ms, lower 8 ms, XLA 120 ms (1 compile)"
    )


def test_stages_that_did_not_run_are_not_named():
    assert str(timing(**COMPILED_BEFORE)).split("\n")[1] == "  first call 1.3 ms: already compiled"
    said = str(timing(trace_s=None, compiles=(row(), row()))).split("\n")[1]
    assert said == "  first call 143 ms: lower 8 ms, XLA 120 ms (2 compiles)"


def test_a_compile_from_the_persistent_cache_is_said():
    said = str(timing(compiles=(row(persistent_cache="hit"), row())))
    assert said.endswith("XLA 120 ms (2 compiles, 1 from the persistent cache)")


@pytest.mark.parametrize(
    ("runs", "number", "said"),
    [
        ((0.5,), 1, "500 ms per run (1 run)"),
        ((0.5,), 20, "500 ms per run (1 × 20 runs)"),
        ((0.5, 0.7), 1, "600 ms per run (median; quartiles 550 ms to 650 ms; 2 runs)"),
    ],
)
def test_the_number_of_runs_is_said(runs: tuple[float, ...], number: int, said: str):
    assert str(timing(runs, number=number)).startswith(f"f(x): {said}, dispatch")


def test_without_arrays_nothing_is_claimed_about_waiting_or_compiling():
    assert str(timing((0.5,), number=1, waited=False, **COMPILED_BEFORE)) == (
        "f(x): 500 ms per run (1 run)\n"
        "  first call 1.3 ms: nothing compiled\n"
        "  no array of JAX in the result: there was nothing to wait for"
    )


def test_compiles_in_the_runs_are_a_warning_with_their_causes():
    rows = (
        row(cause="R09", explanation="a new function each call, 2 so far"),
        row(cause="R09", explanation="a new function each call, 3 so far"),
        *(row(function=name) for name in "ghk"),
    )
    said = str(timing(recompiles=rows, recompile_count=1005)).split("\n")
    assert said[2:] == [
        "  warning: 1,005 compiles in the runs, the times include them:",
        "    R09 f: a new function each call, 3 so far",
        "    R01 g: first call",
        "    R01 h: first call",
        "    1 more",
    ]


def test_precision_is_the_number_of_digits():
    first = timing((0.00123456,)).text(precision=5)
    assert first.startswith("f(x): 1.2346 ms per run")


def test_what_was_compiled_inside_a_trace_counts_once():
    outer = row(trace_at_s=10.0, trace_s=5.0, lower_at_s=15.0, lower_s=1.0, compile_s=None)
    inner = row(
        trace_at_s=11.0,
        trace_s=0.5,
        lower_at_s=11.5,
        lower_s=0.5,
        compile_at_s=12.0,
        compile_s=2.0,
    )
    assert stage_sums([inner, outer]) == (2.5, 1.5, 2.0)
    later = row(trace_at_s=14.5, trace_s=0.25, lower_s=None, compile_s=None)
    assert stage_sums([inner, later, outer]) == (2.5, 1.5, 2.0)
    assert stage_sums([inner, later]) == (0.75, 0.5, 2.0)
    assert stage_sums([row(), row(lower_s=None)]) == (0.024, 0.008, 0.24)
    assert stage_sums([]) == (None, None, None)


def test_median_and_quartiles():
    assert [median([3.0]), median([4, 1, 3, 2])] == [3.0, 2.5]
    assert quartiles([4, 1, 3, 2]) == (1.75, 3.25)
    timed = timing((1.0, 2.0, 3.0, 4.0, 5.0))
    assert (timed.quartiles, timed.spread_s) == ((2.0, 4.0), 2.0)


def comparison(*ratios: float) -> Comparison:
    return Comparison(first=timing(), second=timing(), ratio=median(ratios), ratios=ratios)


FASTER = tuple(0.5 for _ in range(12))


@pytest.mark.parametrize(
    ("ratios", "distinct", "said"),
    [
        (
            (2.0, 2.2) * 4,
            True,
            "B takes 2.1 times as long as A (median; quartiles 2 to 2.2; 8 pairs)",
        ),
        (
            FASTER,
            True,
            "A takes 2 times as long as B (median; quartiles 2 to 2; 12 pairs)",
        ),
        (
            (*FASTER[1:], 3.0),
            True,
            "A takes 2 times as long as B (median; quartiles 2 to 2; 12 pairs)",
        ),
        (
            (0.9, 1.1) * 6,
            False,
            "no difference beyond the noise: B takes 1 times as long as A "
            "(median; quartiles 0.9 to 1.1; 12 pairs)",
        ),
        (
            (*FASTER[:6], 3.0, 1.0),
            False,
            "no difference beyond the noise: B takes 0.5 times as long as A "
            "(median; quartiles 0.5 to 0.625; 8 pairs)",
        ),
        (
            (1.0,) * 20,
            False,
            "no difference beyond the noise: B takes 1 times as long as A "
            "(median; quartiles 1 to 1; 20 pairs)",
        ),
        (
            (2.0,) * 7,
            False,
            "7 pairs, too few to tell a difference from noise (ask for 8 or more): "
            "B takes 2 times as long as A (median; quartiles 2 to 2; 7 pairs)",
        ),
        (
            (2.0,),
            False,
            "1 pair, too few to tell a difference from noise (ask for 8 or more): "
            "B takes 2 times as long as A",
        ),
    ],
)
def test_a_difference_is_stated_only_beyond_the_noise(
    ratios: tuple[float, ...], distinct: bool, said: str
):
    found = comparison(*ratios)
    assert (found.distinct, found.verdict) == (distinct, said)


def test_a_comparison_word_for_word():
    first, second = timing(function="f(x)"), timing(function="g(x)", **COMPILED_BEFORE)
    ratios = (1.0,) * 8
    assert str(Comparison(first=first, second=second, ratio=1.0, ratios=ratios)) == (
        "A  f(x): 1.23 ms per run (median; quartiles 1.22 ms to 1.25 ms; 3 × 100 runs), "
        "dispatch 45 µs\n"
        "     first call 143 ms: trace 12 ms, lower 8 ms, XLA 120 ms (1 compile)\n"
        "B  g(x): 1.23 ms per run (median; quartiles 1.22 ms to 1.25 ms; 3 × 100 runs), "
        "dispatch 45 µs\n"
        "     first call 1.3 ms: already compiled\n"
        "no difference beyond the noise: B takes 1 times as long as A "
        "(median; quartiles 1 to 1; 8 pairs)"
    )


@pytest.mark.parametrize("make", [timing, lambda: comparison(1.0, 2.0)])
def test_the_records_are_data(make: Callable[[], Timing | Comparison]):
    record = make()
    assert pickle.loads(pickle.dumps(record)) == record
    written = json.loads(json.dumps(record.to_json()))
    assert set(written) == set(type(record).__slots__)
    first = written.get("first", written)
    assert first["run_s"] == 0.00123
    assert first["compiles"][0]["function"] == "f"
