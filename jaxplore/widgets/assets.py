"""The built front end, as it lies inside the package."""

from functools import cache
from importlib.resources import files

from jaxplore.errors import JaxploreError


@cache
def script(name: str) -> str:
    """The text of a built bundle: `"explorer.js"` or `"widget.js"`.

    Raises:
        JaxploreError: The front end was not built: jaxplore runs from a bare checkout.
    """
    file = files("jaxplore") / "static" / name
    if not file.is_file():
        raise JaxploreError.of(
            failed="The front end is not built.",
            given=f"no file {name} in jaxplore/static",
            do="run `make build` in the checkout, or install jaxplore from a wheel.",
        )
    return file.read_text(encoding="utf-8")
