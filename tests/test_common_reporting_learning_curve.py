"""A learning curve changes the training set and nothing else: data, steps, names of rows, and the other tables."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from common.data.locations import Folders
from common.discover import load_task, task_names
from common.evaluate import evaluate
from common.experiment import Experiment, RunOptions
from common.reporting.document import Document, Plots, Table
from common.reporting.learning_curve import error_by_doubling
from common.reporting.published import training_examples
from common.reporting.render_text import markdown, terminal
from common.reporting.report import build
from common.reporting.results_page import main_tables
from common.selection import Selection
from common.store.rows import FIGURES, Row, read_rows
from common.store.run_record import RunRecord, TaskRecord
from common.task import Budget

TASK = "nlp/reuters8"
BUDGET = Budget(epochs=30, batch_size=128, learning_rate=1e-3, schedule="steps", decay_at=(20,))


def steps(budget: Budget, batched: int) -> int:
    return budget.epochs * math.ceil(batched / budget.batch_size)


@pytest.mark.parametrize("size", [1, 15, 100, 129, 2000, 59_999])
def test_as_many_steps_are_taken_on_a_part_as_on_the_whole(size: int) -> None:
    on_part = BUDGET.on(size, full_size=60_000, batched=60_000)
    assert on_part.examples == size
    assert abs(steps(on_part, size) - steps(BUDGET, 60_000)) <= math.ceil(size / BUDGET.batch_size) / 2
    assert on_part.decay_at[0] / on_part.epochs == pytest.approx(20 / 30, abs=0.02)


def test_steps_are_counted_in_what_batches_are_made_of() -> None:
    frames = BUDGET.on(15, full_size=120, batched=120 * 300)
    assert abs(steps(frames, 15 * 300) - steps(BUDGET, 120 * 300)) <= math.ceil(15 * 300 / 128) / 2


def test_what_is_held_back_to_choose_the_epoch_takes_no_steps() -> None:
    budget = replace(BUDGET, validation=500, batch_size=10)
    assert (budget.validation_size(100), budget.validation_size(5000)) == (20, 500)
    assert budget.on(100, full_size=5000, batched=4500).epochs == round(30 * 450 / 8)


@pytest.mark.slow
def test_test_and_ood_sets_are_the_same_for_every_size(tmp_path: Path) -> None:
    options = RunOptions(folders=Folders((), tmp_path))
    whole = Experiment("vision/mnist", 1, options)
    part, smaller = (
        Experiment("vision/mnist", 1, options, reduced_budget=whole.budget.on(n, 4000, 4000)) for n in (100, 50)
    )
    assert (whole.data.facts["n_train"], part.data.facts["n_train"]) == (4000, 100)
    np.testing.assert_array_equal(part.data.test_samples.items, whole.data.test_samples.items)
    sets, same = dict(whole.data.ood_examples()), dict(part.data.ood_examples())
    assert len(sets) == 5 and list(sets) == list(same)
    assert all(torch.equal(sets[key].inputs, same[key].inputs) for key in sets)
    drawn = {image.tobytes() for image in part.data.train_samples.items}
    assert {image.tobytes() for image in smaller.data.train_samples.items} < drawn, "each set is a part of the next"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("curve")
    selection = Selection((TASK,), seeds=2, detectors=("msp",), examples=(100, 400, 1_000_000), required=True)
    evaluate(selection, RunOptions(out=out, folders=Folders((), out / "cache")))
    return out


@pytest.mark.slow
def test_every_size_has_the_rows_of_the_whole_under_its_own_number(finished: Path) -> None:
    rows = read_rows(finished / "results.jsonl")
    keys: dict[int | None, list[tuple[object, ...]]] = {}
    for row in rows:
        if row.train_examples is None and not row.primary:  # additional sets are evaluated on the whole alone
            continue
        assert row.primary == (row.train_examples is None)
        keys.setdefault(row.train_examples, []).append(
            (row.seed, row.question, row.out_dist, row.population, row.held_out)
        )
    assert set(keys) == {None, 100, 400}
    assert keys[100] == keys[400] == keys[None]


@pytest.mark.slow
def test_more_examples_mean_fewer_errors_on_real_news(finished: Path) -> None:
    by_size: dict[int | None, set[float | None]] = {}
    for row in read_rows(finished / "results.jsonl"):
        by_size.setdefault(row.train_examples, set()).add(row.error)
    whole, some, few = (max(by_size[name]) for name in (None, 400, 100))
    assert whole < some < few


@pytest.mark.slow
def test_a_size_that_is_no_smaller_than_the_whole_is_told_and_not_trained(finished: Path) -> None:
    record = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    told = [one["what"] for one in record["not_run"]]
    assert set(told) == {f"{TASK}: 1000000 training examples"}
    assert len(list(finished.glob("store/nlp/reuters8/*/meta.json"))) == 6
    assert len(record["curves"]) == 1, "plots show the task's own training"
    assert list(record["tasks"][TASK]["n_train"]) == ["0", "1"]


@pytest.mark.slow
def test_the_curve_stands_in_report_and_terminal_and_is_not_trained_twice(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Experiment, "trained", lambda *arguments: pytest.fail("a finished run trains nothing"))
    selection = Selection((TASK,), seeds=2, detectors=("msp",), examples=(100, 400), required=True)
    before = (finished / "results.jsonl").read_bytes()
    assert "Learning curve: smaller training sets" in evaluate(selection, RunOptions(out=finished)).report
    assert (finished / "results.jsonl").read_bytes() == before
    assert "Error over the size of the training set" in (finished / "report.html").read_text(encoding="utf-8")


ROW = Row(
    task="speech/timit_frames",
    modality="speech",
    seed=0,
    profile="paper",
    data="sample",
    objective="cross_entropy",
    detector="msp",
    question="misclassification",
    model="frame_mlp",
    held_out=None,
    in_dist="TIMIT",
    out_dist=None,
    population="all",
    n_positive=60,
    n_negative=40,
    **{**dict.fromkeys(FIGURES), "auroc": 0.77, "auroc_low": 0.75, "auroc_high": 0.79, "error": 0.37},
)
OOD = replace(ROW, question="ood", out_dist="noise", population="correct", auroc=0.9)
WHOLE = (ROW, OOD, replace(OOD, out_dist="tone", auroc=0.8), replace(OOD, out_dist="All", auroc=0.3))
FACTS = TaskRecord(
    ROW.task, "TIMIT frames", published="timit_frames", row_name="frame", error_name="frame error rate",
    n_train={"0": 120, "1": 120},
)  # fmt: skip
RUN = RunRecord("run", profile="paper", seeds=(0,), device="cpu", tasks={ROW.task: FACTS})


def on(size: int, error: float, rows: tuple[Row, ...] = WHOLE, **changes: object) -> tuple[Row, ...]:
    return tuple(replace(row, train_examples=size, primary=False, error=error, **changes) for row in rows)


CURVE = (*WHOLE, *on(60, 0.42), *on(15, 0.5), *on(30, 0.46))


def blocks(document: Document, kind: type, caption: str) -> list:
    return [one for one in document.tasks[0].blocks if isinstance(one, kind) and one.caption.startswith(caption)]


def learning_table(*rows: Row) -> Table:
    (table,) = blocks(build(RUN, rows), Table, "Learning curve: smaller training sets")
    return table


def test_rows_of_smaller_sets_leave_the_rest_of_the_report_as_it_was() -> None:
    plain, curved = build(RUN, WHOLE), build(RUN, CURVE)
    new = [*blocks(curved, Table, "Learning curve"), *blocks(curved, Plots, "Error over the size")]
    assert len(new) == 2
    kept = tuple(one for one in curved.tasks[0].blocks if one not in new)
    assert replace(curved, tasks=(replace(curved.tasks[0], blocks=kept),)) == plain


def test_lines_by_size_end_with_the_full_set_and_the_published_figure() -> None:
    table = learning_table(*CURVE)
    assert table.columns == ("training utterances", "frame error rate", "AUROC right / wrong", "AUROC OOD, mean")
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["15", "50.0", "77.0", "85.0"],
        ["30", "46.0", "77.0", "85.0"],
        ["60", "42.0", "77.0", "85.0"],
        ["120", "37.0", "77.0", "85.0"],
        ["3,696", "29.69", "76.14", ""],
    ]
    assert table.rows[3][0].note == "full" and table.rows[4][0].note == "authors' run"


def test_seeds_give_mean_and_spread() -> None:
    second = tuple(replace(row, seed=1, error=row.error + 0.02) for row in (*WHOLE, *on(15, 0.5)))
    table = learning_table(*WHOLE, *on(15, 0.5), *second)
    assert (table.rows[0][1].text, table.rows[0][1].note) == ("51.0", "± 1.4, 50.0–52.0")
    assert "± standard deviation over the seeds" in table.notes[0]


def test_a_column_that_no_line_fills_is_left_out() -> None:
    table = learning_table(OOD, *on(15, 0.5, (OOD,)))
    assert table.columns == ("training utterances", "frame error rate", "AUROC OOD, mean")
    assert [row[2].text for row in table.rows] == ["90.0", "90.0", ""]


def test_the_fall_with_each_doubling_is_the_least_squares_line() -> None:
    sizes, errors = [15.0, 30, 60, 120], [0.5, 0.46, 0.42, 0.37]
    wanted = np.polyfit(np.log2(sizes), errors, 1)
    assert error_by_doubling(zip(sizes, errors, strict=True)) == pytest.approx(tuple(wanted))
    there = 100 * np.polyval(wanted, np.log2(3696))
    said = learning_table(*CURVE).notes[1]
    assert f"over 4 sizes: each doubling of the training set reduces the error by {-100 * wanted[0]:.1f}" in said
    assert f"extrapolated linearly to the publication's 3,696 examples, this gives an error of {there:.1f} %" in said


def test_two_sizes_make_no_trend_and_a_rise_is_called_one() -> None:
    assert len(learning_table(*WHOLE, *on(15, 0.5)).notes) == 1
    assert "increases the error by" in learning_table(*WHOLE, *on(15, 0.3), *on(30, 0.3)).notes[1]
    steep = learning_table(*WHOLE, *on(15, 0.9), *on(30, 0.7)).notes[1]
    assert "this gives an error below zero" in steep


def test_the_plot_has_a_line_a_way_of_training_and_the_published_diamond() -> None:
    further = tuple(replace(row, objective="abnormality") for row in CURVE)
    (plots,) = blocks(build(RUN, (*CURVE, *further)), Plots, "Error over the size")
    (drawing,) = plots.drawings
    for said in ("training utterances", "frame error rate, %", "cross_entropy", "abnormality", "published", "3,696"):
        assert said in drawing
    assert len(blocks(build(RUN, (*CURVE, *further)), Table, "Learning curve")) == 2


@pytest.mark.parametrize("render", [markdown, terminal])
def test_the_table_is_shown_wherever_main_tables_are(render: Callable[[Document], str]) -> None:
    document = build(RUN, CURVE)
    shown = replace(document, tasks=tuple(map(main_tables, document.tasks)))
    assert "Learning curve: smaller training sets (msp)" in render(shown)
    assert "3,696 (authors' run)" in render(shown)


def test_facts_of_a_run_that_knows_no_sizes_still_give_a_table() -> None:
    facts = replace(RUN, tasks={ROW.task: replace(FACTS, n_train={})})
    (table,) = blocks(build(facts, CURVE), Table, "Learning curve")
    assert [row[0].text for row in table.rows] == ["15", "30", "60", "all", "3,696"]


def test_sizes_of_published_training_sets_belong_to_tasks_and_their_ways_of_training() -> None:
    known = [
        (name, objective)
        for name in task_names()
        for objective in load_task(name).objectives
        if training_examples("paper", load_task(name).published or name.split("/")[1], objective)
    ]
    assert len(known) == 6 and ("speech/timit_ctc", "ctc") in known
    assert training_examples("outlier-exposure", "mnist", "cross_entropy") is None
