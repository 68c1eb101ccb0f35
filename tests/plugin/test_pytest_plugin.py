"""The plugin in a pytest of its own: what passes, what fails, what is said."""

import pytest

pytestmark = pytest.mark.processes

pytest_plugins = ["pytester"]

TESTS = """
    import jax, jax.numpy as jnp, pytest
    X2, X3 = jnp.ones(2), jnp.ones(3)

    def test_once():
        f = jax.jit(lambda x: x + 1)
        f(X2), f(X2)

    def test_twice(jaxplore_ledger):
        f = jax.jit(lambda x: x + 2)
        assert len(jaxplore_ledger) == 0
        f(X2), f(X3)
        assert [row.cause for row in jaxplore_ledger] == ["R01", "R02"]

    @pytest.mark.max_compiles(2)
    def test_marked():
        f = jax.jit(lambda x: x + 3)
        f(X2), f(X3)

    def test_operations_only():
        jnp.cos(X3) + 1
"""


@pytest.fixture(autouse=True)
def no_other_plugins(monkeypatch: pytest.MonkeyPatch):
    """Those that are installed here take four seconds to import."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, text: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(text)
    return pytester.runpytest_subprocess(
        "-p", "jaxplore.pytest", "-p", "no:cacheprovider", *options
    )


def test_without_a_limit_all_pass_and_the_summary_counts(pytester: pytest.Pytester):
    result = run(pytester, TESTS)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*- jaxplore -*", "5 compiles in 4 tests, *longest:"])


def test_more_compiles_than_allowed_fail_with_their_causes(pytester: pytest.Pytester):
    result = run(pytester, TESTS, "--max-compiles", "1")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_twice _*",
            "UnexpectedCompileError: 2 compiles, expected at most 1.",
            "Got: R01 <lambda>: first call (*.py line 11)",
            "     R02 <lambda>: x: f32[[]2] -> f32[[]3], 2nd shape (*.py line 11)",
            "Do: <lambda>: *.py line 11 `f(X3)`: pad `x` to (3,), drop the odd batch*",
            "*- Captured jaxplore call -*",
            "2 compiles · *",
            "#  cell  function  why *",
        ]
    )


def test_the_tests_own_failure_is_its_own(pytester: pytest.Pytester):
    result = run(pytester, "def test_fails():\n    assert 1 == 2\n", "--max-compiles=0")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E       assert 1 == 2"])
    result.stdout.no_fnmatch_line("*UnexpectedCompileError*")


def test_a_marker_without_one_number_fails(pytester: pytest.Pytester):
    given = {"test_none": "", "test_negative": "-1", "test_two": "1, 2"}
    tests = [
        f"@pytest.mark.max_compiles({mark})\ndef {name}():\n    pass\n"
        for name, mark in given.items()
    ]
    result = run(pytester, "import pytest\n" + "".join(tests))
    result.assert_outcomes(failed=3)
    for said in ("[[]]", "[[]-1[]]", "[[]1, 2[]]"):
        result.stdout.fnmatch_lines(["max_compiles needs one number from 0.", f"Got: {said}"])


def test_a_negative_limit_is_refused(pytester: pytest.Pytester):
    result = run(pytester, "def test_x(): pass", "--max-compiles=-1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--max-compiles needs a number from 0.", "Got: -1"])


def test_workers_report_to_the_summary(pytester: pytest.Pytester):
    result = run(pytester, TESTS, "-p", "xdist", "-n", "2", "--max-compiles=2")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["5 compiles in 4 tests, *longest:"])
