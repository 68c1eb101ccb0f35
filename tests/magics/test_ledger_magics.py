"""`%ledger` and `%why` in a shell: the tables, the sums, the story, and what is wrong."""

import pytest

from jaxplore import ledger, why
from jaxplore.errors import JaxploreError, OptionError

SETUP = """
import jax, jax.numpy as jnp
x2, x3 = jnp.ones(2), jnp.ones(3)
@jax.jit
def f(x):
    y = jnp.sin(x)
    return y * 2
"""


@pytest.fixture
def ran(nb, monkeypatch: pytest.MonkeyPatch):
    """A shell in which f was compiled twice, in cells 2 and 3."""
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    nb.run(SETUP)
    nb.run("f(x2)")
    nb.run("f(x3)")
    return nb


def text(ran) -> str:
    """All that jaxplore displayed under a cell."""
    return "\n".join(shown.text for shown in ran.shown if shown.view)


def shown(nb, magic: str) -> str:
    return text(nb.ok(magic))


def test_the_table_has_a_row_per_compile(ran):
    lines = shown(ran, "%ledger").splitlines()
    assert lines[0] == "2 compiles"
    assert lines[1].split() == ["cell", "function", "why", "cause", "called", "at"]
    assert lines[2].split()[1:5] == ["f", "first", "call", "R01"]
    assert "x: f32[2] -> f32[3], 2nd shape  R02" in lines[3]
    assert lines[5].startswith("R02 f: cell ")


def test_the_sums_are_by_function_site_or_line(ran):
    by_function = shown(ran, "%ledger --by function").splitlines()
    assert [line.split() for line in by_function] == [
        ["function", "compiles", "causes"],
        ["f", "2", "R01,", "R02"],
    ]
    by_site = shown(ran, "%ledger --by site").splitlines()
    assert [line.split(": ")[-1].split() for line in by_site[1:]] == [
        ["f(x2)", "1", "R01"],
        ["f(x3)", "1", "R02"],
    ]
    by_line = shown(ran, "%ledger --by line").splitlines()
    assert [line.split()[2:] for line in by_line[1:]] == [
        ["line", "5", "2", "2", "jnp.sin(x)"],
        ["line", "6", "2", "2", "y", "*", "2"],
    ]


def test_since_shows_later_cells(ran):
    last = ledger()[-1].cell
    lines = shown(ran, f"%ledger --since {last}").splitlines()
    assert lines[0] == "1 compile"
    assert "R02" in lines[2]


def test_the_timeline_is_text_where_times_must_not_show(ran):
    assert "f" in shown(ran, "%ledger --timeline")
    assert "ms" not in shown(ran, "%ledger --timeline")


def test_a_record_is_its_own_text_not_all_its_fields(ran):
    rows = ledger()
    for record in (rows[-1], rows.timeline(), why()):
        data, _ = ran.shell.display_formatter.format(record)
        assert data["text/plain"] == str(record)


def test_the_timeline_in_a_terminal_is_a_chart(ran, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    lines = shown(ran, "%ledger --timeline").splitlines()
    assert lines[1].startswith("t trace, l lower, X XLA; ")


def test_the_html_of_the_table_has_the_totals_of_the_text(ran, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    [table] = ran.ok("%ledger").of("ledger")
    head = table.text.splitlines()[0]
    assert " compiles · " in head and f">{head}</summary>" in table.data["text/html"]


def test_why_tells_the_newest_compile_or_the_one_named(ran):
    lines = shown(ran, "%why").splitlines()
    assert lines[0] == "why f"
    assert lines[1:4] == [
        "  what      traced, lowered and compiled; compile 2 of f",
        "  cause     R02 x: f32[2] -> f32[3], 2nd shape",
        "  changed   x: f32[2] -> f32[3]",
    ]
    assert lines[-1].startswith("  do        cell ")
    first = next(i for i, row in enumerate(ledger()) if row.function == "f")
    assert "first call" in shown(ran, f"%why {first}")


@pytest.mark.parametrize(
    ("magic", "kind", "said"),
    [
        (
            "%why three",
            OptionError,
            "%why needs the number of a compile.\nGot: three\n"
            "Do: run %ledger to see the numbers, or %why alone for the newest.",
        ),
        (
            "%ledger --by color",
            OptionError,
            "%ledger does not know this option: argument --by: invalid choice: 'color' ",
        ),
        (
            "%ledger all",
            OptionError,
            "%ledger does not know this option: unrecognized arguments: all.\nGot: all\n"
            "Do: use --by function|site|line, --since CELL, --timeline or --live.",
        ),
        ("%why 9999", JaxploreError, "There is no such compile.\nGot: n=9999; the ledger has "),
    ],
)
def test_what_cannot_be_shown_is_said_in_three_parts(nb, magic: str, kind: type, said: str):
    assert str(nb.fails(magic, kind).error).startswith(said)


def test_an_unhashable_static_argument_is_said_below_the_error(nb):
    nb.run("import jax\ng = jax.jit(lambda x, n: x * len(n), static_argnums=1)")
    ran = nb.fails("g(1.0, [2])", ValueError)
    assert "R08 g: a static argument is a list, which cannot be hashed" in text(ran)
    assert [one.id for one in ledger().findings] == ["R08"]
    assert "R08" not in text(nb.run("1 + 1"))
    assert "R08" in text(nb.run("%ledger"))


def test_a_setting_is_said_with_the_cell_that_changed_it(nb):
    nb.run("import jax, jax.numpy as jnp\nf = jax.jit(lambda a: a @ a)\nm = jnp.ones((2, 2))")
    nb.run("f(m)")
    nb.run("jax.config.update('jax_default_matmul_precision', 'float32')")
    nb.run("f(m)")
    row = ledger()[-1]
    changed = row.cell - 1
    nb.run("jax.config.update('jax_default_matmul_precision', None)")
    assert row.explanation == (
        f"jax_default_matmul_precision changed in cell {changed}: None -> float32"
    )


def test_a_cell_that_runs_again_is_recognised_by_its_text(nb):
    cell = "import jax\n@jax.jit\ndef again(x):\n    return x * 2\nagain(1.0)"
    nb.run(cell)
    nb.run(cell)
    nb.run(cell.replace("* 2", "* 3"))
    rows = [row for row in ledger() if row.function == "again"]
    assert [(row.cause, row.explanation) for row in rows] == [
        ("R01", "first call"),
        ("R10", "same source in a new function: its cell ran again, compile 2"),
        ("R11", "its source changed: line 3"),
    ]
    assert [(c.path, c.before, c.now) for c in rows[2].changes] == [
        ("line 3 of again", "return x * 2", "return x * 3")
    ]


def test_a_stale_result_is_said_under_the_cell_that_used_it(nb):
    nb.run("import jax, jax.numpy as jnp\nk = 2.0\nx = jnp.ones(3)")
    nb.run("@jax.jit\ndef f(x):\n    return x * k\nf(x)")
    traced = ledger()[-1].cell
    assert text(nb.run("k = 3.0")) == ""
    said = nb.run("f(x)").of("findings")
    assert [shown.text.splitlines() for shown in said] == [
        [
            f"S01 f: `k` was 2.0 when traced in cell {traced}, is 3.0 now; f still uses 2.0",
            "    pass `k` as an argument of f, or define f again after changing it",
        ]
    ]
    assert not nb.run("f(x)").of("findings")
    assert [one.id for one in ledger().findings] == ["S01"]


def test_an_equal_value_is_not_stale(nb):
    nb.run("import jax, jax.numpy as jnp\nw = jnp.arange(3.0)")
    nb.run("f = jax.jit(lambda x: x * w)\nf(1.0)")
    nb.run("w = jnp.arange(3.0)")
    assert not nb.run("f(1.0)").of("findings")
    nb.run("w = jnp.arange(3.0) + 1")
    assert len(nb.run("f(1.0)").of("findings")) == 1


def test_a_jitted_function_under_a_gradient_is_watched_too(nb):
    nb.run("import jax, jax.numpy as jnp\nk = 2.0\n@jax.jit\ndef f(x):\n    return x * k")
    nb.run("jax.grad(f)(1.0)")
    nb.run("k = 3.0")
    assert len(nb.run("jax.grad(f)(1.0)").of("findings")) == 1
