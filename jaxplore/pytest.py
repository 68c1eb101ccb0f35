"""A plugin for pytest: `pytest -p jaxplore.pytest` observes what each test compiles.

`--max-compiles N` fails a test that compiles more, with the causes; the marker
`@pytest.mark.max_compiles(N)` says it for one test. The fixture `jaxplore_ledger` is the
test's ledger. A test that fails shows its ledger, and the summary names the tests that
compiled longest.

What fixtures compile before the test is not the test's. Operations outside jit are not
counted: which of them compile depends on the tests before.
"""

from collections.abc import Generator
from typing import Any, Final

import pytest

from jaxplore import session
from jaxplore.errors import UnexpectedCompileError
from jaxplore.model.ledger import Ledger
from jaxplore.public.expecting import check, counted_rows

_OBSERVATION: Final = pytest.StashKey[session.Observation]()
_COUNT: Final = "jaxplore_compiles"
_SECONDS: Final = "jaxplore_compile_s"
_SHOWN_TESTS: Final = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("jaxplore").addoption(
        "--max-compiles",
        type=int,
        default=None,
        metavar="N",
        help="fail a test that compiles more than N functions, and say why each was compiled",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "max_compiles(n): fail the test when it compiles more than n functions"
    )
    most = config.getoption("max_compiles")
    if most is not None and most < 0:
        raise pytest.UsageError(f"--max-compiles needs a number from 0.\nGot: {most}")


@pytest.fixture
def jaxplore_ledger(request: pytest.FixtureRequest) -> Ledger:
    """The ledger of the running test; it is empty before the test begins."""
    return _observation_of(request.node).ledger


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    __tracebackhide__ = True
    observation = _observation_of(item)
    session.resume(observation)
    try:
        result = yield
    finally:
        session.stop(observation)
        _report(item, observation.ledger)
    most = _most(item)
    if most is not None:
        error: UnexpectedCompileError | None = None
        try:
            check(observation.ledger, most)
        except UnexpectedCompileError as raised:
            error = raised
        if error is not None:
            # Its message is all there is to see: no frame of ours helps.
            pytest.fail(f"{type(error).__name__}: {error}", pytrace=False)
    return result


def _observation_of(item: pytest.Item) -> session.Observation:
    if _OBSERVATION not in item.stash:
        item.stash[_OBSERVATION] = session.Observation()
    return item.stash[_OBSERVATION]


def _most(item: pytest.Item) -> int | None:
    marker = item.get_closest_marker("max_compiles")
    if marker is None:
        return item.config.getoption("max_compiles")
    given: Any = [*marker.args, *marker.kwargs.values()]
    if len(given) != 1 or type(given[0]) is not int or given[0] < 0:
        pytest.fail(
            f"max_compiles needs one number from 0.\nGot: {given}\n"
            "Do: write @pytest.mark.max_compiles(1).",
            pytrace=False,
        )
    return given[0]


def _report(item: pytest.Item, ledger: Ledger) -> None:
    if not ledger:
        return
    from jaxplore.views.compiles.ledger import table

    item.add_report_section("call", "jaxplore", table(ledger, findings=ledger.findings))
    # User properties reach the summary from every worker of xdist, and junit's XML.
    item.user_properties.append((_COUNT, len(counted_rows(ledger))))
    item.user_properties.append((_SECONDS, round(ledger.total_s, 3)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    found: list[tuple[float, int, str]] = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            properties = dict(getattr(report, "user_properties", ()))
            if getattr(report, "when", "") == "call" and _SECONDS in properties:
                found.append((properties[_SECONDS], properties[_COUNT], report.nodeid))
    if not found:
        return
    total_s, count = sum(row[0] for row in found), sum(row[1] for row in found)
    terminalreporter.write_sep("-", "jaxplore")
    terminalreporter.write_line(
        f"{count} compiles in {len(found)} tests, {total_s:.1f} s; longest:"
    )
    for seconds, compiles, name in sorted(found, reverse=True)[:_SHOWN_TESTS]:
        terminalreporter.write_line(f"{seconds:6.2f} s  {compiles:3}  {name}")
