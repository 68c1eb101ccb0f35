"""Which names a cell reads from the notebook and which it assigns.

A cell that is a program becomes the body of a function, so each name must be known to be
an input, an output, or both. A name counts as read when it may be used before the cell
itself has certainly assigned it: `x = x + 1` reads and assigns x.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Names:
    """Names of a cell, each with the node where it first appears, in order."""

    reads: dict[str, ast.AST]
    assigns: dict[str, ast.AST]


def names_of(body: Sequence[ast.stmt]) -> Names:
    """The names of a cell's statements.

    >>> names = names_of(ast.parse("y = x * 2\\nz = y + k").body)
    >>> list(names.reads), list(names.assigns)
    (['x', 'k'], ['y', 'z'])
    """
    walk = _Walk()
    for statement in body:
        walk.visit(statement)
    return Names({**walk.deferred, **walk.reads}, walk.assigns)


@dataclass(slots=True)
class _Walk(ast.NodeVisitor):
    """Visits statements in the order in which they run."""

    certain: set[str] = field(default_factory=set[str])
    """Names that are assigned by now, whichever way the cell went."""
    reads: dict[str, ast.AST] = field(default_factory=dict[str, ast.AST])
    assigns: dict[str, ast.AST] = field(default_factory=dict[str, ast.AST])
    deferred: dict[str, ast.AST] = field(default_factory=dict[str, ast.AST])
    """Names read inside functions, which may run at any time after."""

    def _bind(self, name: str, node: ast.AST) -> None:
        self.certain.add(name)
        self.assigns.setdefault(name, node)

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _maybe(self, nodes: Iterable[ast.AST | None]) -> set[str]:
        """Visit what may not run; returns what it would have assigned."""
        before = set(self.certain)
        self._all(nodes)
        after, self.certain = self.certain, before
        return after

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            if node.id not in self.certain:
                self.reads.setdefault(node.id, node)
        else:
            self._bind(node.id, node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._all([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self.certain:
            self.reads.setdefault(node.target.id, node.target)
        self._all([node.value, node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._all([node.value, node.target])

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._all([node.value, node.target])

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._maybe([node.target, *node.body])
        self._maybe(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._maybe(node.body)
        self._maybe(node.orelse)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self.certain = self._maybe(node.body) & self._maybe(node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self.certain = self._maybe([node.body]) & self._maybe([node.orelse])

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self._maybe(node.values[1:])

    def visit_Try(self, node: ast.Try) -> None:
        ways = [self._maybe([*node.body, *node.orelse])]
        ways += [self._maybe([handler]) for handler in node.handlers]
        self.certain = set.intersection(*ways)
        self._all(node.finalbody)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        # Python itself unbinds the name when the handler ends: it is no output.
        if node.name is not None:
            self.certain.add(node.name)
        self._all(node.body)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            self._all([item.context_expr, item.optional_vars])
        self._all(node.body)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        ways = [self._maybe([case]) for case in node.cases]
        last = node.cases[-1]
        # Without a `case _` at the end none of them may run.
        if isinstance(last.pattern, ast.MatchAs) and not last.pattern.pattern and not last.guard:
            self.certain = set.intersection(*ways)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name is not None:
            self._bind(node.name, node)
        self._all([node.pattern])

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name is not None:
            self._bind(node.name, node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self._all([*node.keys, *node.patterns])
        if node.rest is not None:
            self._bind(node.rest, node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind((alias.asname or alias.name).split(".")[0], node)

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        self._all([*node.decorator_list, *arguments.defaults, *arguments.kw_defaults])
        self._bind(node.name, node)
        self._defer(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._all([*node.args.defaults, *node.args.kw_defaults])
        self._defer(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all([*node.decorator_list, *node.bases, *(k.value for k in node.keywords)])
        inner = _Walk(certain=set(self.certain))
        inner._all(node.body)
        for name, where in inner.reads.items():
            self.reads.setdefault(name, where)
        self.deferred.update(inner.deferred)
        self._bind(node.name, node)

    def _defer(self, function: _Scope) -> None:
        inner = _Walk(certain=_parameters(function))
        inner._all(function.body if isinstance(function.body, list) else [function.body])
        free = {**inner.deferred, **inner.reads}
        for name, where in free.items():
            # Inside a function a name is local when it is assigned anywhere in it.
            if name not in inner.assigns and name not in self.certain:
                self.deferred.setdefault(name, where)

    def _comprehension(self, node: _Comprehension) -> None:
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inner = _Walk(certain=set(self.certain))
        for generator in node.generators:
            inner._all([generator.iter, generator.target, *generator.ifs])
        inner._all(parts)
        for name, where in inner.reads.items():
            self.reads.setdefault(name, where)
        self.deferred.update(inner.deferred)
        for inside in ast.walk(node):
            # A walrus in a comprehension assigns outside of it.
            if isinstance(inside, ast.NamedExpr):
                self._bind(inside.target.id, inside)

    visit_ListComp = _comprehension
    visit_SetComp = _comprehension
    visit_DictComp = _comprehension
    visit_GeneratorExp = _comprehension


def _parameters(function: _Scope) -> set[str]:
    arguments = function.args
    several = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    several += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return {argument.arg for argument in several}
