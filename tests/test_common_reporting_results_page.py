"""RESULTS.md holds what finished runs say of themselves, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.detectors.msp import DETECTOR
from common.reporting.results_page import record
from common.store.outputs import Outputs, TaskOutputs
from common.user_logits import evaluate_outputs


@pytest.fixture
def out(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    test = Outputs(3 * rng.normal(size=(200, 4)).astype(np.float32), labels=rng.integers(0, 4, 200))
    ood = {("noise", None): Outputs(rng.normal(size=(100, 4)).astype(np.float32))}
    evaluate_outputs("mine", TaskOutputs(test, ood, {}), [DETECTOR], tmp_path / "out")
    return tmp_path / "out"


def test_the_page_names_command_date_device_and_commit_of_every_run(out: Path) -> None:
    page = record([out, out])
    assert page.count("Command: python -m common.evaluate") == 2
    for wanted in ("Date: 20", "Device: none", "Commit: ", "| noise |", "# Results"):
        assert wanted in page


def test_the_folders_of_a_machine_are_left_out(out: Path) -> None:
    run = out / "run.json"
    run.write_text(run.read_text().replace('"command": "', '"command": "run_all.py --data-dir /home/me --out=/tmp/x '))
    page = record([out])
    assert "--data-dir DIR --out DIR" in page and "/home/me" not in page and "/tmp/x" not in page


def test_headings_keep_their_order_below_the_page_title(out: Path) -> None:
    levels = [line.split(" ")[0] for line in record([out]).splitlines() if line.startswith("#")]
    assert levels[:3] == ["#", "##", "###"] and set(levels[3:]) <= {"###", "####"}


def test_tasks_that_were_not_measured_with_the_published_budget_are_named(out: Path) -> None:
    line = next(line for line in record([out]).splitlines() if line.startswith("Devices: none."))
    assert "vision/cifar10" in line and "nlp/reuters8" in line


def test_sections_of_other_runs_stay_and_those_of_the_same_command_are_made_anew(out: Path) -> None:
    other = (
        "## nlp/imdb\n\nCommand: run_all.py --task imdb --profile paper. Date: 2001-01-01. Device: gpu. Commit: a.\n"
    )
    page = f"# Results\n\nold words\n\n{other}"
    once = record([out], page)
    assert other in once and "old words" not in once and "Devices: gpu, none." in once
    line = next(line for line in once.splitlines() if line.startswith("Devices:"))
    assert "nlp/imdb" not in line and "nlp/sst" in line
    assert record([out], once) == once
    assert record([], once) == once


def test_a_folder_without_a_run_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run.json is missing"):
        record([tmp_path])
