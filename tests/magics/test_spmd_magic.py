"""`%%spmd` without a cluster: what it refuses."""

import pytest

from jaxplore.errors import ClusterError, OptionError


def test_without_a_cluster_it_says_how_to_start_one(nb):
    ran = nb.fails("%%spmd --timeout 5\nx = 2", ClusterError)
    assert str(ran.error) == (
        "%%spmd needs a cluster to run the cell on, and none is running.\n"
        "Got: %%spmd --timeout 5\n"
        "Do: start one in a cell before: `c = jaxplore.cluster(processes=2, devices=4)`."
    )
    assert "jaxplore/" not in ran.traceback


@pytest.mark.parametrize(
    "options", ["--timeout", "--timeout soon", "--timeout 0", "--all", "-o 1x", "-o"]
)
def test_an_unknown_option_names_those_it_has(nb, options):
    ran = nb.fails(f"%%spmd {options}\nx = 2", OptionError)
    assert str(ran.error) == (
        f"%%spmd does not know this option.\nGot: {options}\n"
        "Do: write `%%spmd`, `%%spmd --timeout 60` (seconds) or `%%spmd -o NAME`."
    )
