"""The explorer of a program on several devices: what they send is in it without being asked."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import jaxplore
from jaxplore.model.collectives import Collectives
from jaxplore.views.graph.sending import bearers
from jaxplore.views.graph.svg import picture
from jaxplore.widgets.explorer import VIEW_MIME, Explorer


def product(x: jax.Array, w: jax.Array) -> jax.Array:
    return jnp.tanh(x @ w)


def split_arguments() -> tuple[jax.Array, jax.Array]:
    """Both are split where they are multiplied: each of two devices has a part of the sum."""
    mesh = Mesh(np.array(jax.devices()[:2]), ("model",))
    x = jax.device_put(jnp.ones((4, 8)), NamedSharding(mesh, PartitionSpec(None, "model")))
    return x, jax.device_put(jnp.ones((8, 4)), NamedSharding(mesh, PartitionSpec("model", None)))


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return jaxplore.explore(jax.jit(product), *split_arguments())


def found(explorer: Explorer) -> Collectives:
    assert explorer.collectives is not None
    return explorer.collectives


def test_what_devices_send_is_tied_to_the_product_that_they_share(explorer: Explorer):
    (row,) = found(explorer).rows
    assert (row.kind, row.group_size, row.sent_bytes) == ("all-reduce", 2, 64)
    assert [explorer.program.equations[e].primitive for e in row.equations] == ["dot_general"]
    assert row.span is not None and row.span.text == "x @ w"


def test_it_travels_beside_the_program(explorer: Explorer):
    data, _ = explorer._repr_mimebundle_()
    view = data[VIEW_MIME]
    assert view["collectives"]["devices"] == 2
    (place,) = view["collectives"]["rows"]["span"]
    assert view["program"]["spans"]["line"][place] == product.__code__.co_firstlineno + 1
    assert "collectives" not in view["program"]


def test_a_program_on_one_device_carries_nothing_and_reads_nothing(
    monkeypatch: pytest.MonkeyPatch,
):
    from jaxplore.capture.collectives import collectives

    monkeypatch.setattr(collectives, "collectives_of", None)
    alone = jaxplore.explore(product, jnp.ones((4, 8)), jnp.ones((8, 4)))
    data, _ = alone._repr_mimebundle_()
    assert alone.collectives is None
    assert sorted(set(data[VIEW_MIME]) - {"ask"}) == ["format", "program", "view"]
    assert "sent by each" not in data["text/plain"] + data["text/html"]


def test_without_script_it_is_one_line_and_a_mark(explorer: Explorer):
    line = "2 devices: 1 collective, 64 B sent by each"
    assert repr(explorer).endswith(f"\n{line}")
    drawn = picture(explorer.program, explorer.collectives)
    assert "all-reduce · 64 B</text>" in drawn.svg and line in drawn.said
    assert 'class="m"' in explorer.to_svg()
    assert f"<p>{line}</p>" in explorer._static()
    assert "jxg .m{" not in picture(explorer.program).svg


def test_under_test_it_says_only_what_every_xla_does(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert repr(explorer).endswith("\n2 devices")
    assert "sent by each" not in explorer._repr_mimebundle_()[0]["text/html"]


def test_what_is_sent_opens_as_an_explorer(explorer: Explorer):
    record = found(explorer)
    opened = jaxplore.explore(record)
    assert (opened.program, opened.collectives) == (record.program, record)


def test_a_fault_leaves_the_explorer_without_it(
    monkeypatch: pytest.MonkeyPatch, quiet_lines: list[str]
):
    from jaxplore.capture.collectives import collectives

    def fail(program: Any) -> Any:
        raise RuntimeError("unreadable")

    monkeypatch.setattr(collectives, "collectives_of", fail)
    assert jaxplore.explore(jax.jit(product), *split_arguments()).collectives is None
    assert "find what devices send" in quiet_lines.pop()


def test_of_a_chain_the_last_is_drawn_and_a_joined_one_is_shared_by_size():
    def two(x: jax.Array, w: jax.Array) -> Any:
        return (x @ w).T, x.sum()

    program = jaxplore.program(two, jnp.ones((4, 8)), jnp.ones((8, 2)), stages=("jaxpr",))
    assert [e.primitive for e in program.equations] == ["dot_general", "transpose", "reduce_sum"]
    assert bearers(program, (0, 1, 2)) == {1: 32 / 36, 2: 4 / 36}
    assert bearers(program, ()) == {}
