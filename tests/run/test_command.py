"""The command line: what it answers, what it refuses, where it writes."""

import sys
from pathlib import Path

import pytest

from jaxplore import cli
from jaxplore.errors import JaxploreError
from jaxplore.run.options import HELP, parse, python_flags
from tests.run.conftest import Workplace, outcome_of


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a script in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("")
    (tmp_path / "-b.py").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "output", "json", "program"),
    [
        ("a.py", "jaxplore-report.html", None, "a.py"),
        ("a.py -o x --json y -h --", "jaxplore-report.html", None, "a.py -o x --json y -h --"),
        ("-o r.html a.py", "r.html", None, "a.py"),
        ("-or.html a.py", "r.html", None, "a.py"),
        ("--output=r.html --json=r.json a.py", "r.html", "r.json", "a.py"),
        ("--output r.html --json r.json -- a.py", "r.html", "r.json", "a.py"),
        ("-o new/deep/r.html -m package -o x", "new/deep/r.html", None, "-m package -o x"),
        ("-mpackage x", "jaxplore-report.html", None, "-mpackage x"),
        ("-- -m package", "jaxplore-report.html", None, "-m package"),
    ],
)
def test_options_end_where_the_program_begins(
    here: Path, given: str, output: str, json: str | None, program: str
):
    options = parse(given.split())
    assert options.output == here / output
    assert options.json == (None if json is None else here / json)
    assert list(options.program) == program.split()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "",
            "`jaxplore run` needs a program.\nGot: no arguments\n"
            "Do: name a script or a module: jaxplore run train.py, or jaxplore run -m package",
        ),
        (
            "-m",
            "`jaxplore run` needs a program.\nGot: -m\n"
            "Do: name a script or a module: jaxplore run train.py, or jaxplore run -m package",
        ),
        (
            "none.py",
            "There is no such script.\nGot: none.py in {here}\n"
            "Do: check its path; for a module use -m MODULE.",
        ),
        (
            "--fast a.py",
            "`jaxplore run` has no such option.\nGot: --fast\n"
            "Do: use -o FILE or --json FILE; options of the program stand after its name.",
        ),
        (
            "-o",
            "The option -o needs a file name.\nGot: -o\n"
            "Do: write it after the option: -o report.html",
        ),
        (
            "--json= a.py",
            "The option --json needs a file name.\nGot: --json=\n"
            "Do: write it after the option: --json report.html",
        ),
        (
            "-o a.py/r.html a.py",
            "The report cannot be written there.\nGot: a.py/r.html\n"
            "Do: name a file in a folder that you may write to.",
        ),
        (
            "-o . a.py",
            "The report cannot be written there.\nGot: .\n"
            "Do: name a file in a folder that you may write to.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_three_parts(
    here: Path, capsys: pytest.CaptureFixture[str], given: str, said: str
):
    assert cli.main(["run", *given.split()]) == 2
    out, error = capsys.readouterr()
    assert (out, error) == ("", said.format(here=here) + "\n")


def test_a_wrong_command_names_the_right_ones(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["walk"]) == 2
    assert capsys.readouterr().err.startswith("There is no such command.\nGot: 'walk'\nDo: use ")
    assert cli.main([]) == 2
    assert capsys.readouterr().err.startswith("usage: jaxplore COMMAND")


def test_help_is_printed(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["--help"]) == 0
    assert "  run  " in capsys.readouterr().out
    assert cli.main(["run", "--help"]) == 0
    assert capsys.readouterr().out == HELP


def test_options_of_python_that_hide_the_observation_are_refused(
    monkeypatch: pytest.MonkeyPatch,
):
    class Flags:
        ignore_environment = 1
        no_site = 0

    monkeypatch.setattr(sys, "flags", Flags)
    assert python_flags(["python", "-sE", "/usr/bin/jaxplore", "run", "x.py"]) == ()
    with pytest.raises(JaxploreError) as error:
        python_flags(["python", "-E", "-m", "jaxplore", "run", "x.py"])
    assert str(error.value) == (
        "A program cannot be observed with these options of Python.\n"
        "Got: -E\nDo: leave out -E, -I and -S."
    )


def test_a_report_that_cannot_be_written_leaves_the_exit_status(workplace: Workplace):
    # A folder where the report should be, made by the program itself.
    workplace.write("blocks.py", "import os, sys\nos.mkdir('r.html')\nsys.exit(3)\n")
    done = outcome_of(
        [sys.executable, "-m", "jaxplore", "run", "-o", "r.html", "blocks.py"], workplace.folder
    )
    assert done.code == 3
    said = done.stderr.splitlines()
    assert [said[0], said[1].split(" (")[0], said[2]] == [
        "The report could not be written.",
        f"Got: {workplace.folder / 'r.html'}",
        "Do: name another file with -o or --json; the program itself was not affected.",
    ]
    assert len(said) == 3
    assert sorted(path.name for path in workplace.folder.iterdir()) == ["blocks.py", "r.html"]


def test_a_device_is_written_to_and_a_link_is_followed(workplace: Workplace):
    workplace.write("ends.py", "print('end')\n")
    workplace.write("real.json", "")
    (workplace.folder / "link.json").symlink_to("real.json")
    files = ["-o", "/dev/null", "--json", "link.json"]
    command = [sys.executable, "-m", "jaxplore", "run", *files, "ends.py"]
    done = outcome_of(command, workplace.folder)
    assert (done.stdout, done.stderr, done.code) == ("end\n", "", 0)
    assert Path("/dev/null").is_char_device()
    assert (workplace.folder / "link.json").is_symlink()
    assert '"format": "jaxplore.run/1"' in (workplace.folder / "real.json").read_text()


def test_a_report_goes_into_a_folder_that_the_program_makes(workplace: Workplace):
    workplace.write("makes.py", "import os\nos.makedirs('out/deep')\nos.chdir('/')\n")
    done = outcome_of(
        [sys.executable, "-m", "jaxplore", "run", "-o", "out/deep/r.html", "makes.py"],
        workplace.folder,
    )
    assert (done.stdout, done.stderr, done.code) == ("", "", 0)
    text = (workplace.folder / "out/deep/r.html").read_text(encoding="utf-8")
    assert "<title>jaxplore run: makes.py</title>" in text
