"""What equations are grouped by: their name scopes, and the calls that led to them.

A path is computed once for every distinct pair of scope and frame; a large program has few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jaxplore.model.program import Frame, Program
from jaxplore.model.span import Span

# Frames of their own in older Pythons, and part of the function about them in newer ones.
_COMPREHENSIONS: Final = ("<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>")


@dataclass(frozen=True, slots=True)
class Path:
    """Where an equation comes from."""

    scope: tuple[str, ...]
    """Names of scopes, outermost first."""
    calls: tuple[int, ...]
    """The calls on the way to it, each the same number for equations that share it."""
    own_calls: int
    """How many of `calls` are of the user's functions; those of libraries come after them."""
    spans: tuple[Span | None, ...]
    """The expression that was evaluated at each level: one more than there are calls."""
    functions: tuple[str, ...]
    """The functions that these expressions stand in."""


class PathTable:
    """The paths of a program's equations."""

    def __init__(self, program: Program) -> None:
        self._frames = program.frames
        self._calls: dict[tuple[int, str], int] = {}
        known: dict[tuple[tuple[str, ...], int | None, int], int] = {}
        self.paths: list[Path] = []
        self.of: list[int] = []
        """Per equation, the index of its path."""
        for equation in program.equations:
            frame, span = equation.frame, equation.span
            key = (equation.scope, frame, id(span) if frame is None else 0)
            index = known.get(key)
            if index is None:
                index = known[key] = len(self.paths)
                self.paths.append(self._path(equation.scope, frame, span))
            self.of.append(index)

    def _path(self, scope: tuple[str, ...], frame: int | None, span: Span | None) -> Path:
        chain, own = _chain(self._frames, frame)
        if not chain:
            where = "" if span is None else span.function
            return Path(scope=scope, calls=(), own_calls=0, spans=(span,), functions=(where,))
        functions = [outside(self._frames[f].span.function) for f in chain]
        calls = [
            self._calls.setdefault((caller, callee), len(self._calls))
            for caller, callee in zip(chain, functions[1:], strict=False)
        ]
        return Path(
            scope=scope,
            calls=tuple(calls),
            own_calls=own,
            spans=tuple(self._frames[f].span for f in chain),
            functions=tuple(functions),
        )


def rooted(paths: Sequence[Path], name: str) -> list[Path]:
    """The paths of a region of that name, all from one function: of its name, or the first.

    JAX keeps no caller of what it traced apart, such as a checkpointed function: that is as
    if the region's function had called it.
    """
    roots = dict.fromkeys([p.functions[0] for p in paths if p.functions[0]])
    first = next(iter(roots), "")
    root = next((function for function in roots if called(function) == name), first)
    called_apart: dict[str, int] = {}
    known: dict[int, Path] = {}
    result: list[Path] = []
    for path in paths:
        if path.functions[0] in (root, ""):
            result.append(path)
            continue
        inner = known.get(id(path))
        if inner is None:
            number = called_apart.setdefault(path.functions[0], -1 - len(called_apart))
            inner = known[id(path)] = Path(
                scope=path.scope,
                calls=(number, *path.calls),
                own_calls=path.own_calls + 1,
                spans=(None, *path.spans),
                functions=(root, *path.functions),
            )
        result.append(inner)
    return result


def _chain(frames: Sequence[Frame], innermost: int | None) -> tuple[list[int], int]:
    """The frames that count, outermost first, and how many calls go to the user's functions.

    A library between two functions of the user's adds nothing, nor does a comprehension.
    """
    stack: list[int] = []
    frame = innermost
    while frame is not None and 0 <= frame < len(frames):
        stack.append(frame)
        caller = frames[frame].caller
        frame = caller if caller is not None and caller < frame else None
    users = [place for place, f in enumerate(stack) if frames[f].owner == "user"]
    first_user = users[0] if users else len(stack)
    kept = stack[:first_user] + [stack[place] for place in users]
    kept.reverse()
    all_own = own = max(len(users) - 1, 0)
    chain: list[int] = []
    for place, f in enumerate(kept):
        callee = frames[kept[place + 1]].span.function if place + 1 < len(kept) else ""
        if callee.endswith(_COMPREHENSIONS):
            own -= place < all_own
            continue
        chain.append(f)
    return chain, own


def outside(function: str) -> str:
    """The function about a comprehension."""
    while function.endswith(_COMPREHENSIONS):
        function = function.rpartition(".")[0].removesuffix(".<locals>")
    return function


def called(function: str, *, library: bool = False) -> str:
    """What people call a function, from its qualified name; "" where it has no name.

    >>> called("make.<locals>.step"), called("Block.__call__"), called("f.<locals>.<lambda>")
    ('step', 'Block', '')

    A library's closure says little without the function that made it, and its lambda less.

    >>> called("scale_by_adam.<locals>.update_fn.<locals>.<lambda>", library=True)
    'scale_by_adam.update_fn'
    """
    parts = outside(function).split(".<locals>.")
    if library:
        while len(parts) > 1 and parts[-1].startswith("<"):
            parts.pop()
    elif parts[-1].startswith("<"):
        return ""
    return ".".join(parts[-2:] if library else parts[-1:]).removesuffix(".__call__")
