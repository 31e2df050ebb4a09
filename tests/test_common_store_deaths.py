"""A run that dies at any operation on files goes on to the same rows, leaves nothing behind, and shows no traceback.

So do two that work in one folder at once.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from common.base.project import ROOT
from tests.small_runs import complaints, ended, start_anew


def died(*options: str) -> tuple[int, int]:
    """Let runs die and resume; return the numbers of operations and of deaths."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.dying_runs", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    found = re.search(r": (\d+) operations on files; died (\d+) times, 0 not as it should", done.stdout)
    assert found, done.stdout
    return int(found[1]), int(found[2])


def test_the_store_survives_every_death_at_every_operation() -> None:
    operations, deaths = died("--each-way")
    assert operations >= 30 and deaths > 3 * operations


@pytest.mark.slow
def test_a_run_survives_a_death_at_each_operation() -> None:
    operations, deaths = died("--task", "vision/mnist")
    assert operations >= 100 and deaths == operations


@pytest.mark.slow
@pytest.mark.parametrize("task", ["vision/mnist", "nlp/reuters8"])
def test_two_runs_at_once_in_one_folder_end_as_one_does(tmp_path: Path, task: str) -> None:
    assert ended(start_anew(task, tmp_path / "alone", tmp_path / "log")) == 0
    logs = [tmp_path / "log of one", tmp_path / "log of the other"]
    both = [start_anew(task, tmp_path / "shared", log) for log in logs]
    assert [ended(one) for one in both] == [0, 0]
    assert [complaints(tmp_path / "shared", tmp_path / "alone", log) for log in logs] == [[], []]
