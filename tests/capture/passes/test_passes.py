"""What XLA did, pass by pass, checked against XLA's own texts and the links of the program."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.capture.passes.modules import Module, module_of
from jaxplore.capture.programs.hlo import read_hlo
from jaxplore.capture.programs.linking import EquationIndex
from jaxplore.capture.source.spans import SpanTable
from jaxplore.errors import NotAProgramError
from jaxplore.model.passes import Passes
from jaxplore.model.program import Program, Stage
from jaxplore.public.passes import passes
from tests.capture.passes.conftest import ARGS, GRADIENT

_BACKEND = re.compile(r"backend_config=\{.*\}")


@pytest.fixture(scope="module")
def seen() -> Passes:
    return passes(GRADIENT, *ARGS)


@pytest.fixture(scope="module")
def program() -> Program:
    return jaxplore.program(GRADIENT, *ARGS)


def compiled_module() -> Module:
    text = jax.jit(GRADIENT).lower(*ARGS).compile().as_text()
    return module_of(read_hlo(text or "", EquationIndex((), (), SpanTable())), None)


def test_the_passes_that_changed_something_are_there_in_order(seen: Passes):
    names = [made.name for made in seen.passes]
    known = ["algsimp", "dce", "layout-assignment", "fusion", "schedule"]
    assert [name for name in names if name in known] == known
    assert seen.error is None
    assert all(made.added + made.removed > 0 for made in seen.passes)


def test_all_changes_in_order_lead_to_the_text_that_xla_compiled(seen: Passes):
    last = seen.text_after(len(seen.passes)).split("\n")
    # XLA writes the fields of this one in any order.
    bare = [sorted(_BACKEND.sub("", line) for line in text) for text in (last, lines_of())]
    assert bare[0] == bare[1]


def lines_of() -> list[str]:
    return compiled_module().text.split("\n")


def test_the_counts_of_instructions_go_from_pass_to_pass(seen: Passes):
    counted = [compiled_count(seen.text_after(i)) for i in range(len(seen.passes) + 1)]
    assert [made.before_instructions for made in seen.passes] == counted[:-1]
    assert [made.after_instructions for made in seen.passes] == counted[1:]


def compiled_count(text: str) -> int:
    return len(re.findall(r"^ +(?:ROOT )?%\S+ = ", text, flags=re.MULTILINE))


def test_a_line_of_the_last_pass_is_linked_as_in_the_optimised_hlo(seen: Passes, program: Program):
    hlo = links_by_instruction(program.stages["hlo"], prefix="")
    diff = links_by_instruction(seen.passes[-1].diff, prefix="[+ ]")
    shared = {name: link for name, link in diff.items() if name in hlo}
    assert len(shared) > 5
    assert shared == {name: hlo[name] for name in shared}


def links_by_instruction(stage: Stage, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    lines = stage.text.split("\n")
    for link in stage.links:
        match = re.match(rf"{prefix} +(?:ROOT )?%(\S+) = ", lines[link.first_line - 1])
        if match:
            found[match[1]] = (link.equations, link.spans)
    return found


def test_a_line_that_is_gone_keeps_what_it_came_from(seen: Passes, program: Program):
    first = seen.passes[0].diff
    lines = first.text.split("\n")
    gone = {e for x in first.links if lines[x.first_line - 1][0] == "-" for e in x.equations}
    assert "broadcast_in_dim" in {program.equations[e].primitive for e in gone}


@pytest.mark.parametrize("name", ["llvm", "assembly"])
def test_functions_are_linked_as_the_fusions_they_were_made_from(
    seen: Passes, program: Program, name: str
):
    stage: Stage = getattr(seen, name)
    if stage.error is not None:
        pytest.skip(stage.error)
    hlo = links_by_instruction(program.stages["hlo"], prefix="")
    lines = stage.text.split("\n")
    pattern = r"@(\w+)\(" if name == "llvm" else r"<(\w+)>:"
    found = {
        match[1]: (link.equations, link.spans)
        for link in stage.links
        if (match := re.search(pattern, lines[link.first_line - 1]))
    }
    assert "add_tanh_fusion" in found
    assert found == {function: hlo[function] for function in found}


def test_the_compile_of_this_process_is_no_compile_of_the_users(seen: Passes):
    with jaxplore.observe() as ledger:
        again = passes(GRADIENT, *ARGS)
    assert list(ledger) == []
    assert [made.name for made in again.passes] == [made.name for made in seen.passes]


def test_options_of_the_jit_are_those_of_the_passes():
    def f(x: Any) -> Any:
        return jnp.sin(x) / 3 + x * 0

    plain = passes(f, jnp.ones(8))
    fast = passes(jax.jit(f, compiler_options={"xla_cpu_enable_fast_math": True}), jnp.ones(8))
    assert plain.llvm is not None and fast.llvm is not None
    assert "fast" not in plain.llvm.text
    assert re.search(r"\bf(?:mul|add|div) (?:fast|reassoc)", fast.llvm.text)


def test_a_program_over_two_devices_is_partitioned_as_in_this_process():
    mesh = jax.make_mesh((2,), ("d",))
    place = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("d"))
    seen = passes(lambda x: (x * 2).sum(), jax.device_put(jnp.ones((4, 8)), place))
    assert seen.error is None
    assert "all-reduce" in seen.text_after(len(seen.passes))


@pytest.mark.parametrize(
    ("target", "given"),
    [
        (jax.jit(jnp.sin).lower(1.0).compile(), "Compiled"),
        (jax.make_jaxpr(jnp.sin)(1.0), type(jax.make_jaxpr(jnp.sin)(1.0)).__name__),
    ],
)
def test_what_cannot_be_compiled_again_is_said(target: Any, given: str):
    with pytest.raises(NotAProgramError) as raised:
        passes(target)
    assert str(raised.value) == (
        "Cannot let XLA compile this again.\n"
        f"Got: {given}\n"
        "Do: pass the function and its arguments, or what .trace() or .lower() returned."
    )


def test_the_users_own_error_is_raised_as_it_is():
    with pytest.raises(ZeroDivisionError):
        passes(lambda x: x / (1 // 0), 1.0)


def test_a_lowered_program_knows_expressions_and_no_equations():
    seen = passes(jax.jit(lambda x: jnp.sin(x) * 2).lower(jnp.ones(3)))
    links = [link for made in seen.passes for link in made.diff.links]
    assert {link.equations for link in links} == {()}
    assert "jnp.sin(x) * 2" in {span.text for link in links for span in link.spans}
