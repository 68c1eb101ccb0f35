"""What `pip install` gives a user: a wheel with the built front end in it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHOWN = "import jaxplore; print(len(jaxplore.explore(lambda x: x * 2, 1.0)._repr_html_()) > 20_000)"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the checkout, as `pip install .` builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "-w", str(folder), str(ROOT)], check=True, cwd=folder)
    [built] = folder.glob("jaxplore-*.whl")
    return built


def test_the_wheel_holds_the_package_the_front_end_and_the_extension(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"jaxplore/static/explorer.js", "jaxplore/static/widget.js"} <= set(names)
    data = [name.split(".data/data/", 1)[1] for name in names if ".data/data/" in name]
    extension = "share/jupyter/labextensions/jaxplore"
    assert f"{extension}/package.json" in data
    assert [n for n in data if n.startswith(f"{extension}/static/remoteEntry.")]
    tops = {name.split("/", 1)[0].split("-", 1)[0] for name in names}
    assert tops == {"jaxplore"}


def test_an_installed_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target"]
    subprocess.run([*pip, str(tmp_path / "site"), str(wheel)], check=True)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, 'site'); {SHOWN}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"
