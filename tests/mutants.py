"""Mutation testing: change one thing in a module and see whether its tests notice.

    uv run python -m tests.mutants common/metrics common/store [--sample 200] [--seed 0] [--only common/metrics/odds.py]
    uv run python -m tests.mutants common/store --only common/store/files.py --own

A mutant is a module with one change: a comparison, an operator, a condition, a number, a truth value, or a call whose
result nobody uses. It is killed if a quick test of its package fails, or if they take ten times as long. Survivors are
printed with their line; those that mean the same as the original are counted as survivors too. With --own, only the
module's own test file runs. The tests run in a copy of the tree.
"""

import argparse
import ast
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

COPIED = ("common", "nlp", "speech", "tests", "vision", "pyproject.toml", "run_all.py")
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
SLOWEST = 10
LOG = "pytest.log"
FIRST = ("numpy", "torch", "scipy.stats", "sklearn.metrics", "torchmetrics", "hypothesis", "pytest", "safetensors")
"""Libraries that are imported once, before a process is forked for each mutant."""


class Change(ast.NodeTransformer):
    """Makes the change of one number and counts all that could be made; messages and types are left as they are."""

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

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node


@dataclass(frozen=True)
class Mutant:
    """A change of a module."""

    module: Path
    number: int

    def source(self) -> tuple[str, int]:
        """Return the changed module and the line of the change."""
        change = Change(self.number)
        tree = change.visit(ast.parse(self.module.read_text(encoding="utf-8")))
        return ast.unparse(ast.fix_missing_locations(tree)), change.line

    def told(self) -> str:
        """Return the line as it is, and as it is changed."""
        before = ast.unparse(ast.parse(self.module.read_text(encoding="utf-8"))).splitlines()
        after, line = self.source()
        pairs = zip(before, after.splitlines(), strict=False)
        old, new = next((pair for pair in pairs if pair[0] != pair[1]), ("", "a call is left out"))
        return f"{self.module}:{line}: {old.strip()}  ->  {new.strip()}"


def mutants(folders: list[str]) -> Iterator[Mutant]:
    """Yield every change of the modules in some folders."""
    for folder in folders:
        for module in sorted(Path(folder).glob("*.py")):
            change = Change()
            change.visit(ast.parse(module.read_text(encoding="utf-8")))
            yield from (Mutant(module, number) for number in range(change.count))


def tests_of(module: Path, own: bool) -> list[str]:
    """Return the tests of a module's package, those of the module first; ``own``: those alone, if any."""
    start = f"test_{'_'.join(module.parts[:-1])}"
    found = sorted(map(str, Path("tests").glob(f"{start}_*.py")))
    mine = [name for name in found if name.endswith(f"{start}_{module.stem}.py")]
    return mine if own and mine else [*mine, *(name for name in found if name not in mine)]


def seconds_of(tests: list[str], longest: float) -> float | None:
    """Run tests in a process of their own; return how long that took, or None if one failed or they took too long."""
    started = time.monotonic()
    process = os.fork()
    if process == 0:
        _test(tests)
    while time.monotonic() - started < longest:
        time.sleep(0.02)
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return None if status else time.monotonic() - started
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None


def _test(tests: list[str]) -> None:
    import pytest

    os.setpgrp()
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
        del sys.modules[name]  # imported from the tree that is not changed
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of libraries that are imported already
    code = 1
    try:
        code = pytest.main([*options, *tests])
    finally:
        sys.stdout.flush()
        os._exit(min(int(code), 1))


def survivors(chosen: list[Mutant], own: bool) -> Iterator[Mutant]:
    """Yield the mutants that no test kills.

    Raises:
        AssertionError: the tests fail without any change.
    """
    usual: dict[tuple[str, ...], float] = {}
    for number, mutant in enumerate(chosen, start=1):
        tests = tests_of(mutant.module, own)
        key = tuple(sorted(tests))
        if key not in usual:
            found = seconds_of(tests, 3600)
            assert found is not None, Path(LOG).read_text()[-2000:]
            usual[key] = found
        whole = mutant.module.read_text(encoding="utf-8")
        told = mutant.told()
        mutant.module.write_text(mutant.source()[0], encoding="utf-8")
        try:
            survived = seconds_of(tests, SLOWEST * usual[key] + 60) is not None
        finally:
            mutant.module.write_text(whole, encoding="utf-8")
        if survived:
            print(f"[{number}/{len(chosen)}] {told}", flush=True)
            yield mutant


def main() -> int:
    """Print the survivors and the share of mutants that were killed."""
    parser = argparse.ArgumentParser(description="change one thing in a module and see whether its tests notice")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants, drawn; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=Path, help="mutants of this module alone")
    parser.add_argument("--own", action="store_true", help="only the module's own tests")
    asked = parser.parse_args()
    every = [one for one in mutants(asked.folders) if asked.only in (None, one.module)]
    chosen = random.Random(asked.seed).sample(every, min(asked.sample or len(every), len(every)))
    with TemporaryDirectory() as folder:
        for name in COPIED:
            copy = shutil.copytree if Path(name).is_dir() else shutil.copy
            copy(name, Path(folder, name))
        os.chdir(folder)
        sys.path[:] = [folder, *sys.path[1:]]
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        for cache in list(Path().rglob("__pycache__")):
            shutil.rmtree(cache)
        for name in FIRST:
            with suppress(ImportError):
                __import__(name)
        left = list(survivors(chosen, asked.own))
    killed = len(chosen) - len(left)
    print(f"{killed} of {len(chosen)} mutants killed ({killed / len(chosen):.1%}), of {len(every)} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
