"""The user's own expression, written anew: one part of it replaced, the rest as it was."""

import ast
from dataclasses import dataclass
from typing import Final

from jaxplore.model.span import Span

# Where the names of a call come from: its own module has no `where`.
_NOT_NUMPY: Final = frozenset(
    ["jax", "lax", "nn", "math", "np", "numpy", "linalg", "scipy", "self"]
)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression's text with its syntax."""

    text: str
    tree: ast.expr

    @classmethod
    def of(cls, text: str) -> "Expression | None":
        """None where the text is no whole expression."""
        text = " ".join(line.strip() for line in text.splitlines())
        try:
            return cls(text, ast.parse(text, mode="eval").body)
        except (SyntaxError, ValueError):
            return None

    def part(self, node: ast.expr) -> str:
        """A part as the user wrote it."""
        return ast.get_source_segment(self.text, node) or ""

    def with_part(self, node: ast.expr, new: str) -> str:
        """The text with a part replaced."""
        # The syntax counts bytes.
        raw = self.text.encode()
        begin, end = node.col_offset, node.end_col_offset or 0
        if _is_closed(raw, begin, end) and new.endswith(")"):
            begin, end = begin - 1, end + 1
        return (raw[:begin] + new.encode() + raw[end:]).decode()

    @property
    def function(self) -> str:
        """The last name of what the expression calls: `"sqrt"`; empty where it is no call."""
        if not isinstance(self.tree, ast.Call):
            return ""
        called = self.tree.func
        return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")

    @property
    def is_of_numpy(self) -> bool:
        """Whether it calls a function of `jax.numpy`, or one that has lost its module's name."""
        if not isinstance(self.tree, ast.Call) or not isinstance(self.tree.func, ast.Attribute):
            return True
        owner = self.tree.func.value
        return _is_module(owner) or self.part(owner).endswith(("linalg", "la"))

    @property
    def arguments(self) -> list[ast.expr]:
        """What the call is given by position; a method's own object first."""
        if not isinstance(self.tree, ast.Call):
            return []
        called = self.tree.func
        is_owned = isinstance(called, ast.Attribute) and not _is_module(called.value)
        if isinstance(called, ast.Attribute) and is_owned and called.attr in _METHODS:
            return [called.value, *self.tree.args]
        return list(self.tree.args)

    @property
    def keywords(self) -> str:
        """The keywords of the call as written, with a comma before each: `", axis=-1"`."""
        if not isinstance(self.tree, ast.Call):
            return ""
        return "".join(f", {k.arg}={self.part(k.value)}" for k in self.tree.keywords if k.arg)

    @property
    def has_only(self) -> frozenset[str]:
        """Names of the keywords; one that cannot be read is `"**"`."""
        given = self.tree.keywords if isinstance(self.tree, ast.Call) else []
        return frozenset(keyword.arg or "**" for keyword in given)

    @property
    def numpy(self) -> str:
        """What the user calls `jax.numpy`, as far as this expression tells."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                name = owner.id if isinstance(owner, ast.Name) else "jax"
                if node.func.attr in _NUMPY_FUNCTIONS and node.args and name not in _NOT_NUMPY:
                    return name
        return "jnp"


_NUMPY_FUNCTIONS_WORDS: Final = (
    "sqrt log log2 log10 log1p exp exp2 expm1 where arccos arcsin arctanh arctan2 power divide sum "
    "true_divide reciprocal maximum minimum std abs square"
)
_NUMPY_FUNCTIONS: Final = frozenset(_NUMPY_FUNCTIONS_WORDS.split())


# What is written as a method too.
_METHODS: Final = ("sum", "std")


def _is_closed(raw: bytes, begin: int, end: int) -> bool:
    """Whether a part stands in parentheses of its own, which are no call's."""
    before = raw[: max(begin - 1, 0)].rstrip()[-1:]
    is_call = before.isalnum() or before in (b"_", b")", b"]")
    return raw[begin - 1 : begin] == b"(" and raw[end : end + 1] == b")" and not is_call


def _is_module(node: ast.expr) -> bool:
    """Whether an expression reads like a module: `jnp`, `jax.numpy`, `jnp.linalg`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in ("jnp", "jax", "lax", "np", "nn", "numpy")


def wrapped(text: str) -> str:
    """An expression in parentheses, where it needs them as an operand.

    >>> wrapped("x"), wrapped("f(x)"), wrapped("a + b")
    ('x', 'f(x)', '(a + b)')
    """
    parsed = Expression.of(text)
    simple = (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.Constant)
    return text if parsed is not None and isinstance(parsed.tree, simple) else f"({text})"


def inside(outer: Span, inner: Span) -> bool:
    """Whether one expression is a part of another."""
    return outer.file == inner.file and (
        (outer.line, outer.column) <= (inner.line, inner.column)
        and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
    )


def exchanged(outer: Span, inner: Span, new: str) -> str:
    """The text of the outer expression with the inner one replaced.

    >>> def at(column, text):
    ...     return Span(file="f", line=1, column=column, end_line=1,
    ...                 end_column=column + len(text), function="f", text=text)
    >>> exchanged(at(4, "g(x, h(x))"), at(9, "h(x)"), "0")
    'g(x, 0)'
    """
    lines = outer.text.split("\n")
    row = inner.line - outer.line
    before = sum(len(line) + 1 for line in lines[:row])
    begin = before + inner.column - (0 if row else outer.column)
    return outer.text[:begin] + new + outer.text[begin + len(inner.text) :]
