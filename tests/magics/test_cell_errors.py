"""Errors of `%%jit` and `%%grad` cells name the line, counted with the magic's own."""

import pytest

from jaxplore.errors import CellError

REFUSED = {
    "await": ("y = 1\nawait thing()", 3),
    "async for": ("async for a in x:\n    pass", 2),
    "async with": ("async with x:\n    pass", 2),
    "yield": ("y = x\nyield y", 3),
    "return": ("y = x\n\nreturn y", 4),
    "del": ("y = x\ndel y", 3),
    "global": ("global y\ny = x", 2),
    "star import": ("from math import *\ny = x", 2),
    "shell": ("y = x\n!ls", 3),
    "shell assignment": ("y = !ls", 2),
    "shell assignment to an item": ("d = {}\nd['a'] = !ls", 3),
    "magic": ("y = x\n%time y", 3),
    "magic assignment": ("y = %pwd", 2),
    "indented magic": ("if True:\n    %time x", 3),
    "shell double": ("!!ls", 2),
    "help": ("y = x\ny?", 3),
    "cell magic": ("%%time\nx * 2", 2),
    "global in an inner function": (
        "if True:\n    def f():\n        global y\n        y = 1\nf()",
        4,
    ),
}


@pytest.mark.parametrize("magic", ["jit", "grad"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_traced_is_refused_at_its_line(nb, name, magic):
    body, line = REFUSED[name]
    ran = nb.fails(f"%%{magic}\n{body}", "CellError")
    failed, given, do = str(ran.error).split("\n")
    text = body.split("\n")[line - 2].strip()
    assert given == f"Got: line {line}: {text}"
    assert failed.endswith(".")
    assert do.startswith("Do: ")
    assert str(ran.error) in ran.traceback
    assert "jaxplore/magics" not in ran.traceback


def test_the_whole_text_of_one_error(nb):
    ran = nb.fails("%%jit\ny = x\n\ndel y", "CellError")
    assert str(ran.error) == (
        "A cell that is one program cannot use `del`.\nGot: line 4: del y\n"
        "Do: delete names in another cell."
    )
    assert ran.traceback.strip() == f"CellError: {ran.error}"


def test_a_missing_name_suggests_one(nb):
    nb.ok("weights = x")
    ran = nb.fails("%%jit\n\ny = x * weihgts", "CellError")
    assert str(ran.error) == (
        "The cell reads `weihgts`, which does not exist in the notebook.\n"
        "Got: line 3: y = x * weihgts\n"
        "Do: did you mean `weights`? assign `weihgts` in the notebook before this cell runs."
    )


@pytest.mark.parametrize("body", ["", "\n\n", "# only a comment"])
def test_an_empty_cell(nb, body):
    ran = nb.run(f"%%jit\n{body}")
    assert type(ran.error).__name__ in ("CellError", "UsageError"), ran.error
    assert "empty" in str(ran.error)


@pytest.mark.parametrize("magic", ["jit", "grad"])
def test_a_syntax_error_is_at_its_line(nb, magic):
    ran = nb.fails(f"%%{magic}\ny = 1\n\nz = x x", CellError)
    assert str(ran.error) == (
        "The cell is not valid Python: invalid syntax.\nGot: line 4: z = x x\nDo: mend that line."
    )
    assert "jaxplore/magics" not in ran.traceback


def test_a_syntax_error_in_a_cell_of_functions_is_at_its_line(nb):
    ran = nb.fails("%%jit\ndef f(a):\n    return a\n\nz = x x", CellError)
    assert "Got: line 5: z = x x" in str(ran.error)


@pytest.mark.parametrize("magic", ["jit", "grad"])
def test_needing_a_value_points_at_the_line(nb, magic):
    ran = nb.fails(
        f"%%{magic}\n\ny = x.sum()\nif y > 0:\n    y = -y\ny", "TracerBoolConversionError"
    )
    assert "----> 4 if y > 0:" in ran.traceback
    assert "jaxplore" not in ran.traceback.replace("site-packages", "")


def test_an_error_in_a_cell_shows_the_cell_and_nothing_of_jaxplore(nb):
    ran = nb.fails("%%jit\ny = x\nz = 1 / 0", ZeroDivisionError)
    assert "----> 3 z = 1 / 0" in ran.traceback
    assert "jaxplore" not in ran.traceback


def test_an_error_in_a_helper_shows_the_helper(nb):
    nb.ok("def h(a):\n    b = a + 1\n    return b / nothing")
    ran = nb.fails("%%jit\ny = h(x)", NameError)
    assert "----> 3     return b / nothing" in ran.traceback
    assert "----> 2 y = h(x)" in ran.traceback
    assert "jaxplore" not in ran.traceback


def test_an_error_when_a_jitted_function_is_called_shows_its_line(nb):
    nb.ok("%%jit\n\n# note\ndef f(a):\n    if a.sum() > 0:\n        return a\n    return -a")
    ran = nb.fails("f(x)", "TracerBoolConversionError")
    assert "----> 5     if a.sum() > 0:" in ran.traceback
    assert "jaxplore" not in ran.traceback


def test_the_shell_is_usable_after_every_error(nb):
    nb.fails("%%jit\ny = x\ndel y", "CellError")
    nb.fails("%%jit\nz = 1 / 0", ZeroDivisionError)
    assert nb.ok("%%jit\nx * 2").line == "1 compile · cell: first call"
