"""JAX's persistent cache: switched on, seen, switched back."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest

import jaxplore
from jaxplore.errors import JaxploreError
from jaxplore.public.persistentcache import CacheStatus, cache, cache_status

SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_enable_compilation_cache",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)


def settings():
    return {name: getattr(jax.config, name) for name in SETTINGS}


@pytest.fixture(autouse=True)
def restored():
    """Each test leaves JAX's settings as it found them."""
    before = settings()
    yield
    cache(False)
    left = settings()
    for name, value in before.items():
        jax.config.update(name, value)
    assert left == before


def outcomes(compile_something):
    with jaxplore.observe() as ledger:
        compile_something()
    return [row.persistent_cache for row in ledger]


def test_on_stores_small_programs_and_off_restores_all(tmp_path):
    before = settings()
    status = cache(directory=tmp_path)
    assert status == CacheStatus(
        on=True, directory=str(tmp_path), entries=0, size_bytes=0, by_jaxplore=True
    )
    assert outcomes(lambda: jax.jit(lambda x: x * 3)(1.0)) == ["miss"]
    held = cache_status()
    assert (held.entries, held.size_bytes) == (
        1,
        sum(file.stat().st_size for file in tmp_path.glob("*-cache")),
    )
    status = cache(False)
    assert not status.on
    assert settings() == before
    assert outcomes(lambda: jax.jit(lambda x: x * 4)(1.0)) == [None]
    assert len(list(tmp_path.glob("*-cache"))) == 1


def test_the_next_compile_of_the_same_program_is_a_hit(tmp_path):
    cache(directory=tmp_path)
    assert outcomes(lambda: jax.jit(lambda x: x * 5)(1.0)) == ["miss"]
    jax.clear_caches()
    with jaxplore.observe() as ledger:
        jax.jit(lambda x: x * 5)(1.0)
    [row] = ledger
    assert row.persistent_cache == "hit"
    assert 0 < row.persistent_cache_s <= row.compile_s


SCRIPT = """
import jax, jax.numpy as jnp, jaxplore
from jaxplore.public.persistentcache import cache
cache()
x = jnp.arange(3)
with jaxplore.observe() as ledger:
    jax.jit(lambda x: x * 6)(x)
    x + 1
print(*[(row.function, row.persistent_cache) for row in ledger])
"""


def test_another_process_finds_what_was_compiled(tmp_path):
    def run():
        env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
        env["PYTHONPATH"] = str(Path(jaxplore.__file__).parents[1])
        result = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
        )
        return result.stdout.strip()

    first, second = run(), run()
    assert "hit" not in first
    assert first.count("miss") == second.count("hit") == 2
    assert (tmp_path / "jaxplore" / "xla").stat().st_mode & 0o777 == 0o700


def test_what_compiles_fast_is_not_stored_with_thresholds_of_jax(tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    try:
        assert outcomes(lambda: jax.jit(lambda x: x * 8)(1.0)) == ["not stored"]
    finally:
        jax.config.update("jax_compilation_cache_dir", None)


def test_a_compiled_function_is_not_compiled_again(tmp_path):
    f = jax.jit(lambda x: x * 9)
    f(1.0)
    cache(directory=tmp_path)
    assert outcomes(lambda: f(1.0)) == []
    cache(False)
    assert outcomes(lambda: f(1.0)) == []


def test_the_users_own_directory_and_later_settings_stay(tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    try:
        assert cache().directory == str(tmp_path)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 2.0)
        status = cache(False)
        assert (status.on, status.by_jaxplore) == (True, False)
        assert jax.config.jax_persistent_cache_min_compile_time_secs == 2.0
    finally:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 1.0)
        jax.config.update("jax_compilation_cache_dir", None)


def test_another_directory_takes_what_is_compiled_from_now_on(tmp_path):
    before = settings()
    stored = []
    for number, name in enumerate(["a", "b"]):
        assert cache(directory=tmp_path / name).directory == str(tmp_path / name)
        assert outcomes(lambda number=number: jax.jit(lambda x: x * (11 + number))(1.0)) == ["miss"]
        stored.append((cache_status().directory, cache_status().entries))
    assert stored == [(str(tmp_path / "a"), 1), (str(tmp_path / "b"), 1)]
    assert cache().directory == str(tmp_path / "b")
    cache(False)
    assert settings() == before


def test_off_gives_the_cache_back_to_the_directory_it_was_in(tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "own"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    try:
        cache(directory=tmp_path / "other")
        jax.jit(lambda x: x * 13)(1.0)
        status = cache(False)
        assert (status.directory, status.entries) == (str(tmp_path / "own"), 0)
        jax.jit(lambda x: x * 14)(1.0)
        assert cache_status().entries == 1
    finally:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 1.0)
        jax.config.update("jax_compilation_cache_dir", None)


def test_a_directory_that_cannot_be_written_changes_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    before = settings()
    with pytest.raises(JaxploreError) as raised:
        cache(directory=tmp_path / "file")
    assert str(raised.value) == (
        "The persistent compilation cache cannot be written: File exists.\n"
        f"Got: {tmp_path / 'file'}\n"
        "Do: name a directory that you can write, as in `%jaxplore cache on DIR` or "
        "`jaxplore.cache(directory=DIR)`."
    )
    assert settings() == before
    assert not cache_status().by_jaxplore


def test_jaxplores_own_directory_is_bounded_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("jaxplore.public.persistentcache._MOST_BYTES", 250)

    def filled(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for number in range(4):
            entry = directory / f"{number}-cache"
            entry.write_bytes(b"x" * 100)
            os.utime(entry, (number, number))

    filled(tmp_path / "jaxplore" / "xla")
    assert (cache().entries, cache_status().size_bytes) == (2, 200)
    kept = sorted(file.name for file in (tmp_path / "jaxplore" / "xla").iterdir())
    assert kept == ["2-cache", "3-cache"]
    filled(tmp_path / "own")
    assert cache(directory=tmp_path / "own").entries == 4
