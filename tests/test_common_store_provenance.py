"""Provenance: a figure names the commit, and says so where the code was not that of the commit."""

import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from common.store import provenance
from common.store.provenance import _closure, code_hash, commit, versions

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


def test_the_code_hash_follows_imports_and_leaves_reports_out() -> None:
    assert (
        code_hash(("common.training.loop",))
        == code_hash(("common.training.loop",))
        != code_hash(("common.training.predict",))
    )
    closure = _closure(("common.experiment",))
    assert {"common.data.sources", "common.store.outputs", "common.task"} <= closure
    assert not closure & {
        "common.reporting.report",
        "common.metrics.detection",
        "common.metrics.logit_scores",
        "common.cli.run_all",
        "common.evaluate",
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of four modules: a imports b in the one way and c in the other, b imports harmless."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    caches = (provenance.code_hash, provenance._dump, provenance._parsed, provenance._imports)
    (tmp_path / "p").mkdir()
    (tmp_path / "p/a.py").write_text("import p.b\nfrom p import c, nothing\nfrom . import x\nimport os\n")
    (tmp_path / "p/b.py").write_text("from p.harmless import y\ny = 1\n")
    (tmp_path / "p/c.py").write_text("z = 1\n")
    (tmp_path / "p/harmless.py").write_text("import p.far\n")
    (tmp_path / "p/far.py").write_text("")
    for one in caches:
        one.cache_clear()
    yield tmp_path / "p"
    for one in caches:
        one.cache_clear()


HARMLESS = frozenset({"p.harmless"})


def hashed() -> str:
    """The hash of a as a new process computes it."""
    for one in (provenance.code_hash, provenance._dump, provenance._parsed, provenance._imports):
        one.cache_clear()
    return code_hash(("p.a",), HARMLESS)


def test_a_module_s_code_is_its_own_and_that_of_what_it_imports_in_any_way(project: Path) -> None:
    assert _closure(("p.a",), HARMLESS) == {"p.a", "p.b", "p.c"}
    before = hashed()
    assert len(before) == 16
    for name in ("a", "b", "c"):
        text = (project / f"{name}.py").read_text()
        (project / f"{name}.py").write_text(f"{text}more = 1\n")
        assert hashed() != before, name
        (project / f"{name}.py").write_text(text)
    (project / "harmless.py").write_text("import p.far\nmore = 1\n")
    assert hashed() == before


CODE = "class A:\n    def f(self):\n        return 1\n"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("# said\n" + CODE, True),
        ('"""Said."""\n' + CODE, True),
        ('class A:\n    """Said."""\n    def f(self):\n        return 1\n', True),
        ('class A:\n    def f(self):\n        """Said."""\n        return 1\n', True),
        ("if TYPE_CHECKING:\n    import p.far\n" + CODE, False),
        (CODE + "if OTHER:\n    x = 1\n", False),
        (CODE.replace("1", "2"), False),
    ],
)
def test_comments_docstrings_and_what_types_import_are_no_code(project: Path, text: str, same: bool) -> None:
    (project / "c.py").write_text(CODE)
    before = hashed()
    (project / "c.py").write_text(text)
    assert (hashed() == before) == same
    assert "p.far" not in _closure(("p.a",), HARMLESS)


def test_what_an_if_holds_is_code_unless_only_types_need_it(project: Path) -> None:
    found = []
    for name, body in (("OTHER", "x = 1"), ("OTHER", "x = 2"), ("TYPE_CHECKING", "x = 1"), ("TYPE_CHECKING", "x = 2")):
        (project / "c.py").write_text(f"if {name}:\n    {body}\nif 1 < 2:\n    {body[0]} = 3\n")
        found.append(hashed())
    assert len(set(found[:2])) == 2 and len(set(found[2:])) == 1
