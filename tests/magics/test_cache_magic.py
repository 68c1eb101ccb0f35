"""`%jaxplore cache`: what it does and says."""

import jax
import pytest

from jaxplore.errors import OptionError
from jaxplore.magics.cachemagic import cache_command
from jaxplore.public.persistentcache import cache

OFF = "persistent cache off: every session compiles anew"


@pytest.fixture(autouse=True)
def times(monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "")
    yield
    cache(False)


def test_on_status_and_off(tmp_path):
    assert cache_command([]) == cache_command(["status"]) == OFF
    assert cache_command(["on", str(tmp_path)]) == (
        f"persistent cache on: {tmp_path} (0 programs, 0 B)"
    )
    (tmp_path / "a-cache").write_bytes(b"x" * 2048)
    assert cache_command(["status"]) == f"persistent cache on: {tmp_path} (1 program, 2.0 KiB)"
    assert cache_command(["off"]) == OFF


def test_a_cache_that_jax_has_by_itself_stays_on(tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    try:
        said = f"(switched on by JAX's own settings): {tmp_path} (0 programs, 0 B)"
        assert cache_command(["off"]) == f"persistent cache on {said}"
    finally:
        jax.config.update("jax_compilation_cache_dir", None)


def test_checked_notebooks_see_no_path_and_no_size(tmp_path, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert cache_command(["on", str(tmp_path)]) == "persistent cache on"


@pytest.mark.parametrize("words", [["maybe"], ["on", "a", "b"], ["off", "now"]])
def test_other_words_are_refused(words):
    with pytest.raises(OptionError) as raised:
        cache_command(words)
    assert str(raised.value) == (
        f"%jaxplore cache does not know this.\nGot: {' '.join(words)}\n"
        "Do: use one of on, on DIR, off, status."
    )
