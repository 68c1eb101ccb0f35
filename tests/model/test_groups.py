"""What must hold of the groups of any program."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from hypothesis import given, settings
from hypothesis import strategies as st

from jaxplore.model.groups.tree import GroupTree, group
from jaxplore.model.program import Equation, Frame, Phase, Program, Region, Source, Value
from jaxplore.model.span import Span

FILE = "cell 1"


def value(name: str = "a", size: int = 3, kind: str = "result") -> Value:
    return Value(
        name=name,
        shape=(size,),
        dtype="float32",
        weak_type=False,
        size_bytes=4 * size,
        sharding=None,
        kind=kind,  # type: ignore[arg-type]
    )


def span(line: int, text: str, function: str = "f", column: int = 4) -> Span:
    return Span(
        file=FILE,
        line=line,
        column=column,
        end_line=line,
        end_column=column + len(text),
        function=function,
        text=text,
    )


@dataclass
class Maker:
    """Writes programs equation by equation."""

    equations: list[Equation] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    known_frames: dict[tuple[Span, int | None], int] = field(default_factory=dict)

    def __post_init__(self):
        self.region("f", None)

    def value(self, size: int = 3, kind: str = "result") -> int:
        self.values.append(value(f"v{len(self.values)}", size, kind))
        return len(self.values) - 1

    def region(self, name: str, equation: int | None) -> int:
        self.regions.append(
            Region(
                name=name,
                kind="jaxpr" if self.regions else "program",
                equation=equation,
                inputs=(self.value(kind="input"),),
                constants=(),
                outputs=(),
            )
        )
        index = len(self.regions) - 1
        if equation is not None:
            row = self.equations[equation]
            self.equations[equation] = replace(row, regions=(*row.regions, index))
        return index

    def frame(self, *spans: Span, owner: str = "user") -> int | None:
        caller = None
        for place in spans:
            key = (place, caller)
            if key not in self.known_frames:
                self.known_frames[key] = len(self.frames)
                self.frames.append(Frame(span=place, caller=caller, owner=owner))  # type: ignore[arg-type]
            caller = self.known_frames[key]
        return caller

    def op(
        self,
        primitive: str,
        reads: Sequence[int],
        *spans: Span,
        region: int = 0,
        scope: tuple[str, ...] = (),
        phase: Phase = "forward",
        size: int = 3,
        parameters: str = "",
    ) -> int:
        result = self.value(size)
        self.equations.append(
            Equation(
                primitive=primitive,
                inputs=tuple(reads),
                outputs=(result,),
                span=spans[-1] if spans else None,
                scope=scope,
                phase=phase,
                region=region,
                flops=1,
                bytes=24,
                parameters=parameters,
                frame=self.frame(*spans),
            )
        )
        return result

    def program(self, source: str = "") -> Program:
        return Program(
            name="f",
            equations=tuple(self.equations),
            values=tuple(self.values),
            regions=tuple(self.regions),
            stages=MappingProxyType({}),
            sources=(Source(file=FILE, first_line=1, text=source),) if source else (),
            frames=tuple(self.frames),
        )


def faults(program: Program, tree: GroupTree) -> list[str]:
    """What does not hold of a tree. Empty for a good one."""
    found: list[str] = []
    count = len(program.equations)
    if sorted(tree.order) != list(range(count)) or len(tree.leaf) != count:
        return ["not every equation stands in it once"]
    for index, row in enumerate(tree.groups):
        if (row.parent is None) != (index == 0) or (row.parent or 0) > index:
            found.append(f"group {index} comes before its parent")
        if index and row.kind != "region" and tree.groups[row.parent or 0].region != row.region:
            found.append(f"group {index} stands in another region than its parent")
        if row.kind == "region":
            holder = program.regions[row.region].equation
            if holder is not None and tree.leaf[holder] != row.parent:
                found.append(f"region {row.region} is not where its equation is")
    for index, row in enumerate(program.equations):
        if tree.groups[tree.leaf[index]].region != row.region:
            found.append(f"equation {index} stands in another region")
    place = {equation: at for at, equation in enumerate(tree.order)}
    for index in range(len(tree.groups)):
        inside = sorted(place[e] for e in range(count) if index in tree.path(e))
        if inside and inside != list(range(inside[0], inside[-1] + 1)):
            found.append(f"group {index} is not one run")
        if inside and tree.extent(index) != (inside[0], inside[-1] + 1):
            found.append(f"the extent of group {index} is another")
    maker = {(e.region, v): i for i, e in enumerate(program.equations) for v in e.outputs}
    for index, row in enumerate(program.equations):
        for read in row.inputs:
            made = maker.get((row.region, read))
            if made is not None and place[made] >= place[index]:
                found.append(f"equation {index} comes before what it reads")
    for index, row in enumerate(tree.groups):
        children = tree.children(index)
        starts = [
            tree.extent(child)[0] if kind == "group" else place[child] for kind, child in children
        ]
        if starts != sorted(starts):
            found.append(f"the children of group {index} are not in order")
        if len(children) > 300:
            found.append(f"group {index} has {len(children)} children")
        is_turn = row.parent is not None and tree.groups[row.parent].kind in ("repeat", "part")
        kinds = [tree.groups[child].kind for kind, child in children if kind == "group"]
        is_named_roll = kinds == ["repeat"] and row.kind in ("function", "scope")
        is_fine = is_turn or is_named_roll or row.kind in ("region", "part")
        if len(children) < 2 and not is_fine:
            found.append(f"group {index} ({row.kind} {row.name}) has one child")
        if row.kind == "repeat" and tree.repeat_count(index) < 2:
            found.append(f"group {index} repeats nothing")
    return found


# Programs as JAX makes them: functions that call each other, loops, scopes, nested programs.

statements = st.recursive(
    st.tuples(st.just("op"), st.sampled_from(["add", "mul", "sin"]), st.integers(3, 4)),
    lambda inner: st.one_of(
        st.tuples(st.just("call"), st.sampled_from("ghk"), st.lists(inner, min_size=1, max_size=5)),
        st.tuples(st.just("loop"), st.integers(2, 5), st.lists(inner, min_size=1, max_size=4)),
        st.tuples(st.just("scope"), st.sampled_from("ab"), st.lists(inner, min_size=1, max_size=4)),
        st.tuples(st.just("jit"), st.sampled_from("uv"), st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=12,
)


@st.composite
def written_programs(draw: st.DrawFn) -> Program:
    maker = Maker()
    reads = draw(st.lists(st.integers(1, 6), min_size=1, max_size=8))
    is_backward = draw(st.booleans())

    def run(
        body: Sequence[tuple], function: str, stack: tuple[Span, ...], scope: tuple, region: int
    ) -> None:
        for line, (kind, what, rest) in enumerate(body, 1):
            if len(maker.equations) > 300:
                return
            here = span(line, f"{kind} {what}", function)
            if kind == "op":
                seen = [i for e in maker.equations if e.region == region for i in e.outputs]
                seen = [*maker.regions[region].inputs, *seen]
                at = reads[len(seen) % len(reads)]
                late = is_backward and len(maker.equations) % 20 > 10
                maker.op(
                    what,
                    [seen[-1], seen[-at % len(seen)]],
                    *stack,
                    here,
                    region=region,
                    scope=scope,
                    size=rest,
                    phase="backward" if late else "forward",
                )
            elif kind == "call":
                run(rest, what, (*stack, here), scope, region)
            elif kind == "loop":
                for _ in range(what):
                    run(rest, function, stack, scope, region)
            elif kind == "scope":
                run(rest, function, stack, (*scope, what), region)
            else:
                seen = [i for e in maker.equations if e.region == region for i in e.outputs]
                last = seen[-1] if seen else maker.regions[region].inputs[0]
                maker.op("jit", [last], *stack, here, region=region, scope=scope)
                inner = maker.region(what, len(maker.equations) - 1)
                run(rest, what, (*stack, here), (*scope, what), inner)

    run(draw(st.lists(statements, min_size=1, max_size=6)), "f", (), (), 0)
    return maker.program()


@given(written_programs())
@settings(max_examples=80, deadline=None)
def test_the_groups_of_a_written_program_hold_together(program: Program):
    tree = group(program)
    assert faults(program, tree) == []
    assert group(program) == tree  # the same each time
    assert tree.text(program, 9).splitlines()[0].startswith("f  ")


@given(written_programs(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_equations_out_of_order_are_put_in_order(program: Program, random):
    # Swap the numbers of equations that hold nothing: a program may list them in any order.
    plain = [i for i, e in enumerate(program.equations) if not e.regions]
    shuffled = list(plain)
    random.shuffle(shuffled)
    rows = list(program.equations)
    for index, other in zip(plain, shuffled, strict=True):
        rows[index] = program.equations[other]
    mixed = replace(program, equations=tuple(rows))
    assert faults(mixed, group(mixed)) == []


@st.composite
def wild_programs(draw: st.DrawFn) -> Program:
    """Records that no capture writes: rings of regions, values made twice, any caller."""
    count = draw(st.integers(0, 8))
    spans = [span(line, text) for line, text in [(1, "x"), (2, ""), (2, "x + y")]]
    some = st.lists(st.integers(0, 5), max_size=3).map(tuple)
    holders = draw(st.lists(st.integers(0, max(count - 1, 0)), max_size=4)) if count else []
    regions = [
        Region(
            name=draw(st.text(max_size=3)),
            kind="jaxpr",
            equation=holder,
            inputs=draw(some),
            constants=(),
            outputs=draw(some),
        )
        for holder in [None, *holders]
    ]
    frames = [
        Frame(
            span=draw(st.sampled_from(spans)),
            caller=draw(st.none() | st.integers(0, 5)),
            owner=draw(st.sampled_from(["user", "library"])),
        )
        for _ in range(draw(st.integers(0, 5)))
    ]
    equations = [
        Equation(
            primitive=draw(st.sampled_from("abc")),
            inputs=draw(some),
            outputs=draw(some),
            span=draw(st.none() | st.sampled_from(spans)),
            scope=tuple(draw(st.lists(st.sampled_from(["a", "a_1", ""]), max_size=2))),
            phase=draw(st.sampled_from(["forward", "backward"])),
            region=draw(st.integers(0, len(regions) - 1)),
            flops=0,
            bytes=0,
            parameters="",
            regions=tuple(r for r, region in enumerate(regions) if region.equation == index),
            frame=draw(st.none() | st.integers(0, 7)),
        )
        for index in range(count)
    ]
    return Program(
        name="wild",
        equations=tuple(equations),
        values=tuple(value() for _ in range(6)),
        regions=tuple(regions),
        stages=MappingProxyType({}),
        sources=(),
        frames=tuple(frames),
    )


@given(wild_programs())
@settings(max_examples=150, deadline=None)
def test_no_record_is_too_wild(program: Program):
    tree = group(program)
    assert sorted(tree.order) == list(range(len(program.equations)))
    assert all((row.parent is None) == (index == 0) for index, row in enumerate(tree.groups))
    assert all((row.parent or 0) < max(index, 1) for index, row in enumerate(tree.groups))
    assert sorted(r.region for r in tree.groups if r.kind == "region") == list(
        range(len(program.regions))
    )
    assert tree.text(program)


def test_a_program_without_equations_is_one_group():
    program = Maker().program()
    tree = group(program)
    assert tree.text(program) == "f  0 equations"
    assert tree.children(0) == ()


def test_programs_nest_deeper_than_python_recurses():
    maker = Maker()
    region = 0
    for depth in range(2000):
        maker.op("jit", maker.regions[region].inputs, span(1, "g(x)"), region=region)
        region = maker.region(f"g{depth}", len(maker.equations) - 1)
    maker.op("sin", maker.regions[region].inputs, span(1, "sin(x)"), region=region)
    program = maker.program()
    tree = group(program)
    assert len(tree.path(2000)) == 2001
    assert tree.equations(0) == 2001


def test_calls_nest_deeper_than_python_recurses():
    maker = Maker()
    stack = tuple(span(1, "g(x)", f"g{depth}") for depth in range(1500))
    for depth in range(1, 1500, 3):
        for line in range(3):
            maker.op("sin", [0], *stack[:depth], span(line, "sin(x)", f"g{depth}"))
    program = maker.program()
    assert sorted(group(program).order) == list(range(1500))


LOOP = """\
def f(x):
    for i in range(3):
        x = sin(x) * 2
        x = x + 1
    return x
"""


def looped(turns: int, *, odd: int | None = None, wired: int | None = None) -> Program:
    maker = Maker()
    x = maker.regions[0].inputs[0]
    for turn in range(turns):
        sin = maker.op("sin", [x], span(3, "sin(x)", column=12))
        size = 5 if turn == odd else 3
        mul = maker.op("mul", [sin], span(3, "sin(x) * 2", column=12), size=size)
        x = maker.op("add", [sin if turn == wired else mul], span(4, "x + 1", column=12))
    return maker.program(LOOP)


def test_the_turns_of_a_loop_are_rolled_up():
    program = looped(4)
    assert group(program).text(program) == (
        "f  12 equations\n"  #
        "  lines 3-4 x 4  12 equations"
    )


def test_turns_of_other_types_are_not_rolled_up():
    program = looped(9, odd=4)
    assert group(program).text(program) == (
        "f  27 equations\n  lines 3-4 x 4  12 equations\n  lines 3-4 x 4  12 equations"
    )


def test_turns_that_are_wired_otherwise_are_not_rolled_up():
    program = looped(9, wired=4)
    assert group(program).text(program) == (
        "f  27 equations\n  lines 3-4 x 4  12 equations\n  lines 3-4 x 4  12 equations"
    )


def test_a_long_loop_is_drawn_in_parts_but_counted_whole():
    program = looped(30_150)
    tree = group(program)
    assert tree.text(program) == (
        "f  90,450 equations\n"  #
        "  lines 3-4 x 30,150  90,450 equations"
    )
    parts = [i for kind, i in tree.children(1) if kind == "group"]
    assert [(tree.groups[i].kind, tree.groups[i].name) for i in parts] == [
        ("part", "1-10,000"),
        ("part", "10,001-20,000"),
        ("part", "20,001-30,000"),
        ("part", "30,001-30,150"),
    ]
    inner = [i for kind, i in tree.children(parts[-1]) if kind == "group"]
    assert [tree.groups[i].name for i in inner] == ["30,001-30,100", "30,101-30,150"]


def blocks(*, second: str = "Block_1") -> Program:
    maker = Maker()
    x = maker.regions[0].inputs[0]
    for name in ("Block_0", second):
        for line, primitive in enumerate(["dot", "sin", "add"], 3):
            x = maker.op(primitive, [x], span(line, primitive, "Block"), scope=("Net", name))
    maker.op("tanh", [x], span(9, "tanh(x)"))
    return maker.program()


def test_siblings_whose_names_differ_by_their_number_are_rolled_up():
    program = blocks()
    tree = group(program)
    assert tree.text(program) == ("f  7 equations\n  Net  6 equations\n    Block x 2  6 equations")
    assert [(g.kind, g.name) for g in tree.groups] == [
        ("region", "f"),
        ("scope", "Net"),
        ("repeat", "Block"),
        ("scope", "Block_0"),
        ("scope", "Block_1"),
    ]


def test_siblings_of_other_names_stay_apart():
    program = blocks(second="Head")
    assert group(program).text(program) == (
        "f  7 equations\n"  #
        "  Net  6 equations\n"
        "    Block_0  3 equations\n"
        "    Head  3 equations"
    )


def calls(turns: int, source: str) -> Program:
    """`f` calls `g` again and again, whose body is two lines; a norm comes last."""
    maker = Maker()
    x = maker.regions[0].inputs[0]
    for _ in range(turns):
        for line, primitive in [(6, "sin"), (6, "cos"), (7, "mul"), (7, "add")]:
            place = span(line, primitive, "g", column=4 + len(primitive) % 3 + line)
            x = maker.op(primitive, [x], span(3, "g(x)"), place)
    maker.op("norm", [x], span(4, "norm(x)"))
    return maker.program(source)


CALLED_AGAIN = "def f(x):\n    for i in range(3):\n        x = g(x)\n    return norm(x)\n\ndef g(x):\n    x\n    x\n"
LOOPS_ITSELF = "def f(x):\n    pass\n    x = g(x)\n    return norm(x)\ndef g(x):\n  for i in range(3):\n    x\n"


def test_a_function_that_is_called_again_is_a_repeat_of_its_calls():
    program = calls(3, CALLED_AGAIN)
    tree = group(program)
    assert tree.text(program) == (
        "f  13 equations\n"  #
        "  g x 3  12 equations"
    )
    assert [g.span for g in tree.groups if g.name == "g" and g.kind == "function"] == [
        span(3, "g(x)")
    ] * 3


def test_a_loop_within_a_function_is_not_said_to_be_its_calls():
    program = calls(3, LOOPS_ITSELF)
    assert group(program).text(program) == (
        "f  13 equations\n  g  12 equations\n    lines 6-7 x 3  12 equations"
    )


def test_forward_and_backward_do_not_share_a_group():
    maker = Maker()
    x = maker.op("norm", maker.regions[0].inputs, span(2, "norm(x)"))
    for phase in ("forward", "backward"):
        for line in (6, 7, 8) if phase == "forward" else (8, 7, 6):
            place = span(line, "sin(x)", "g")
            x = maker.op("sin", [x], span(3, "g(x)"), place, phase=phase)  # type: ignore[arg-type]
    program = maker.program()
    assert group(program).text(program) == (
        "f  7 equations\n"  #
        "  g  3 equations\n"
        "  g  3 equations, backward"
    )


def test_lines_of_both_phases_are_two_groups():
    maker = Maker()
    x = maker.regions[0].inputs[0]
    lines = [line for line in range(2, 12) for _ in range(3)]
    for phase, order in (("forward", lines), ("backward", reversed(lines))):
        for line in order:
            x = maker.op("sin", [x], span(line, f"x + {line}"), phase=phase)  # type: ignore[arg-type]
    program = maker.program()
    tree = group(program)
    assert [tree.groups[i].name for _, i in tree.children(0)] == [
        f"x + {line}" for line in [*range(2, 12), *range(11, 1, -1)]
    ]


def test_the_helpers_agree_with_each_other():
    program = blocks()
    tree = group(program)
    assert tree.children(0) == (("group", 1), ("equation", 6))
    assert tree.children(2) == (("group", 3), ("group", 4))
    assert tree.children(4) == (("equation", 3), ("equation", 4), ("equation", 5))
    assert [tree.path(e) for e in (0, 5, 6)] == [(0, 1, 2, 3), (0, 1, 2, 4), (0,)]
    assert [tree.equations(g) for g in range(5)] == [7, 6, 6, 3, 3]
    assert [tree.repeat_count(g) for g in range(5)] == [1, 1, 2, 1, 1]


def test_time_grows_with_the_program_and_not_faster():
    def seconds(program: Program) -> float:
        times: list[float] = []
        for _ in range(3):
            begun = time.process_time()
            group(program)
            times.append(time.process_time() - begun)
        return min(times)

    small, large = looped(8_000), looped(32_000)
    assert seconds(large) < 4 * 1.8 * seconds(small)
