"""Provenance: a figure names the commit, and says so where the code was not that of the commit."""

import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from common.store import provenance
from common.store.provenance import commit, versions

AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(("git", *AUTHOR, *arguments), cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one file, in the place of the project's."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code.py").write_text("1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    return tmp_path


def now() -> str:
    """What ``commit`` returns in a new process: it asks git once."""
    return commit.__wrapped__()


def test_a_clean_checkout_is_named_by_twelve_digits_of_its_commit(checkout: Path) -> None:
    assert now() == git(checkout, "rev-parse", "HEAD")[:12]


@pytest.mark.parametrize("change", ["code.py", "new.py", "pyproject.toml"])
def test_code_that_differs_from_the_commit_or_is_added_is_said(checkout: Path, change: str) -> None:
    head = now()
    (checkout / change).write_text("2\n")
    assert now() == f"{head}+changes"


def test_a_change_of_documents_and_results_is_no_change_of_the_code(checkout: Path) -> None:
    head = now()
    (checkout / "README.md").write_text("new\n")
    (checkout / "results.jsonl").write_text("")
    assert now() == head


def test_outside_a_checkout_the_commit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert now() == "unknown"
    monkeypatch.setenv("PATH", str(tmp_path))  # a machine without git
    assert now() == "unknown"


def test_versions_are_those_installed_and_a_missing_package_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package"))
    found = versions.__wrapped__()
    assert set(found) == {"python", "numpy"} and found["numpy"] == metadata.version("numpy")
