"""Modules with one change, for mutation testing: what can be changed, and how a change is shown."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

COMPARED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
}
SHOWN = 140
"""So many letters of a line are shown."""


class Change(ast.NodeTransformer):
    """Makes the change of one number and counts all that could be made.

    Left as they are: messages, types with what is imported for them alone, and ``strict`` of ``zip``, which raises
    where sizes differ that are equal by construction.
    """

    def __init__(self, number: int = -1) -> None:
        self.number, self.count, self.line = number, 0, 0

    def _turn(self, node: ast.AST) -> bool:
        self.count += 1
        if self.count - 1 != self.number:
            return False
        self.line = node.lineno  # type: ignore[attr-defined]
        return True

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for place, operator in enumerate(node.ops):
            if type(operator) in COMPARED and self._turn(node):
                node.ops[place] = COMPARED[type(operator)]()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if type(node.op) in COMPUTED and self._turn(node):
            node.op = COMPUTED[type(node.op)]()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self._turn(node):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not | ast.USub | ast.Invert) and self._turn(node):
            return node.operand
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            return ast.Constant(not node.value) if self._turn(node) else node
        if isinstance(node.value, int | float) and self._turn(node):
            return ast.Constant(node.value + 1)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node
        self.generic_visit(node)
        if self._turn(node):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if self._turn(node):
            node.body, node.orelse = node.orelse, node.body
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Call) and self._turn(node):
            return ast.Pass()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [self.visit(one) for one in node.body]  # defaults, decorators and types stay
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return node if node.arg == "strict" else self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node


@dataclass(frozen=True)
class Mutant:
    """A change of a module; ``number`` says which of all that can be made."""

    module: Path
    number: int

    @cached_property
    def changed(self) -> tuple[str, int]:
        """The changed module and the line of the change."""
        change = Change(self.number)
        tree = change.visit(ast.parse(self.module.read_text(encoding="utf-8")))
        return ast.unparse(ast.fix_missing_locations(tree)), change.line

    @cached_property
    def told(self) -> str:
        """The module, the line as it is and as it is changed, both without comments and as Python would write them."""
        before, after = _lines(self.module), self.changed[0].splitlines()
        old, new = next(pair for pair in zip(before, after, strict=False) if pair[0] != pair[1])
        alike = len(os.path.commonprefix([old, new]))
        return f"{self.module}: {_around(old, alike)}  ->  {_around(new, alike)}"


def _around(line: str, place: int) -> str:
    """Return a line, or what of a long one stands around a place."""
    start = 0 if len(line) <= SHOWN else max(place - SHOWN // 2, 0)
    return line[start : start + SHOWN].strip()


@cache
def _lines(module: Path) -> list[str]:
    """Return a module as ``ast`` writes it."""
    return ast.unparse(ast.parse(module.read_text(encoding="utf-8"))).splitlines()


def mutants(place: Path) -> Iterator[Mutant]:
    """Yield every change of a module, or of the modules in a folder."""
    for module in sorted(place.glob("*.py")) if place.is_dir() else [place]:
        change = Change()
        change.visit(ast.parse(module.read_text(encoding="utf-8")))
        yield from (Mutant(module, number) for number in range(change.count))


def reviewed(file: Path) -> dict[str, str]:
    """Return the changes that mean the same as the original, as ``Mutant.told`` writes them, and why.

    Raises:
        ValueError: a line of the file has no reason, or names a line that its module does not have any more.
    """
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        told, _, why = line.partition("  # ")
        module, _, changed = told.partition(": ")
        if not why or not any(changed.split("  ->  ")[0] in one for one in _lines(Path(module))):
            raise ValueError(f"{file}: no reason, or no such line any more: {line}")
        found[told] = why
    return found
