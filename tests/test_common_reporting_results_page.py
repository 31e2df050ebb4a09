"""RESULTS.md holds what recorded runs say of themselves, and nothing else."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from common.base.errors import UserError
from common.base.project import ROOT
from common.detectors.energy import DETECTOR as ENERGY
from common.detectors.msp import DETECTOR as MSP
from common.reporting import results_page as module
from common.reporting.recorded import read_recorded, record_run, without_local_paths
from common.reporting.report import write_report
from common.reporting.results_page import results_page, run_section
from common.reporting.summary import CHANGED
from common.store.outputs import OodKey, Outputs, TaskOutputs
from common.store.rows import read_rows
from common.store.run_record import read_record, write_record
from common.user_logits import evaluate_user_outputs


@pytest.fixture
def out(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    test = Outputs(3 * rng.normal(size=(200, 4)).astype(np.float32), labels=rng.integers(0, 4, 200))
    ood = {
        key: Outputs(rng.normal(size=(100, 4)).astype(np.float32))
        for key in (OodKey("noise", 10.0), OodKey("noise", 5.0, primary=False), OodKey("Letters", primary=False))
    }
    evaluate_user_outputs("mine", TaskOutputs(test, ood, {}), [MSP, ENERGY], tmp_path / "out")
    changed(tmp_path / "out", commit="0123456789ab")
    return tmp_path / "out"


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    return tmp_path / "recorded"


def changed(out: Path, **changes: object) -> None:
    write_record(out / "run.json", replace(read_record(out / "run.json"), **changes))


def test_the_page_names_command_date_device_and_commit_of_every_run(out: Path, recorded: Path) -> None:
    record_run(out, "one", recorded)
    record_run(out, "two", recorded)
    page = results_page(recorded)
    assert page.count("Command: python -m common.evaluate") == 2
    for wanted in ("Date: 20", "Device: none", "Commit: ", "| noise |", "# Results"):
        assert wanted in page


@pytest.mark.parametrize("commit", ["0123456789ab+changes", "unknown", ""])
def test_figures_of_code_that_no_commit_holds_are_not_recorded(out: Path, recorded: Path, commit: str) -> None:
    changed(out, commit=commit)
    with pytest.raises(UserError, match="no commit"):
        record_run(out, recorded=recorded)
    assert not recorded.exists()


def test_a_recorded_run_shows_all_that_the_whole_run_shows(out: Path, recorded: Path) -> None:
    folder = record_run(out, recorded=recorded)
    changed(out, command=read_record(folder / "run.json").command)
    shown = run_section(read_record(folder / "run.json"), read_rows(folder / "results.jsonl"))
    assert shown == run_section(read_record(out / "run.json"), read_rows(out / "results.jsonl"))


def test_a_recorded_run_is_small_and_names_its_task(out: Path, recorded: Path) -> None:
    folder = record_run(out, recorded=recorded)
    assert folder.name == "own-mine"
    sizes = [(one / "results.jsonl").stat().st_size for one in (folder, out)]
    assert sizes[0] < sizes[1] / 3
    assert read_record(folder / "run.json").curves == ()
    assert {row.detector for row in read_rows(folder / "results.jsonl")} == {"msp"}, "the page shows no other"


def test_a_run_recorded_again_takes_the_place_of_the_first(out: Path, recorded: Path) -> None:
    record_run(out, "mine", recorded)
    changed(out, date="2001-01-01")
    record_run(out, "mine", recorded)
    assert [one.record.date for one in read_recorded(recorded)] == ["2001-01-01"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("run_all.py --data-dir /home/me --out=/tmp/x", "run_all.py --data-dir DIR --out DIR"),
        ("run_all.py --out '/home/my files/x' --seeds 3", "run_all.py --out DIR --seeds 3"),
        ("x ~/in.npz --ood a=../b.npz --model hf:org/name", "x in.npz --ood a=b.npz --model hf:org/name"),
        ("run_all.py --task nlp/imdb --weights w/a.safetensors", "run_all.py --task nlp/imdb --weights a.safetensors"),
    ],
)
def test_local_paths_are_removed_from_the_command(typed: str, kept: str) -> None:
    assert without_local_paths(typed) == kept


def test_local_paths_are_removed_from_what_did_not_run(out: Path, recorded: Path) -> None:
    record = json.loads((out / "run.json").read_text())
    record["not_run"] = [{"what": "nlp/imdb", "why": "/home/me/data/imdb.parquet cannot be read", "remedy": ""}]
    (out / "run.json").write_text(json.dumps(record))
    record_run(out, recorded=recorded)
    assert "nlp/imdb: imdb.parquet cannot be read" in results_page(recorded)


def test_headings_keep_their_order_below_the_page_title(out: Path, recorded: Path) -> None:
    record_run(out, recorded=recorded)
    levels = [len(line.split(" ")[0]) for line in results_page(recorded).splitlines() if line.startswith("#")]
    assert levels[:3] == [1, 2, 3] and set(levels[3:]) == {2, 3, 4}
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_tasks_without_a_run_of_the_published_budget_are_named(out: Path, recorded: Path) -> None:
    record = read_record(out / "run.json")
    task = replace(record.task("own/mine"), name="vision/cifar10")
    record_run(out, "quick", recorded)
    changed(out, profile="paper", device="gpu", tasks={"vision/cifar10": task})
    record_run(out, "paper", recorded)
    line = next(line for line in results_page(recorded).splitlines() if line.startswith("Devices: gpu, none."))
    assert "nlp/reuters8" in line and "vision/cifar10," not in line


def test_the_command_records_runs_and_writes_the_page_of_all(out: Path, recorded: Path, tmp_path: Path) -> None:
    import typer

    app = typer.Typer()
    app.command()(module.main)
    to = tmp_path / "RESULTS.md"
    given = ["--recorded", str(recorded), "--to", str(to)]
    assert CliRunner().invoke(app, [str(out), "--name", "first", *given]).exit_code == 0
    shutil.rmtree(out)
    first = to.read_text()
    assert CliRunner().invoke(app, given).exit_code == 0
    assert to.read_text() == first and "| noise |" in first, "the page needs the recorded files alone"


@pytest.mark.slow
def test_the_page_of_the_repository_is_that_of_its_recorded_runs() -> None:
    written = (ROOT / "RESULTS.md").read_text(encoding="utf-8")
    assert results_page() == written, "write it anew: python -m common.reporting.results_page"


def test_an_unfinished_run_is_not_recorded(out: Path, recorded: Path) -> None:
    changed(out, finished=False)
    with pytest.raises(UserError, match="is unfinished; continue it with the same command"):
        record_run(out, recorded=recorded)


def test_a_folder_without_a_run_is_one_clear_line(tmp_path: Path, recorded: Path) -> None:
    with pytest.raises(UserError, match=r"run\.json is missing"):
        record_run(tmp_path, recorded=recorded)


def edited(folder: Path) -> None:
    """Write the rows in another order: well-formed, and not those of the record."""
    lines = (folder / "results.jsonl").read_text().splitlines(keepends=True)
    (folder / "results.jsonl").write_text("".join(reversed(lines)))


def test_rows_that_are_not_those_of_the_record_are_not_recorded(out: Path, recorded: Path) -> None:
    edited(out)
    with pytest.raises(UserError, match=r"results\.jsonl does not belong to run\.json"):
        record_run(out, recorded=recorded)


def test_the_page_says_where_rows_are_not_those_of_the_record(out: Path, recorded: Path) -> None:
    for name in ("one", "two"):
        record_run(out, name, recorded)
    assert CHANGED not in results_page(recorded)
    edited(recorded / "one")
    assert results_page(recorded).count(CHANGED) == 1


def test_every_recorded_run_of_the_repository_agrees_with_its_record() -> None:
    assert not any(one.changed for one in read_recorded())


def test_a_report_of_edited_rows_says_so_on_every_page_and_no_card_is_written(out: Path) -> None:
    edited(out)
    said = write_report(out)
    assert CHANGED in " ".join(said.split())
    assert CHANGED in (out / "report.md").read_text() and CHANGED in (out / "report.html").read_text()
    with pytest.raises(UserError, match="no card is written: WARNING: results.jsonl does not belong to run.json"):
        write_report(out, formats=("md", "card"))
