"""Mutation testing: change one thing in a module and see whether its tests notice.

    uv run python -m tests.mutants common/metrics common/store common/judge.py [--sample 150] [--seed 0]
    uv run python -m tests.mutants common/store/files.py --own

A mutant is a module with one change: a comparison, an operator, a condition, a number, a truth value, or a call whose
result nobody uses. It is killed if a quick test fails, or if they take ten times as long. The tests are those of its
package, the module's doctests and its own first: those that bear its name or, where none does, those that import it or
what imports it. With --own, only these run, so that the share is a lower bound. They run in a copy of the tree.

Survivors are printed, and those that somebody has read and found to mean the same as the original, which
``tests/equivalent_mutants.txt`` holds with the reason, are counted apart. The share is that of the others.
"""

import argparse
import ast
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutated import Mutant, mutants, reviewed

PACKAGES = ("common", "nlp", "speech", "tests", "vision")
COPIED = (*PACKAGES, "pyproject.toml", "README.md", "run_all.py")
EQUIVALENT = Path("tests/equivalent_mutants.txt")
SLOWEST = 10
LOG, IMPORTED = "pytest.log", "imported.log"


def tests_of(module: Path, own: bool) -> tuple[str, ...]:
    """Return the files of tests that may notice a change of a module, those that will first."""
    start = f"test_{'_'.join(module.parts[:-1])}"
    package = sorted(map(str, Path("tests").glob(f"{start}_*.py"))) if len(module.parts) > 2 else []
    mine = sorted(map(str, Path("tests").glob(f"{start}_{module.stem}*.py")))
    if not mine:
        importing = _importing(module)
        mine = [name for name in importing if name in package] or importing
    return tuple(dict.fromkeys([str(module), *mine, *([] if own else package)]))


def _importing(module: Path) -> list[str]:
    """Return the tests that import a module, then those that import a module which does."""
    name = ".".join(module.with_suffix("").parts)
    tests = sorted(Path("tests").glob("test_*.py"))
    between = {one for one in _modules() if name in _imports(Path(f"{one.replace('.', '/')}.py"))}
    return [str(file) for wanted in ({name}, between) for file in tests if wanted & _imports(file)]


@cache
def _modules() -> list[str]:
    return [".".join(file.with_suffix("").parts) for one in PACKAGES[:-2] for file in Path(one).rglob("*.py")]


@cache
def _imports(file: Path) -> frozenset[str]:
    """Return the modules that a file imports, and what it takes from them, by full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(found)


def seconds_of(tests: tuple[str, ...], longest: float) -> float | None:
    """Run tests in a process of their own; return its CPU seconds, or None if one failed or they took too long."""
    started = time.monotonic()
    process = os.fork()
    if process == 0:
        _test(tests, longest)
    while time.monotonic() - started < SLOWEST * longest:
        time.sleep(0.02)
        found, status, used = os.wait4(process, os.WNOHANG)
        if found:
            return None if status else used.ru_utime + used.ru_stime
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None


def _test(tests: tuple[str, ...], longest: float) -> None:
    import pytest

    os.setpgrp()
    resource.setrlimit(resource.RLIMIT_CPU, (int(longest), int(longest)))
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for name in [name for name in sys.modules if name.split(".")[0] in PACKAGES]:
        del sys.modules[name]  # imported from the tree that is not changed
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of libraries that are imported already
    code = 1
    try:
        code = pytest.main([*options, *tests])
        Path(IMPORTED).write_text("\n".join(sys.modules))
    finally:
        sys.stdout.flush()
        os._exit(min(int(code), 1))


@cache
def usual(tests: tuple[str, ...]) -> float:
    """Return the CPU seconds that tests take without any change, and import here the libraries that they import.

    Without any test, or with one that fails, this ends here: nothing could be said of a change.
    """
    found = seconds_of(tests, 3600)
    if found is None:
        said = Path(LOG).read_text().strip().splitlines() or ["there is none"]
        sys.exit(f"error: no test of {' '.join(tests)} passes without a change ({said[-1]}); omit --own, or write one")
    for name in Path(IMPORTED).read_text().split("\n"):
        if name.split(".")[0] not in PACKAGES:
            with suppress(ImportError, AttributeError, ValueError):
                __import__(name)
    return found


def killed(mutant: Mutant, own: bool) -> bool:
    """Return whether a test notices a change."""
    tests = tests_of(mutant.module, own)
    longest = SLOWEST * usual(tests) + 20
    whole = mutant.module.read_text(encoding="utf-8")
    mutant.module.write_text(mutant.changed[0], encoding="utf-8")
    try:
        return seconds_of(tests, longest) is None
    finally:
        mutant.module.write_text(whole, encoding="utf-8")


@dataclass
class Score:
    """What became of the mutants of a package."""

    place: Path
    all: int
    tried: int = 0
    killed: int = 0
    equivalent: int = 0

    def __str__(self) -> str:
        share = self.killed / max(self.tried - self.equivalent, 1)
        left = self.tried - self.equivalent - self.killed
        return f"{self.place!s:28}{self.all:8}{self.tried:8}{self.killed:8}{self.equivalent:12}{left:10}{share:8.1%}"


def scores(places: list[Path], sample: int, seed: int, own: bool) -> Iterator[Score]:
    """Yield the score of each package or module, and print its survivors meanwhile."""
    known = reviewed(EQUIVALENT)
    for place in places:
        every = list(mutants(place))
        score = Score(place, len(every))
        for mutant in random.Random(seed).sample(every, min(sample or len(every), len(every))):
            score.tried += 1
            if mutant.told in known:
                score.equivalent += 1
            elif killed(mutant, own):
                score.killed += 1
            else:
                print(f"{mutant.told}    line {mutant.changed[1]}, {score.tried} tried", flush=True)
        yield score


def main() -> int:
    """Print the survivors and a table of the packages."""
    parser = argparse.ArgumentParser(description="change one thing in a module and see whether its tests notice")
    parser.add_argument("places", nargs="+", type=Path, help="folders of modules, or modules")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants of each, drawn; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--own", action="store_true", help="only the module's own tests")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        for name in COPIED:
            copy = shutil.copytree if Path(name).is_dir() else shutil.copy
            copy(name, Path(folder, name))
        os.chdir(folder)
        sys.path[:] = [folder, *sys.path[1:]]
        sys.dont_write_bytecode = True
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        for cached in list(Path().rglob("__pycache__")):
            shutil.rmtree(cached)
        found = list(scores(asked.places, asked.sample, asked.seed, asked.own))
    head = f"{'package':28}{'mutants':>8}{'tried':>8}{'killed':>8}{'equivalent':>12}{'survived':>10}{'share':>8}"
    print(head, *found, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
