"""The documents a newcomer reads: every path is there, the code in them runs, and versions agree."""

import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from common.base.project import ROOT
from common.user_logits import app
from tests.mutated import reviewed
from tests.own_files import WRITERS, model

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", ".github/SECURITY.md"])
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    text = re.sub(r"```.*?```", "", read(document), flags=re.DOTALL)
    inside = r"(?<![\w/])(?:common|vision|nlp|speech|tests|\.github|\.ci)/"
    paths = {*re.findall(rf"{inside}[\w/]*(?:\.\w+|/)", text), *re.findall(r"[A-Z]+\.md|\.ci/run", text)}
    named = {path for path in paths if "NAME" not in path and not re.search(r"SECURITY\.md|runs/", path)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_the_example_of_a_detector_that_learns_passes_its_own_test() -> None:
    detector, test = re.findall(r"```python\n(.*?)```", read("CONTRIBUTING.md"), flags=re.DOTALL)
    assert detector.count("\n") < 60
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(detector + "\n\n" + test, "CONTRIBUTING.md", "exec"), names)
    checks = [value for name, value in names.items() if name.startswith("test_")]
    assert len(checks) == 1 and callable(checks[0])
    checks[0]()


def test_the_snippet_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (snippet,) = re.findall(r"```python\n(.*?)```", read("README.md"), flags=re.DOTALL)
    given = model(60, 3)
    names: dict[str, object] = {**given, "other": model(40, 3, seed=1)["logits"]}
    exec(compile(snippet + 'page = done.save("runs/mine")', "README.md", "exec"), names)
    assert (tmp_path / "runs/mine/report.html").is_file()


def test_every_command_on_logits_in_the_readme_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given, other = model(120, 3), model(60, 3, seed=1)["logits"]
    for name in ("in.npz", "in.csv", "in.parquet", "train.npz"):
        features = {"features": given["logits"]} if name.endswith(".npz") else {}
        WRITERS["file" + Path(name).suffix](tmp_path / name, given | features)
    np.save("logits.npy", given["logits"])
    np.save("labels.npy", given["labels"])
    np.save("out.npy", other)
    np.savez("out.npz", logits=other, features=other)
    np.savez("other_scores.npz", score=other.max(1))
    for suffix in ("parquet", "safetensors"):
        WRITERS[f"file.{suffix}"](tmp_path / f"out.{suffix}", {"logits": other, "labels": np.zeros(60, np.int64)})
    rows = zip(given["logits"].max(1), given["logits"].argmax(1) == given["labels"], strict=True)
    (tmp_path / "scores.tsv").write_text("score\tcorrect\n" + "".join(f"{s}\t{int(c)}\n" for s, c in rows))
    commands = re.findall(r"uv run python -m common.evaluate (.*?)(?: +#.*)?$", read("README.md"), flags=re.MULTILINE)
    assert len(commands) == 8
    for command in commands:
        result = CliRunner().invoke(app, shlex.split(command))
        expected = 2 if "--probabilities" in command else 0  # these are logits, and that is told
        assert result.exit_code == expected, (command, result.output)


def test_changelog_and_citation_name_the_projects_version_and_licence() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    releases = re.findall(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert releases[0] == (PROJECT["version"], str(citation["date-released"]))
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])


@pytest.mark.parametrize("form", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda form: form.stem)
def test_an_issue_form_has_a_name_a_description_and_fields_with_labels_and_ids_of_their_own(form: Path) -> None:
    content = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert content["name"] and content["description"]
    ids = [field["id"] for field in content["body"]]
    assert len(set(ids)) == len(ids) and all(field["attributes"]["label"] for field in content["body"])


def test_the_workflow_runs_the_one_script_on_every_python_that_the_project_supports() -> None:
    job = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]["check"]
    assert job["steps"][-1]["run"] == "bash .ci/run"
    assert PROJECT["requires-python"] == ">=3.11,<3.13" and job["strategy"]["matrix"]["python"] == ["3.11", "3.12"]


def test_every_change_that_was_found_to_mean_the_same_can_still_be_made_and_has_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert reviewed(ROOT / "tests" / "equivalent_mutants.txt")
