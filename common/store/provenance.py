"""Provenance of figures: code, commit and library versions."""

import ast
import hashlib
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

from common.base.project import ROOT

PACKAGES = ("torch", "torchvision", "torchaudio", "transformers", "scikit-learn", "numpy", "scipy", "pillow")
HARMLESS = {
    f"common.{name}"
    for name in (
        "base.errors",
        "base.exits",
        "base.progress",
        "base.project",
        "cli.run_all",
        "data.download",
        "discover",
        "metrics.logit_scores",
        "store.object_store",
        "store.provenance",
        "store.run_folder",
    )
}
"""Modules that a task's code imports but that cannot change a model's outputs or a probe's scores."""

DOWNSTREAM = frozenset({*HARMLESS, "common.detector"})
"""Modules left out of the code hash of a training: also those that run after the training."""

PROBE_DOWNSTREAM = frozenset({*HARMLESS, "common.experiment", "common.encoded", "common.probed"})
"""Modules left out of the code hash of a probe: also those that the key of its training covers."""


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that affect a model's outputs."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


CHANGES = "+changes"
"""Behind a commit: the code that ran is not that commit's."""


@cache
def commit() -> str:
    """Return the commit, with ``+changes`` if its code was changed or added to; ``unknown`` outside a checkout."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + (CHANGES if _git("status", "--porcelain", "--", "*.py", "pyproject.toml") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip()


@cache
def code_hash(modules: tuple[str, ...], downstream: frozenset[str] = DOWNSTREAM) -> str:
    """Return a hash of the named project modules and of all project modules that they import, also indirectly.

    The hash does not depend on comments, docstrings and formatting. Imports of ``downstream`` modules are not followed.
    """
    digest = hashlib.sha256()
    for module in sorted(_closure(modules, downstream)):
        digest.update(_dump(module))
    return digest.hexdigest()[:16]


@cache
def _dump(module: str) -> bytes:
    """Return what of a module goes into hashes; cached, since most modules are part of many."""
    return f"{module}\0{ast.dump(_parsed(module))}".encode()


@cache
def _parsed(module: str) -> ast.Module:
    """Return a module's syntax tree without docstrings and without ``if TYPE_CHECKING`` blocks."""
    tree = ast.parse(_file_of(module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    return tree


def _closure(modules: tuple[str, ...], downstream: frozenset[str] = DOWNSTREAM) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += _imports(module) - downstream
    return found


@cache
def _imports(module: str) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in names if _file_of(name).is_file())


def _file_of(module: str) -> Path:
    return ROOT / f"{module.replace('.', '/')}.py"
