"""Two programs are aligned by structure: what differs is named, the rest is found again."""

import functools
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
import pytest

import jaxplore
from jaxplore.model.diff.align import diff_programs
from jaxplore.model.diff.difference import ArgumentDiff, CostDiff, ProgramDiff
from jaxplore.model.program import Equation, Program

X, W = jnp.ones((8, 3)), jnp.ones((4, 4))
program = functools.partial(jaxplore.program, stages=("jaxpr",))


def reads(found: ProgramDiff) -> list[str]:
    """Every row: its sign, its primitive, what is said of it."""
    signs = {"same": " ", "changed": "~", "added": "+", "removed": "-"}
    lines: list[str] = []
    for row in found.rows:
        one = found.before.equations[row.before] if row.after is None else None
        two = None if row.after is None else found.after.equations[row.after]
        made = two or one
        assert made is not None
        lines.append(" ".join([signs[row.kind], made.primitive, *row.changes]).rstrip())
    return lines


def check_order(found: ProgramDiff) -> None:
    """Every equation of both is there once, in order."""
    before = [r.before for r in found.rows if r.before is not None]
    after = [r.after for r in found.rows if r.after is not None]
    assert before == list(range(len(found.before.equations)))
    assert after == list(range(len(found.after.equations)))
    for row in found.rows:
        expected = {"added": (True, False), "removed": (False, True)}.get(row.kind, (False, False))
        assert (row.before is None, row.after is None) == expected


def deltas(found: ProgramDiff) -> dict[str, tuple[float | None, float | None]]:
    return {one.name: (one.before, one.after) for one in found.costs}


def test_a_program_does_not_differ_from_itself_captured_again():
    class Model(nn.Module):
        @nn.compact
        def __call__(self, x: Any) -> Any:
            return nn.softmax(nn.gelu(nn.Dense(4)(x)))

    model = Model()
    parameters = model.init(jax.random.key(0), X)
    loss = jax.grad(lambda p, x: model.apply(p, x)[..., 0].sum())
    one, other = program(loss, parameters, X), program(loss, parameters, X)
    found = diff_programs(one, other)
    assert found.is_empty, str(found)
    assert found.summary() == f"<lambda>: no difference in {len(one.equations)} equations"
    assert found.highlights() == ()


def test_one_equation_more_and_one_literal_changed():
    def before(x: Any) -> Any:
        y = jnp.sin(x)
        return (y * 2.0).sum()

    def after(x: Any) -> Any:
        y = jnp.exp(jnp.sin(x))
        return (y * 3.0).sum()

    found = jaxplore.diff((before, X), (after, X))
    assert reads(found) == [
        "  sin",
        "+ exp",
        "~ mul reads b -> c reads 2.0 -> 3.0",
        "  reduce_sum",
    ]
    assert found.summary() == (
        "before -> after: 2 equations the same, 1 changed, 1 added, 0 removed"
    )
    assert found.highlights() == ("changed: inputs in 1, reads 2.0 -> 3.0 in 1", "added: 1 exp")
    assert found.inputs == (
        ArgumentDiff(kind="same", name="x", before="f32[8,3]", after="f32[8,3]"),
    )
    check_order(found)


class Dense(nn.Module):
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Any) -> Any:
        for width in (16, 16, 4):
            x = nn.relu(nn.Dense(width, dtype=self.dtype)(x))
        return x


def test_half_precision_changes_types_and_adds_casts():
    parameters = Dense().init(jax.random.key(0), X)

    def loss(model: Dense, p: Any) -> Any:
        return (model.apply(p, X) ** 2).mean()

    f32, bf16 = (
        program(jax.grad(functools.partial(loss, Dense(dtype))), parameters)
        for dtype in (jnp.float32, jnp.bfloat16)
    )
    found = diff_programs(f32, bf16)
    check_order(found)
    added = [found.after.equations[r.after or 0].primitive for r in found.rows if r.kind == "added"]
    assert set(added) == {"convert_element_type"}
    assert found.counts["removed"] == 0
    assert found.counts["changed"] > 40
    for row in found.rows:
        if row.kind == "changed":
            assert all("f32" in one and "bf16" in one for one in row.changes), row
    assert found.highlights()[1] == f"added: {len(added)} convert_element_type"
    # And back: the casts are what is removed.
    back = diff_programs(bf16, f32)
    assert back.counts["removed"] == len(added) and back.counts["added"] == 0


def mlp(weights: list[Any], x: Any, *, remat: bool) -> Any:
    def block(w: Any, h: Any) -> Any:
        return jnp.tanh(h @ w)

    apply = jax.checkpoint(block) if remat else block
    for w in weights:
        x = apply(w, x)
    return (x**2).sum()


def test_with_remat_the_recomputed_equations_are_added_and_named():
    plain, remat = (
        program(jax.grad(functools.partial(mlp, remat=on)), [W] * 4, jnp.ones((3, 4)))
        for on in (False, True)
    )
    found = diff_programs(plain, remat)
    check_order(found)
    rows = Counter(reads(found))
    holders = {line: n for line, n in rows.items() if line[0] == "+" and "remat" in line.split()[1]}
    assert sum(holders.values()) == 4
    recomputed = {line for line in rows if "recomputes" in line}
    assert {line.split()[1] for line in recomputed} == {"dot_general", "tanh"}
    assert len(recomputed) == 8
    # What was a residual is computed in the backward pass instead.
    moved = [line for line in rows if "moved into the recomputation" in line]
    assert len(moved) == 4
    assert {line.split()[1] for line in moved} <= {"sub", "one_minus_square"}
    assert sum(n for line, n in rows.items() if line.startswith("- ")) == 4
    assert found.counts["changed"] == 0
    assert found.counts["same"] == len(plain.equations) - 4
    assert "recomputed in the backward pass: 8" in found.highlights()
    before, after = deltas(found)["flops"]
    assert before is not None and after is not None and after > before


def test_another_shape_changes_types_only():
    f = jax.grad(functools.partial(mlp, remat=False))
    found = jaxplore.diff((f, [W] * 2, jnp.ones((3, 4))), (f, [W] * 2, jnp.ones((7, 4))))
    check_order(found)
    assert found.counts["added"] == found.counts["removed"] == 0
    assert [str(one) for one in found.inputs if one.kind != "same"] == ["x: f32[3,4] -> f32[7,4]"]
    assert ("f32[3,4] -> f32[7,4]",) in {row.changes for row in found.rows}


CELL = """
import jax, jax.numpy as jnp
def layer(w, x):
    h = x @ w
    return jnp.tanh(h)
def loss(w, x):
    for _ in range(6):
        x = layer(w, x)
    return (x ** 2).mean()
"""


def test_an_edit_of_a_file_is_found_although_all_lines_move(user_module: Callable[..., Any]):
    old = user_module(CELL, "old")
    edited = "\n\n# a comment\n" + CELL.replace(
        "    return jnp.tanh(h)", "    h = h + 1\n    return jnp.tanh(h)"
    )
    new = user_module(edited, "new")
    found = jaxplore.diff((jax.grad(old.loss), W, W), (jax.grad(new.loss), W, W))
    check_order(found)
    assert [line for line in reads(found) if line[0] in "+-"] == ["+ add"] * 6
    changed = [line for line in reads(found) if line[0] == "~"]
    assert len(changed) == 6 and all(line.startswith("~ tanh reads") for line in changed)


def test_another_optimiser_keeps_what_both_do():
    weights = {"a": X, "b": jnp.ones(3)}

    def step(optimiser: Any, state: Any, p: Any, g: Any) -> Any:
        updates, state = optimiser.update(g, state, p)
        return optax.apply_updates(p, updates), state

    sgd, adam = optax.sgd(1e-3), optax.adam(1e-3)
    found = jaxplore.diff(
        (functools.partial(step, sgd), sgd.init(weights), weights, weights),
        (functools.partial(step, adam), adam.init(weights), weights, weights),
    )
    check_order(found)
    assert found.counts["removed"] == 0
    assert reads(found)[-2:] == ["  add", "  add"]
    state = {one.name: one.kind for one in found.inputs}
    assert state["s[0].mu['a']" if "s[0].mu['a']" in state else "state[0].mu['a']"] == "added"
    assert {state[name] for name in state if name.startswith(("p[", "g["))} == {"same"}


def test_the_bodies_of_loops_are_aligned_within():
    def run(x: Any, extra: bool) -> Any:
        def body(carry: Any, y: Any) -> Any:
            carry = jnp.sin(carry) * y
            return (jnp.exp(carry) if extra else carry), carry.sum()

        carry, sums = jax.lax.scan(body, x, jnp.ones(5))
        return jax.lax.cond(sums[0] > 0, lambda c: c + (2.0 if extra else 1.0), jnp.cos, carry)

    found = jaxplore.diff((lambda x: run(x, False), X), (lambda x: run(x, True), X))
    check_order(found)
    differing = [line for line in reads(found) if line[0] != " "]
    assert differing == ["+ exp", "~ add reads 1.0 -> 2.0"]


def test_a_loop_that_is_new_is_added_with_its_body():
    def loop(x: Any) -> Any:
        return jax.lax.fori_loop(0, 3, lambda _, c: jnp.sin(c), x)

    found = jaxplore.diff((jnp.cos, X), (lambda x: jnp.cos(loop(x)), X))
    check_order(found)
    assert {row.kind for row in found.rows if row.before is None} == {"added"}
    assert "+ sin" in reads(found)


def nested(depth: int, primitive: str, innermost: str) -> Program:
    """Equations that hold equations, so deep that no function could recurse into them."""
    whole = jaxplore.program(jnp.sin, X, stages=("jaxpr",))
    [equation], region, value = whole.equations, whole.regions[0], whole.values[0]
    equations, regions = list[Equation](), [region]
    for n in range(depth):
        held = replace(
            equation,
            primitive=primitive if n < depth - 1 else innermost,
            inputs=(2 * n,),
            outputs=(2 * n + 1,),
            region=n,
            regions=(n + 1,) if n < depth - 1 else (),
        )
        equations.append(held)
        inner = replace(region, equation=n, inputs=(2 * n + 2,), outputs=(2 * n + 3,))
        regions.append(inner)
    return replace(
        whole,
        equations=tuple(equations),
        regions=tuple(regions[:-1]),
        values=(value,) * (2 * depth),
        stages={},
    )


@pytest.mark.parametrize("primitive", ["jit", "scan"])
def test_programs_nested_5000_deep_are_aligned(primitive: str):
    found = diff_programs(nested(5000, primitive, "sin"), nested(5000, primitive, "cos"))
    check_order(found)
    assert [line for line in reads(found) if line[0] != " "] == ["- sin", "+ cos"]


def test_what_is_given_may_be_anything_that_is_a_program():
    def f(x: Any) -> Any:
        return jnp.sin(x) * 2.0

    whole = program(f, X)
    forms = [
        whole,
        jaxplore.explore(whole),
        (f, X),
        jax.make_jaxpr(f)(X),
        jax.jit(f).trace(X),
    ]
    for form in forms:
        assert jaxplore.diff(form, whole).counts["same"] == 2
        assert jaxplore.diff(whole, form).is_empty


def test_what_is_lowered_or_compiled_already_is_compared_by_its_text():
    f = jax.jit(lambda x: jnp.sin(x) * 2.0)
    lowered = f.lower(X)
    same = jaxplore.diff(lowered, f.lower(X))
    assert same.stage == "stablehlo" and same.is_empty
    found = jaxplore.diff(lowered.compile(), f.lower(jnp.ones((9, 3))).compile())
    assert found.stage == "hlo" and found.counts["changed"] > 1
    assert any("f32[8,3]" in one and "f32[9,3]" in one for r in found.rows for one in r.changes)
    assert jaxplore.diff(f.trace(X), lowered.compile()).stage == "hlo"


def test_programs_without_a_common_stage_are_refused():
    f = jax.jit(jnp.sin)
    with pytest.raises(jaxplore.NotAProgramError) as raised:
        jaxplore.diff(program(f, X), jaxplore.program(f.lower(X), stages=("stablehlo",)))
    failed, given, do = str(raised.value).split("\n")
    assert failed == "Cannot compare these programs: they have no stage in common."
    assert given == "Got: sin (jaxpr) and sin (stablehlo)"
    assert do == "Do: give the functions with their arguments, as in jaxplore.diff((f, x), (g, x))."


def test_inputs_and_results_that_come_and_go():
    found = jaxplore.diff((lambda x, y: (x + y, x), X, X), (lambda x, z, n: x + z * n, X, X, 2))
    assert [str(one) for one in found.inputs] == [
        "x: f32[8,3]",
        "z: f32[8,3]",  # it was `y`: a name is no difference
        "n: weak i32[] added",
    ]
    assert [str(one) for one in found.outputs] == [
        "result 1: f32[8,3] removed",
        "result 0: f32[8,3]",
    ]


def test_costs_stand_side_by_side():
    found = jaxplore.diff(
        (jnp.dot, W, W), (lambda a, b: jnp.dot(a, b) @ b, W, W), stages=("jaxpr", "hlo")
    )
    costs = {one.name: one for one in found.costs}
    assert costs["flops"] == CostDiff(name="flops", in_bytes=False, before=128, after=256)
    assert costs["bytes moved"].before == 3 * 64 and costs["bytes moved"].after == 6 * 64
    assert costs["largest value"] == CostDiff(
        name="largest value", in_bytes=True, before=64, after=64
    )
    assert (costs["XLA's flops"].before or 0) > 0


def test_an_empty_program_is_compared():
    found = jaxplore.diff((lambda x: x, X), (lambda x: x + 1, X))
    assert reads(found) == ["+ add"]
    assert jaxplore.diff((lambda x: x, X), (lambda y: y, X)).is_empty


def test_json_has_the_rows_as_signs():
    found = jaxplore.diff((lambda x: jnp.sin(x), X), (lambda x: jnp.cos(jnp.sin(x)), X))
    data = found.to_json()
    assert json.loads(json.dumps(data)) == data
    assert data["rows"] == "=+" and data["changes"] == {}
    assert data["summary"] == "<lambda>: 1 equation the same, 0 changed, 1 added, 0 removed"


def random_program(seed: int) -> Program:
    """Some operations on two values, among them loops and calls."""
    choose = random.Random(seed)

    def f(x: Any, y: Any) -> Any:
        for _ in range(choose.randint(0, 12)):
            kind = choose.randint(0, 6)
            if kind == 0:
                x = jnp.sin(x)
            elif kind == 1:
                x, y = y, x * 2.0
            elif kind == 2:
                y = x + y
            elif kind == 3:
                y = jax.nn.relu(y)
            elif kind == 4:
                x = jax.lax.fori_loop(0, 2, lambda _, c: jnp.cos(c) + 1, x)
            elif kind == 5:
                x = jax.lax.cond(y.sum() > 0, jnp.exp, jnp.tanh, x)
            else:
                x = x.astype("bfloat16").astype("float32")
        return x, y

    return program(f, X, X)


@pytest.mark.parametrize("seed", range(12))
def test_any_two_programs_are_aligned_completely(seed: int):
    one, other = random_program(seed), random_program(seed + 1000)
    check_order(diff_programs(one, other))
    assert diff_programs(one, random_program(seed)).is_empty


def test_5_000_equations_take_less_than_a_second():
    def net(x: Any, blocks: int) -> Any:
        for _ in range(blocks):
            h = jnp.tanh(x @ W)
            x = x + jax.nn.softmax(h @ W.T) @ W
        return (x**2).sum()

    x = jnp.ones((3, 4))
    one, other = (program(jax.grad(functools.partial(net, blocks=n)), x) for n in (112, 121))
    assert len(one.equations) > 4_500 and len(other.equations) > len(one.equations) + 300
    start = time.perf_counter()
    found = diff_programs(one, other)
    assert time.perf_counter() - start < 2.0  # half a second where nothing else runs
    check_order(found)
    assert found.counts["same"] > 0.97 * len(one.equations)
