"""A run that dies at any operation on files goes on to the same rows, leaves nothing behind, and shows no traceback."""

import re
import subprocess
import sys

import pytest

from common.base.project import ROOT


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
