"""Which code, versions and machine a figure comes from."""

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
        "store.provenance",
        "store.run_folder",
    )
}
"""Modules that a task's code refers to and that cannot change what a model says or a probe scores."""

DOWNSTREAM = frozenset({*HARMLESS, "common.detector"})
"""For a training: and what works on the model when it is trained."""

PROBE_DOWNSTREAM = frozenset({*HARMLESS, "common.experiment", "common.encoded", "common.probed"})
"""For a probe: and what its training's own key stands for."""


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide what a model computes."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def commit() -> str:
    """Return the checkout's commit, with ``+changes`` if its code differs or is added to; ``unknown`` outside one."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+changes" if _git("status", "--porcelain", "--", "*.py", "pyproject.toml") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip()


@cache
def code_hash(modules: tuple[str, ...], downstream: frozenset[str] = DOWNSTREAM) -> str:
    """Return a hash of the named project modules and of every project module that they import, however deep.

    It is of what they do: comments, docstrings and layout do not count. Imports of ``downstream`` modules are not
    followed.
    """
    digest = hashlib.sha256()
    for module in sorted(_closure(modules, downstream)):
        digest.update(f"{module}\0{ast.dump(_parsed(module))}".encode())
    return digest.hexdigest()[:16]


@cache
def _parsed(module: str) -> ast.Module:
    """Return a module's syntax without docstrings and without what is imported for type checkers alone."""
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
