"""`%jtime` and `%%jtime`."""

import gc
import re
import weakref

import pytest

import jaxplore
from jaxplore.errors import JaxploreError, OptionError
from jaxplore.magics import timemagics
from jaxplore.magics.timetext import expressions, read_options
from jaxplore.model.timing import Comparison, Timing

QUICK = "-n 1 -r 1"


@pytest.fixture
def timed(nb):
    """A notebook with jitted `f` and `g`."""
    nb.ok("import jaxplore\nf = jax.jit(lambda a: a * 2)\ng = jax.jit(lambda a: a + a)")
    return nb


@pytest.mark.parametrize(
    "expression",
    [
        "f(x)",
        "f(x)[0] + 1",
        "(x @ x).sum()",
        "[f(x), {'a': g(x)}]",
        "(y := f(x)) + y",
        "[f(v) for v in (x, x)]",
        "(-x)",
        "f(x)  # a note",
        "'a vs b'",
        "None",
        "sum(range(3))",
    ],
)
def test_any_expression_is_timed(timed, expression):
    ran = timed.ok(f"%jtime {QUICK} {expression}")
    [shown] = ran.of("timing")
    assert shown.text.split(";")[0] == f"{expression}: timed"
    assert set(shown.data) == {"text/plain", "text/html"}
    assert ran.results == []
    assert "y" not in timed.ns


def test_the_text_with_times(timed, monkeypatch):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    [shown] = timed.ok("%jtime -n 2 -r 3 f(x)").of("timing")
    first, second = shown.text.split("\n")
    number = r"[\d.]+ (ns|µs|ms|s)"
    assert re.fullmatch(
        rf"f\(x\): {number} per run \(median; quartiles {number} to {number}; 3 × 2 runs\), "
        rf"dispatch {number}",
        first,
    )
    assert re.fullmatch(
        rf"  first call {number}: trace {number}, lower {number}, XLA {number} \(1 compile\)",
        second,
    )
    assert shown.data["text/html"].count("<area") == 3
    [shown] = timed.ok("%jtime -n 2 -r 3 f(x)").of("timing")
    assert re.fullmatch(rf"  first call {number}: already compiled", shown.text.split("\n")[1])


def test_precision(timed, monkeypatch):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    timed.ok("def k():\n    return None")
    [shown] = timed.ok("%jtime -p 1 -n 1 -r 1 k()").of("timing")
    assert re.match(r"k\(\): \d+ (ns|µs|ms|s) per run \(1 run\)\n", shown.text)


def test_two_expressions_are_compared(timed):
    ran = timed.ok("both = %jtime -n 2 -r 3 -o f(x) vs g(x)['a vs b' and 0]")
    assert ran.of("timing")[0].text == (
        "A  f(x): timed; the first call compiled <lambda>\n"
        "B  g(x)['a vs b' and 0]: timed; the first call compiled <lambda>"
    )
    both = timed.ns["both"]
    assert isinstance(both, Comparison)
    assert len(both.ratios) == 3


def test_o_returns_and_q_shows_nothing(timed):
    ran = timed.ok(f"t = %jtime -o {QUICK} f(x)")
    assert isinstance(timed.ns["t"], Timing)
    assert len(ran.of("timing")) == 1
    ran = timed.ok(f"%jtime -q {QUICK} f(x)")
    assert (ran.of("timing"), ran.value) == ([], None)
    ran = timed.ok(f"%jtime -qo {QUICK} f(x)")
    assert ran.results == ["f(x): timed"]
    assert ran.value.number == 1


def test_a_cell_is_timed_and_sets_nothing(timed):
    timed.ok("y = 5")
    ran = timed.ok("%%jtime -n 2 -r 2\ny = f(x)\nz = y + 1\nz.sum()")
    assert ran.of("timing")[0].text == "the cell: timed; the first call compiled <lambda>"
    assert timed.ns["y"] == 5
    assert "z" not in timed.ns


def test_a_cell_waits_for_what_it_assigns_and_for_its_last_expression(timed):
    timed.ok(
        "log = []\nclass Later:\n    def __init__(self, name):\n        self.name = name\n"
        "    def block_until_ready(self):\n        log.append(self.name)"
    )
    timed.ok(
        f"%%jtime {QUICK}\nlog.append('begin')\na = Later('a')\nfor b in [Later('b')]:\n"
        "    Later('dropped')\nb, (c, *_) = b, [Later('c')]\nLater('last')"
    )
    runs = " ".join(timed.ns["log"]).split("begin")[1:]
    assert [sorted(run.split()) for run in runs] == [["a", "b", "c", "last"]] * 2


def test_a_cell_goes_on_from_run_to_run(timed):
    timed.ok("n, seen = 0, []")
    timed.ok("%%jtime -n 2 -r 2\nn = n + 1\nseen.append(n)")
    assert timed.ns["seen"] == list(range(1, 10))
    assert timed.ns["n"] == 0


@pytest.mark.parametrize(
    "body",
    [
        "a: int = 3",
        "import math as m\nm.pi",
        "from math import *\npi",
        "def h():\n    return h\nh()",
    ],
)
def test_a_cell_may_hold_any_statement(timed, body):
    assert timed.ok(f"%%jtime {QUICK}\n{body}").of("timing")[0].text == "the cell: timed"


def test_compiles_in_the_runs_are_a_warning(timed):
    ran = timed.ok("%jtime -n 1 -r 2 jax.jit(lambda a: a - 1)(x)")
    assert ran.of("timing")[0].text == (
        "jax.jit(lambda a: a - 1)(x): timed; the first call compiled <lambda>; "
        "warning: the runs compiled <lambda>"
    )


def test_the_ledger_names_the_expression(timed):
    timed.ok(
        f"é = 3; y = 1\nt = %jtime -o {QUICK} (f(x), f(x[:2])) vs g(x)\n%jtime {QUICK} g(x[:2])"
    )
    timed.ok(f"%%jtime {QUICK}\nz = 1\nz = f(x[:3])")
    cell = timed.shell.execution_count - 1
    ledger = jaxplore.ledger()
    found = [row for row in ledger if row.kind == "trace"]
    sites = [(s.file, s.line, s.text) for s in (row.call_site for row in found) if s]
    assert sites == [
        (f"cell {cell - 1}", 2, "f(x)"),
        (f"cell {cell - 1}", 2, "f(x[:2])"),
        (f"cell {cell - 1}", 2, "g(x)"),
        (f"cell {cell - 1}", 3, "g(x[:2])"),
        (f"cell {cell}", 3, "f(x[:3])"),
    ]
    assert [row.cell for row in found] == [cell - 1] * 4 + [cell]


@pytest.mark.parametrize("magic", [f"%jtime {QUICK} ", f"%%jtime {QUICK}\n"])
def test_an_error_comes_through_with_the_users_lines_alone(timed, magic):
    timed.ok("def bad(a):\n    return a / nothing")
    ran = timed.fails(f"{magic}bad(x)", NameError)
    assert "----> 2     return a / nothing" in ran.traceback
    assert "jaxplore" not in ran.traceback
    assert not ran.faults
    assert not timed.fails(f"{magic}nothing(x)", NameError).faults
    assert gc.isenabled()


@pytest.mark.parametrize("magic", ["%jtime ", "%%jtime\n"])
def test_a_donated_variable_is_named(timed, magic):
    timed.ok("step = jax.jit(lambda s: {'w': s['w'] + 1}, donate_argnums=0)\ns = {'w': x + 1}")
    ran = timed.fails(f"{magic}step(s)", JaxploreError)
    assert str(ran.error).split("\n")[1:] == [
        "Got: s['w'] (f32[4]) was donated and is deleted now",
        "Do: time a version without donation, or one that makes the array anew each time.",
    ]


def test_nothing_of_the_cell_is_kept_alive(timed):
    timed.ok("class Thing:\n    pass\nmade = []")
    timed.ns["keep"] = lambda thing: timed.ns["made"].append(weakref.ref(thing))
    timed.ok(f"%%jtime {QUICK}\nthing = Thing()\nkeep(thing)")
    gc.collect()
    assert [end() for end in timed.ns["made"]] == [None, None]


def refused(nb, cell: str) -> list[str]:
    ran = nb.fails(cell, JaxploreError)
    assert not ran.faults
    assert "jaxplore/" not in ran.traceback
    return str(ran.error).split("\n")


EXPRESSION = (
    "Do: write an expression, or two with ` vs ` between them{}; for statements use %%jtime."
)
KNOWN = "the options are -n N, -r R, -p P, -o and -q"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            "%jtime",
            [
                "%jtime needs something to time.",
                "Got: an empty line.",
                "Do: write an expression, as in `%jtime f(x)`, or two: `%jtime f(x) vs g(x)`.",
            ],
        ),
        *(
            (
                f"%jtime -{option} f(x)",
                [
                    f"%jtime takes a whole number from 1 after -{option[0]}.",
                    f"Got: -{option}" + (" f(x)" if len(option) == 1 else ""),
                    f"Do: write `-{option[0]} 7`, say; an expression that begins with a minus "
                    "goes in parentheses.",
                ],
            )
            for option in ("n", "r 0", "p 1.5", "n -3", "rx")
        ),
        (
            "%jtime y = f(x)",
            [
                "%jtime cannot read this as an expression: invalid syntax.",
                "Got: y = f(x)",
                EXPRESSION.format(""),
            ],
        ),
        (
            "%jtime -v f(x)",
            [
                "%jtime cannot read this as an expression: invalid syntax.",
                "Got: -v f(x)",
                EXPRESSION.format(f" ({KNOWN})"),
            ],
        ),
        (
            "%jtime f(x) vs",
            [
                "%jtime cannot read this as an expression: invalid syntax.",
                "Got: f(x) vs",
                EXPRESSION.format(""),
            ],
        ),
        (
            "%%jtime -n 3 y = 3\nf(x)",
            [
                "%%jtime times the cell below it and takes options only.",
                "Got: y = 3",
                f"Do: prepare what the cell needs in a cell of its own; {KNOWN}.",
            ],
        ),
        (
            "%%jtime\n# nothing",
            [
                "%%jtime needs something to time.",
                "Got: an empty cell.",
                "Do: write the code to time below it.",
            ],
        ),
        (
            "%%jtime\ny = 1\nreturn 3",
            [
                "The cell is not valid Python: 'return' outside function.",
                "Got: line 3: return 3",
                "Do: mend that line.",
            ],
        ),
    ],
)
def test_what_cannot_be_timed_is_refused(timed, cell, said):
    assert refused(timed, cell) == said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a vs b", ["a", "b"]),
        ("f('a vs b') vs g(' vs ')", ["f('a vs b')", "g(' vs ')"]),
        ("a if vs else b", ["a if vs else b"]),
        ("vs vs vs", ["vs", "vs"]),
        ("a\tvs\tb", ["a", "b"]),
        ("versus", ["versus"]),
    ],
)
def test_vs_separates_only_between_expressions(text, found):
    assert expressions(text) == found


@pytest.mark.parametrize("text", ["a vs b vs c", "a vs", "vs b c", "'a vs b", "await f", "\0"])
def test_anything_else_is_no_expression(text):
    with pytest.raises(OptionError):
        expressions(text)


def test_options_come_first():
    options = read_options("  -n10 -r 2 -o -p4 -q f(-x) -n 3")
    assert (options.number, options.repeat, options.precision) == (10, 2, 4)
    assert (options.output, options.quiet, options.rest) == (True, True, "f(-x) -n 3")
    assert read_options("-x - 1").rest == "-x - 1"


def test_a_long_measurement_says_how_far_it_is(timed, monkeypatch):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    monkeypatch.setattr(timemagics, "_PATIENCE_S", 0.0)
    shown = [s.text for s in timed.ok("%jtime -n 1 -r 3 f(x)").of("timing")]
    assert shown[:2] == ["1 of 3 repeats, 0 s ...", "2 of 3 repeats, 0 s ..."]
    assert shown[2].startswith("f(x): ")
    assert timed.ok("%jtime -q -n 1 -r 3 f(x)").of("timing") == []
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert len(timed.ok("%jtime -n 1 -r 3 f(x)").of("timing")) == 1


def test_the_help_is_the_docstring_and_unloading_removes_it(timed):
    magics = timed.shell.magics_manager.magics
    assert magics["line"]["jtime"].__doc__.startswith("Time an expression")
    for word in ("-n N", "-r R", "-p P", "-o:", "-q:", "EXPR vs EXPR", "jaxplore.compare_times"):
        assert word in magics["cell"]["jtime"].__doc__
    timed.unload()
    assert "jtime" not in magics["line"]
    assert "jtime" not in magics["cell"]


def test_without_an_open_ledger_it_works_too(timed):
    timed.ok("%jaxplore off")
    ran = timed.ok(f"t = %jtime -o {QUICK} f(x)")
    assert ran.of("timing")[0].text == "f(x): timed; the first call compiled <lambda>"
    with pytest.raises(JaxploreError):
        jaxplore.ledger()
