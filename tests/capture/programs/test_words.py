"""What an equation does, in words; each says what JAX's own semantics are."""

import re
from collections.abc import Callable
from typing import Any

import jax
import jax.ad_checkpoint
import jax.numpy as jnp
import pytest
from jax import lax
from jax.experimental import pallas as pl

import jaxplore

X = jax.ShapeDtypeStruct((4, 6), jnp.float32)
B = jax.ShapeDtypeStruct((2, 4, 6), jnp.float32)
V = jax.ShapeDtypeStruct((6,), jnp.float32)
S = jax.ShapeDtypeStruct((), jnp.float32)
INDEX = jax.ShapeDtypeStruct((), jnp.int32)
IMAGE = jax.ShapeDtypeStruct((1, 4, 8, 8), jnp.float32)
KEY = jax.eval_shape(lambda: jax.random.key(0))


def meanings(f: Callable[..., Any], *args: Any) -> list[str]:
    return [e.meaning for e in jaxplore.program(f, *args, stages=("jaxpr",)).equations]


def einsum(spec: str) -> Callable[..., Any]:
    return lambda *args: jnp.einsum(spec, *args)


def conv(kernel: tuple[int, ...], *args: Any, **more: Any) -> Callable[[Any], Any]:
    return lambda x: lax.conv_general_dilated(x, jnp.ones(kernel), *args, **more)


CASES: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
    (lambda a: a @ a.T, (X,), "swaps the axes of {0}|contracts {0} axis 1 with {1} axis 0"),
    (
        einsum("bij,bjk->bik"),
        (B, jnp.ones((2, 6, 3))),
        "contracts {0} axis 2 with {1} axis 1, batch axis 0",
    ),
    (
        lambda a, b: lax.dot_general(a, b, (((2, 1), (1, 0)), ((0,), (2,)))),
        (B, jnp.ones((4, 6, 2))),
        "contracts {0} axes 2, 1 with {1} axes 1, 0, batch axis 0 of {0} and axis 2 of {1}",
    ),
    (
        lambda a: lax.dot_general(a, a, (((), ()), ((), ()))),
        (V,),
        "multiplies every element of {0} with every one of {1}",
    ),
    (
        lambda a: lax.dot(a, a, preferred_element_type=jnp.float32),
        (jnp.ones(3, "bfloat16"),),
        "contracts {0} axis 0 with {1} axis 0, giving f32",
    ),
    (
        conv((5, 4, 3, 3), (1, 1), "VALID"),
        (IMAGE,),
        "repeats {0} to shape [5,4,3,3]|slides {1} over {0}: window 3x3",
    ),
    (
        conv((8, 2, 3, 3), (2, 2), [(1, 1), (0, 2)], rhs_dilation=(2, 2), feature_group_count=2),
        (IMAGE,),
        "repeats {0} to shape [8,2,3,3]|slides {1} over {0}: window 3x3, strides 2x2, window spread by 2x2, "
        "padded by 1+1 x 0+2, features in 2 groups",
    ),
    (lambda x: x.sum(1), (X,), "sums {0} over axis 1"),
    (lambda x: lax.reduce_max(x, (0, 1)), (X,), "takes the maximum of {0} over all axes"),
    (lambda x: lax.reduce_prod(x, (0, 2)), (B,), "multiplies {0} over axes 0, 2"),
    (lambda x: lax.argmin(x, 1, jnp.int32), (X,), "the index of the minimum of {0} along axis 1"),
    (
        lambda x: lax.cumsum(x, 1, reverse=True),
        (X,),
        "the running sum of {0} along axis 1, from its end",
    ),
    (lambda x: jnp.broadcast_to(x, (3, 5)), (S,), "repeats {0} to shape [3,5]"),
    (lambda x: lax.broadcast_in_dim(x, (2, 6, 3), (1,)), (V,), "repeats {0} along new axes 0, 2"),
    (lambda x: x[:, None], (V,), "gives {0} new axis 1 of size 1"),
    (
        lambda x: lax.broadcast_in_dim(x, (4, 6), (0, 1)),
        (jnp.ones((4, 1)),),
        "repeats {0} along axis 1",
    ),
    (lambda x: x.transpose(2, 0, 1), (B,), "puts the axes of {0} in the order 2, 0, 1"),
    (lambda x: x.reshape(-1), (X,), "reads {0} as shape [24]"),
    (lambda x: lax.squeeze(x, (1,)), (jnp.ones((3, 1)),), "drops axis 1 of {0}, of size 1"),
    (lambda x: x[::-1], (X,), "reverses {0} along axis 0"),
    (lambda x: lax.slice(x, (0, 1), (4, 5), (1, 2)), (X,), "takes 1:5:2 of axis 1 of {0}"),
    (
        lambda x, i: lax.dynamic_slice_p.bind(x, i, i, slice_sizes=(2, 3)),
        (X, INDEX),
        "takes 2x3 elements of {0}, from {1} and {2} on; moved inside where it would not fit",
    ),
    (
        lambda x, i: lax.dynamic_update_slice_p.bind(x, x, i, i),
        (X, INDEX),
        "a copy of {0} with {1} from {2} and {3} on; moved inside where it would not fit",
    ),
    (lambda x: jnp.concatenate([x, x, x], 1), (X,), "joins {0}, {1} and {2} along axis 1"),
    (lambda x: lax.concatenate([x] * 9, 0), (X,), "joins its 9 inputs along axis 0"),
    (
        lambda x: lax.pad(x, 0.0, ((1, 2, 0), (-1, 0, 3))),
        (X,),
        "a copy of {0} with {1} added: 1 before axis 0, 2 after axis 0, "
        "3 between the elements of axis 1; cut off: 1 from the start of axis 1",
    ),
    (
        lambda x: lax.pad(x, 0.0, ((0, 0, 0), (0, -2, 0))),
        (X,),
        "a copy of {0}, cut off: 2 from the end of axis 1",
    ),
    (lambda x: x.astype("bfloat16"), (X,), "casts {0} to bf16"),
    (lambda x: x.astype("int32"), (X,), "casts {0} to i32, rounded towards zero"),
    (
        lambda x: lax.convert_element_type_p.bind(
            x, new_dtype=x.dtype, weak_type=True, sharding=None
        ),
        (X,),
        "{0} unchanged, its type made weak",
    ),
    (
        lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
        (X,),
        "{0} to the nearest whole number, halves to even",
    ),
    (
        lambda i: lax.div(i, 3) + lax.rem(i, 3),
        (INDEX,),
        "{0} / {1}, rounded towards zero|what is left of {0} / {1}, with the sign of {0}",
    ),
    (lambda x: lax.div(x, x), (X,), ""),
    (
        lambda x: lax.linalg.eigh(x, symmetrize_input=False),
        (jnp.ones((3, 3)),),
        "the eigenvectors and eigenvalues of the symmetric {0}, told by its lower triangle",
    ),
    (
        lambda x: lax.linalg.svd(x, full_matrices=False),
        (X,),
        "the singular values s of {0}, and the U and Vᵀ of {0} = U diag(s) Vᵀ",
    ),
    (lambda x: lax.linalg.svd(x, compute_uv=False), (X,), "the singular values s of {0}"),
    (
        lambda x: lax.linalg.eig(x),
        (jnp.ones((3, 3)),),
        "the eigenvalues and the left and right eigenvectors of {0}",
    ),
    (
        lambda p, x: lax.select(p, x, x),
        (jnp.ones(3, bool), jnp.ones(3)),
        "{2} where {0} is true, else {1}",
    ),
    (
        lambda i, x: lax.select_n(i, x, x, x),
        (INDEX, S),
        "{1} where {0} is 0, {2} where {0} is 1, {3} where {0} is 2",
    ),
    (
        lambda x: lax.sort((x, x, x), num_keys=2),
        (X,),
        "sorts {0} along axis 1, equal ones by {1}, and with it {2}",
    ),
    (lambda x: lax.top_k(x, 2), (X,), "the 2 largest of {0} along axis 1, and their indices"),
    (lambda: lax.iota("int32", 5), (), "counts 0, 1, 2, ..."),
    (lambda: lax.broadcasted_iota("int32", (2, 5), 1), (), "counts 0, 1, 2, ... along axis 1"),
    (lambda x: x**3, (X,), "{0} to the power 3"),
    (lambda x: lax.clamp(0.0, x, 1.0), (X,), "{1}, but at least {0} and at most {2}"),
    (
        lambda x: lax.reduce_precision(x, 5, 10),
        (X,),
        "rounds {0} to 5 bits of exponent and 10 of mantissa",
    ),
    (lambda x: lax.split(x, (1, 5), 1), (X,), "splits {0} along axis 1 into parts of 1, 5"),
    (lambda x: lax.split(x, (2, 2, 2), 1), (X,), "splits {0} along axis 1 into 3 parts of 2"),
    (
        lambda x: lax.fft(x, "RFFT", (4, 6)),
        (X,),
        "the Fourier transform (rfft) of {0} over the last 2 axes, of length 4x6",
    ),
    (
        lambda a, b: lax.linalg.triangular_solve(
            a, b, left_side=True, lower=True, transpose_a=True
        ),
        (jnp.ones((4, 4)), X),
        "solves {0}ᵀ x = {1} for x by the lower triangle of {0}",
    ),
    (
        lambda x: lax.reduce_window_sum_p.bind(
            x,
            window_dimensions=(2, 2),
            window_strides=(2, 1),
            padding=((0, 0), (1, 1)),
            base_dilation=(1, 1),
            window_dilation=(1, 1),
        ),
        (X,),
        "the sum of each window of 2x2 of {0}, strides 2x1, padded by 0+0 x 1+1",
    ),
    (lambda k: jax.random.split(k, 3), (KEY,), "splits the key {0} into 3 keys"),
    (lambda k: jax.random.fold_in(k, 7), (KEY,), "a new key of the key {0} and the number {1}"),
    (
        lambda k: jax.random.bits(k, (3,)),
        (KEY,),
        "draws 32 random bits for each element of shape [3] from the key {0}",
    ),
    (lambda x: jnp.sin(x) + x * x - x, (X,), ""),
]


@pytest.mark.parametrize(("f", "args", "said"), CASES)
def test_parameters_are_told_in_words(f: Callable[..., Any], args: tuple[Any, ...], said: str):
    assert "|".join(text for text in meanings(f, *args) if text) == said


def outermost(f: Callable[..., Any], *args: Any) -> list[str]:
    program = jaxplore.program(f, *args, stages=("jaxpr",))
    return [e.meaning for e in program.equations if e.region == 0 and e.meaning]


def test_loops_and_branches_say_how_often_and_what_they_carry():
    def loops(x: Any, start: Any) -> Any:
        first = lax.scan(lambda c, r: ((c[0] + r, c[1] * 2.0), r * 2), (start, 1.0), x)
        second = lax.scan(lambda c, _: (c * 2, None), x, length=1, reverse=True)
        third = lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * 2), (0, x))
        return first, second, third

    assert outermost(loops, X, V) == [
        "runs its body 4 times; carries 2 values, reads 1 per step, stacks 1",
        "runs its body once, last step first; carries 1 value",
        "runs its body as long as its condition holds; carries 2 values",
    ]
    assert outermost(lambda p, x: lax.cond(p, jnp.sin, jnp.cos, x), True, X)[-1:] == [
        "runs its second branch if {0}, else its first"
    ]
    assert outermost(lambda i, x: lax.switch(i, [jnp.sin, jnp.cos, jnp.tan], x), 0, X)[-1:] == [
        "runs one of its 3 branches, as {0} says"
    ]


def test_reading_and_writing_by_indices_say_what_happens_outside():
    def f(x: Any, i: Any) -> Any:
        filled = lax.gather(
            x,
            i,
            lax.GatherDimensionNumbers((1,), (0,), (0,)),
            (1, 6),
            mode="fill",
            fill_value=7.0,
        )
        numbers = lax.ScatterDimensionNumbers((1,), (0,), (0,))
        return lax.scatter_add(x, i, filled, numbers, mode="clip")

    assert outermost(f, X, jnp.zeros((3, 1), int)) == [
        "takes slices of 1x6 from {0} at the indices {1}; what is outside is filled with 7.0",
        "a copy of {0} with {2} added at the indices {1}; an index outside is moved inside",
    ]


def test_talking_to_other_devices_says_over_what():
    mesh = jax.make_mesh((1,), ("rows",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("rows")

    def body(x: Any) -> Any:
        total = lax.psum(x, "rows") + lax.pmax(x, "rows") + lax.axis_index("rows")
        moved = lax.ppermute(x, "rows", [(0, 0)])
        return total + moved + lax.all_gather(x, "rows", tiled=True)

    f = jax.shard_map(body, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)
    assert [text for text in meanings(f, X) if text and "unchanged" not in text][:6] == [
        "runs its program on each device of the mesh rows=1",
        "sums {0} over 'rows'",
        "takes the maximum of {0} over 'rows'",
        "the device's place along 'rows'",
        "casts {0} to f32",
        "sends {0} along 'rows': 0→0",
    ]


def test_calls_that_leave_jax_say_whom_they_call():
    def mine(x: Any) -> Any:
        return x

    f = lambda x: jax.pure_callback(mine, x, jax.ffi.ffi_call("their_target", x)(x))
    assert outermost(f, X) == [
        "calls the foreign function their_target",
        "calls the Python function mine",
    ]
    kernel = pl.pallas_call(lambda r, w: None, grid=(4, 2), out_shape=X, interpret=True)
    assert outermost(kernel, X) == ["runs its kernel on a grid of 4x2"]


def test_a_custom_derivative_and_a_checkpoint_are_named_as_such():
    @jax.custom_jvp
    def mine(x: Any) -> Any:
        return jnp.sin(x)

    mine.defjvp(lambda primals, tangents: (mine(*primals), tangents[0]))
    assert outermost(mine, X) == ["calls mine, which has its own rule for derivatives"]
    nameless = jax.custom_jvp(lambda x: x * 2)
    nameless.defjvp(lambda primals, tangents: (nameless(*primals), tangents[0]))
    assert outermost(nameless, X) == ["calls a function, which has its own rule for derivatives"]
    assert outermost(jax.checkpoint(jnp.sin), X) == [
        "computes values that the backward pass will compute again rather than keep"
    ]


@pytest.mark.parametrize("f", [case[0] for case in CASES])
def test_a_place_in_braces_is_an_input(f: Callable[..., Any]):
    args = next(case[1] for case in CASES if case[0] is f)
    for equation in jaxplore.program(f, *args, stages=("jaxpr",)).equations:
        places = {int(place) for place in re.findall(r"\{(\d+)\}", equation.meaning)}
        assert places <= set(range(len(equation.inputs)))
        assert "{" not in re.sub(r"\{\d+\}", "", equation.meaning)


def test_names_with_braces_are_no_places():
    f = lambda x: jax.ad_checkpoint.checkpoint_name(x, "a{0}b")
    assert outermost(f, X) == ["{0}, named 'a(0)b' for checkpoint policies"]


def test_references_say_which_part_is_read_and_written():
    def f(x: Any, i: Any) -> Any:
        kept = jax.new_ref(x)
        kept[i, 1:5:2] = x[0, :2]
        return kept[0:2], jax.freeze(kept)

    assert [text for text in outermost(f, X, INDEX) if "reference" in text] == [
        "makes a reference that holds {0}",
        "writes {1} into {0}[{2},1:4:2] of a reference; gives what was there",
        "reads {0}[0:2,0:6] of a reference",
        "the value in the reference {0}, for good",
    ]


def test_what_devices_exchange_says_along_which_axis():
    mesh = jax.make_mesh((1,), ("rows",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec()

    def body(x: Any) -> Any:
        lax.all_gather(x, "rows", axis=1)
        lax.all_gather(x, "rows", axis=1, tiled=True)
        lax.psum_scatter(x[None], "rows")
        lax.psum_scatter(x, "rows", scatter_dimension=1, tiled=True)
        lax.all_to_all(x, "rows", 0, 1, tiled=True)
        return x

    f = jax.shard_map(body, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)
    assert [text for text in meanings(f, X) if "rows'" in text] == [
        "gathers {0} over 'rows', stacked along new axis 1",
        "gathers {0} over 'rows', joined along axis 1",
        "sums {0} over 'rows', each device keeps its slice of axis 0",
        "sums {0} over 'rows', each device keeps its part of axis 1",
        "splits {0} along axis 0 and sends the parts over 'rows', joined along axis 1",
    ]


def test_pooling_says_which_element_its_gradient_goes_to():
    f = lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2, 3), (2, 3), "VALID").sum()
    assert (
        "zeros with {0} added at the largest element of each window of 2x3 of {1}, strides 2x3"
        in (meanings(jax.grad(f), X))
    )


def test_a_complex_matrix_has_a_conjugate_transpose():
    f = lambda x: lax.linalg.cholesky(x, symmetrize_input=False)
    assert "the lower triangular L with L Lᴴ = {0}" in meanings(f, jnp.ones((3, 3), complex))
