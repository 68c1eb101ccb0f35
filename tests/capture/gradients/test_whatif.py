"""Ways to checkpoint: bytes and operations as counted by hand, and as JAX's own checkpoint has
them."""

import sys

import flax.linen as nn
import jax
import jax.numpy as jnp
import pytest
from jax.ad_checkpoint import checkpoint_name

import jaxplore
from jaxplore.errors import JaxploreError
from jaxplore.model.memoryoptions import CheckpointOption, CheckpointOptions

N = 8


def block(x):
    return jnp.sin(jnp.sin(jnp.sin(x)))


def chain(x):
    for _ in range(5):
        x = block(x)
    return x.sum()


def rows_of(options: CheckpointOptions) -> dict[str, tuple[int, int]]:
    return {row.name: (row.residual_bytes, row.recomputed_flops) for row in options.rows}


def test_a_chain_of_blocks_keeps_its_inputs_instead_of_every_sine():
    length, sines, of_float = 5, 3, 4
    options = jaxplore.checkpoint_options(chain, jnp.ones(N), functions=[block])
    # Plain, each sine keeps its cosine. Under checkpoint each block keeps what goes into it,
    # which is an argument for the first, and computes all but its last sine again.
    assert options == CheckpointOptions(
        name="chain",
        rows=(
            CheckpointOption(
                name="as it is",
                function="",
                policy="",
                calls=0,
                residual_bytes=length * sines * of_float * N,
                recomputed_flops=0,
                share=0.0,
            ),
            CheckpointOption(
                name="checkpoint on block",
                function="block",
                policy="",
                calls=length,
                residual_bytes=(length - 1) * of_float * N,
                recomputed_flops=length * (sines - 1) * N,
                share=length * (sines - 1) * N / options.forward_flops,
            ),
            CheckpointOption(
                name="checkpoint on the whole",
                function="the whole",
                policy="",
                calls=1,
                residual_bytes=0,
                recomputed_flops=(length * sines - 1) * N,
                share=(length * sines - 1) * N / options.forward_flops,
            ),
        ),
        forward_flops=length * sines * N + N,
        proposed=False,
    )


def test_without_functions_those_that_repeat_are_proposed():
    options = jaxplore.checkpoint_options(chain, jnp.ones(N))
    assert options.proposed
    assert [row.function for row in options.rows] == ["", "block", "the whole"]


def kept_by(f, *args):
    return jaxplore.gradient(f, *args).residual_bytes


def layer(w, x):
    return jnp.sin(x @ w) * 2


def net_with(of):
    def net(ws, x):
        for w in ws:
            x = of(w, x)
        return (x**2).sum()

    return net


ARGS = ([jnp.ones((3, 3))] * 4, jnp.ones((5, 3)))
DOTS = jax.checkpoint_policies.dots_saveable


@pytest.fixture(scope="module")
def layered() -> dict[str, tuple[int, int]]:
    return rows_of(jaxplore.checkpoint_options(net_with(layer), *ARGS))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("as it is", net_with(layer)),
        ("checkpoint on layer", net_with(jax.checkpoint(layer))),
        ("checkpoint on layer, dots_saveable", net_with(jax.checkpoint(layer, policy=DOTS))),
        ("checkpoint on the whole", jax.checkpoint(net_with(layer))),
        ("checkpoint on the whole, dots_saveable", jax.checkpoint(net_with(layer), policy=DOTS)),
    ],
)
def test_each_row_is_what_jax_keeps_when_it_is_written_so(name, written, layered):
    assert layered[name][0] == kept_by(written, *ARGS)
    assert len(layered) == 6


def test_functions_are_found_by_name_object_jit_and_class(layered):
    jitted = jax.jit(layer)
    by_name = rows_of(jaxplore.checkpoint_options(net_with(layer), *ARGS, functions=["layer"]))
    assert by_name == layered
    inside_jit = rows_of(jaxplore.checkpoint_options(net_with(jitted), *ARGS, functions=[jitted]))
    assert inside_jit["checkpoint on layer"][0] == kept_by(net_with(jax.checkpoint(layer)), *ARGS)

    class Block(nn.Module):
        @nn.compact
        def __call__(self, x):
            return x + jnp.sin(nn.Dense(3)(x))

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            for _ in range(3):
                x = Block()(x)
            return x

    model, x = Net(), jnp.ones((5, 3))
    params = model.init(jax.random.key(0), x)

    def loss(params, x):
        return model.apply(params, x).sum()

    options = jaxplore.checkpoint_options(loss, params, x, functions=[Block])
    by_class = [row for row in options.rows if row.name == "checkpoint on Block"]
    assert [row.calls for row in by_class] == [3]
    # What goes into the second and the third block.
    assert by_class[0].residual_bytes == 2 * x.size * 4


def test_modules_that_repeat_are_proposed_by_the_name_of_their_class():
    class Layer(nn.Module):
        @nn.compact
        def __call__(self, x):
            return jnp.sin(nn.Dense(3, use_bias=False)(x))

    def loss(params, x):
        for name in ("a", "b"):
            x = Layer().apply(params[name], x)
        return x.sum()

    params = {name: Layer().init(jax.random.key(0), jnp.ones((5, 3))) for name in ("a", "b")}
    options = jaxplore.checkpoint_options(loss, params, jnp.ones((5, 3)))
    assert "checkpoint on Layer" in rows_of(options)


def test_a_solver_is_no_gradient():
    def solved(a, b):
        return jnp.linalg.solve(a, b).sum()

    options = jaxplore.checkpoint_options(solved, jnp.eye(3), jnp.ones(3))
    assert rows_of(options)["checkpoint on the whole"][0] == 0


def test_a_vmapped_function_is_found_too():
    def loss(ws, x):
        return jax.vmap(lambda x: net_with(layer)(ws, x))(x).sum()

    options = rows_of(jaxplore.checkpoint_options(loss, *ARGS))
    assert options["checkpoint on layer"][0] == 4 * ARGS[1].size * 4


def test_each_iteration_of_a_loop_can_be_computed_again():
    def looped(ws, x):
        return jax.lax.scan(lambda x, w: (layer(w, x), None), x, ws)[0].sum()

    ws, x = jnp.ones((7, 3, 3)), jnp.ones((5, 3))
    options = jaxplore.checkpoint_options(looped, ws, x)
    (row,) = [row for row in options.rows if "each iteration" in row.name and not row.policy]
    assert row.function == "each iteration of jax.lax.scan(lambda x, w: (layer(w, x),…"
    # The carry that goes into each.
    assert row.residual_bytes == 7 * x.size * 4
    assert rows_of(options)["as it is"][0] > row.residual_bytes


def test_what_has_names_can_be_saved_by_name():
    def named(x):
        return jnp.sin(checkpoint_name(jnp.sin(jnp.sin(x)), "middle")).sum()

    options = rows_of(jaxplore.checkpoint_options(named, jnp.ones(N)))
    kept, again = options["checkpoint on the whole, save_only_these_names('middle')"]
    assert (kept, again) == (4 * N, N)


def test_nothing_runs_and_nothing_stays():
    ran = []

    def f(x):
        jax.debug.callback(lambda: ran.append(1))
        return block(block(x)).sum()

    with jaxplore.observe() as ledger:
        jaxplore.checkpoint_options(f, jax.ShapeDtypeStruct((N,), "float32"))
    assert (list(ledger), ran, sys.getprofile()) == ([], [], None)
    inner = jax.jit(block)
    jaxplore.checkpoint_options(lambda x: inner(inner(x)).sum(), jnp.ones(N))
    assert "jaxplore" not in inner.lower(jnp.ones(N)).as_text(debug_info=True)


def test_what_cannot_be_compared_is_refused_and_own_errors_pass():
    with pytest.raises(
        JaxploreError, match=r"chain does not call nothing\.\nGot: calls of chain, block"
    ):
        jaxplore.checkpoint_options(chain, jnp.ones(N), functions=["nothing"])
    with pytest.raises(JaxploreError, match="it is computed already"):
        jaxplore.checkpoint_options(jax.grad(chain), jnp.ones(()))
    with pytest.raises(ZeroDivisionError):
        jaxplore.checkpoint_options(lambda x: 1 / 0, 1.0)
    assert sys.getprofile() is None


def test_the_text_and_the_html():
    options = jaxplore.checkpoint_options(chain, jnp.ones(N))
    assert str(options) == (
        "what chain keeps for its backward pass, and would with checkpoint: nothing ran\n"
        " kept  done again  of forward  way\n"
        "480 B                          as it is\n"
        "128 B          80        62 %  checkpoint on block (5 parts)\n"
        "  0 B         112        88 %  checkpoint on the whole\n"
        "kept: bytes from the forward to the backward pass · done again: floating-point operations, "
        "and their share of the function's own"
    )
    html = options._repr_html_()
    assert html.count("<tr") == 4 and "<script" not in html and "width:80px" in html
