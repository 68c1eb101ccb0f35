"""Cards of errors from messages alone: what a script knows, and other texts of the same errors."""

import gc
import weakref

import jax
import jax.numpy as jnp
import pytest

from jaxplore.advise.errors.cards import TABLE, card, has_card
from jaxplore.model.errorcard import ErrorFacts
from jaxplore.public.errors import explain_error
from jaxplore.views import errorcards

DEVICES = (
    "Received incompatible devices for jitted computation. Got argument x of f with shape "
    "float32[8] and with device ids [0] on platform GPU and{} with device ids [1, 2] on platform "
    "GPU"
)


def of(message, *kinds):
    return card(ErrorFacts(kinds=(*kinds, "Exception"), message=message, span=None, arguments=()))


def test_with_nothing_but_the_message_only_the_message_is_said():
    found = of(DEVICES.format(" argument y of f with shape float32[] and"), "ValueError")
    assert errorcards.text(found) == (
        "E20 one program, two sets of devices\n"
        "  `x of f` is on gpu:0, `y of f` on the 2 devices gpu:1 to gpu:2: arrays that are pinned "
        "to different devices cannot be in one program\n"
        "  array   type        where                      pinned by\n"
        "  x of f  float32[8]  on gpu:0\n"
        "  y of f  float32[]   2 devices, gpu:1 to gpu:2\n"
        "  do: put both in one place with `jax.device_put`, before the call; an array that no call "
        "pinned goes where the others are"
    )


@pytest.mark.parametrize(
    ("side", "what"),
    [
        (" jit's context mesh", "context mesh"),
        (" jit's explicit output sharding", "explicit output sharding"),
        (" shard_map inside jit", "shard_map"),
    ],
)
def test_the_other_side_may_be_no_argument(side, what):
    found = of(DEVICES.format(side), "ValueError")
    assert [leaf.path for leaf in found.placements] == ["x of f", what]


def test_without_its_second_half_nothing_is_claimed():
    found = of("Received incompatible devices for jitted computation.", "ValueError")
    assert (found.id, found.placements) == ("E20", ())
    assert found.explanation == (
        "the arrays of this call are pinned to different devices; a program runs on one set"
    )


@pytest.mark.parametrize(
    ("kind", "message", "id"),
    [
        ("ValueError", "Resource axis: a of PartitionSpec('a',) is not found in mesh: ('b',).", "E27"),
        ("ValueError", "Resource axis: a of P('a',) is not found in mesh: ().", "E27"),
        ("ValueError", "One of device_put args was given the sharding NamedSharding(mesh=Mesh('a': 8), spec=PartitionSpec(('a', 'b'),), memory_kind=device), implies that array axis 0 is partitioned 8 times, but the dimension size is 7 (full shape: (7, 2), per-dimension", "E26"),
        ("ShardingTypeError", "anything", "E30"),
        ("ValueError", "Received incompatible types", None),
        ("TypeError", "Received incompatible devices for jitted computation.", None),
        ("ValueError", "", None),
    ],
)  # fmt: skip
def test_texts_of_other_versions(kind, message, id):
    found = of(message, kind)
    assert (found and found.id) == id
    assert has_card([kind], message) is (id is not None)


def test_a_group_of_axes_is_named():
    message = (
        "NamedSharding(mesh=Mesh('a': 2, 'b': 4), spec=P(None, ('a', 'b')), memory_kind=device) "
        "implies that array axis 1 is partitioned 8 times, but the dimension size is 10 (full "
        "shape: (4, 10), per-dimension tiling factors: [1, 8] should evenly divide the shape)"
    )
    found = of(message, "ValueError")
    assert found.explanation == (
        "dimension 1 of the shape (4, 10) has 10 elements, to be split over `a` and `b` into 8 "
        "equal parts"
    )
    assert "`jnp.pad(x, ((0, 0), (0, 6)))`" in found.advice


def test_ids_of_the_table_have_one_meaning_each():
    assert [row.id for row in TABLE] == sorted(row.id for row in TABLE)


def test_hostile_text_is_escaped():
    found = of(DEVICES.format(" argument <b>y of <i>f with shape f32[2] and"), "ValueError")
    page = errorcards.html(found)
    assert "<b>y" not in page and "<i>f" not in page and "&lt;b&gt;y" in page


def test_in_a_script_the_users_own_names_are_found():
    a, b = (jax.device_put(jnp.ones(8), device) for device in jax.devices()[:2])
    innocent = jnp.ones(3)
    with pytest.raises(ValueError, match="incompatible devices") as raised:
        jax.jit(lambda i, p, q: (i, p + q))(innocent, a, b)
    error = raised.value
    found = explain_error(error)
    # What nothing pinned is not blamed, though JAX's message names it.
    assert "argument i of" in str(error)
    assert [(leaf.path, leaf.devices) for leaf in found.placements] == [
        ("a", ("cpu:0",)),
        ("b", ("cpu:1",)),
    ]
    assert found.advice.startswith("`b = jax.device_put(b, a.sharding)`")
    assert explain_error(KeyError("x")) is None


def test_nothing_is_kept_alive():
    def failed():
        a, b = (jax.device_put(jnp.ones(8), device) for device in jax.devices()[:2])
        try:
            a + b
        except ValueError as error:
            assert explain_error(error).id == "E20"
        return weakref.ref(a), weakref.ref(b)

    references = failed()
    gc.collect()
    assert [one() for one in references] == [None, None]
