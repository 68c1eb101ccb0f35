"""What code reads and changes, by name, is the same on every supported Python."""

from collections.abc import Callable

from jaxplore.capture.functions.accesses import Access, accesses_of, step_text


def text(access: Access) -> str:
    steps = "".join(map(step_text, access.steps))
    return f"{access.scope} {access.name}{steps}{'()' if access.called else ''}"


def found(fun: Callable[..., object]) -> tuple[list[str], list[str]]:
    accesses = accesses_of(fun.__code__)
    return [text(a) for a in accesses.reads], [text(a) for a in accesses.writes]


def of_outside(texts: list[str]) -> list[str]:
    return [text for text in texts if text != "local x"]


def test_chains_of_attributes_and_constant_subscripts_are_followed() -> None:
    def f(x):
        return cfg.a.b * table["lr"][0].c + g(x) + m.n.call(x) + xs[x] + xs[0:2]  # noqa: F821

    assert of_outside(found(f)[0]) == [
        "global cfg.a.b",
        "global table['lr'][0].c",
        "global g()",
        "global m.n.call()",
        "global xs",
        "global xs",
    ]


def test_what_code_changes_is_no_dependency() -> None:
    def f(x):
        global n
        n = 1
        obj.a += 1  # noqa: F821
        obj.b = x  # noqa: F821
        table["k"] += 1  # noqa: F821
        table["l"] = x  # noqa: F821
        del obj.c  # noqa: F821
        x.y.z = 2
        return x

    reads, writes = found(f)
    assert of_outside(reads) == []
    assert writes == [
        "global n",
        "global obj.a",
        "global obj.b",
        "global table['k']",
        "global table['l']",
        "global obj.c",
        "local x.y.z",
    ]


def test_local_names_stand_for_what_they_were_given() -> None:
    def f(x, o):
        from some import other, thing  # noqa: F401

        c = cfg.sub  # noqa: F821
        d = o.d
        o = x  # a parameter that is assigned again
        e = 1
        e = cfg  # noqa: F821
        return c.k, d.e, o.f, thing.g, e.h

    assert found(f)[0] == ["global cfg", "global cfg.sub.k", "local x.f", "module some.thing.g"]


def test_functions_inside_see_the_names_around_them() -> None:
    k = 1

    def f(self, x):
        c = cfg  # noqa: F821

        def inner(y, k2):
            def innermost(self):
                return self.hidden + c.deep

            return y * self.scale * c.k * k2.q * k, innermost

        return inner, [self.a for v in x if v.b]

    reads = found(f)[0]
    assert {"local self.scale", "global cfg.k", "global cfg.deep", "local k", "local self.a"} <= {
        *reads
    }
    assert not [read for read in reads if "hidden" in read or "k2" in read or ".b" in read]


def test_a_cell_uses_what_it_does_something_with() -> None:
    code = compile("y = f(x)\ng = f\nf\nfs['k'](1)\ndel h\nk = 3", "cell", "exec")
    reads = [text(a) for a in accesses_of(code).reads]
    assert reads == ["global f()", "global x", "global fs['k']()"]


def test_accesses_are_forgotten_with_their_code() -> None:
    from jaxplore.capture.functions import accesses

    code = compile("f(x)", "cell", "exec")
    accesses_of(code)
    key = id(code)
    assert key in accesses._known
    del code
    assert key not in accesses._known
