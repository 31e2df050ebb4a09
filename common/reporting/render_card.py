"""Model cards: the figures of a trained model as the ``model-index`` of a model card of the Hugging Face Hub.

A card is a file with a block of YAML between lines of ``---`` and a text below; it is the README.md of a model on the
Hub, or its block is copied into one. Source of the format: github.com/huggingface/hub-docs, modelcard.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.reporting.document import Cell, Document, Section, Table, percent
from common.reporting.file_names import file_name
from common.reporting.recorded import without_local_paths
from common.reporting.render_html import slug
from common.reporting.render_text import markdown
from common.reporting.task_results import TaskResults, TrainedModel, name_of
from common.store.files import write_text
from common.store.rows import WITH_INTERVAL, Row
from common.store.run_record import RunRecord
from common.store.seed_means import SeedMean

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

CARDS = "cards"
"""Folder in the output folder with a file a trained model."""

TASK_TYPES = {"vision": "image-classification", "nlp": "text-classification", "speech": "audio-classification"}
"""The Hub's names of what our modalities do, by modality."""
ROW_TYPES = {"token": "token-classification", "frame": "automatic-speech-recognition"}
"""Those of tasks whose examples are sequences, by the name of a row."""
UNKNOWN = "classification"
"""The type of a model of one's own, of which nothing but its outputs is known."""

METRICS = {
    "auroc": ("roc_auc", "AUROC"),
    "ap_negative": ("average_precision", "average precision, wrong or OOD to find"),
    "fpr95_in": ("fpr95", "FPR at 95 % TPR"),
    "aurc": ("aurc", "area under the risk-coverage curve"),
    "ece": ("expected_calibration_error", "expected calibration error, 15 bins"),
}
"""Type and name of each figure on the Hub, by the field of a row. Figures are fractions."""
DIGITS = 6


def write_cards(record: RunRecord, tasks: Sequence[TaskResults], out: Path) -> None:
    """Write a card for every trained model to ``OUT/cards``; cards of an earlier report are deleted.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    for old in (out / CARDS).glob("*.md"):
        old.unlink()
    taken: set[str] = set()
    for results in tasks:
        for trained in results.trained_models:
            name = file_name(f"{results.record.name} {results.label(trained)}", taken)
            write_text(out / CARDS / f"{name}.md", card(record, results, trained))


def card(record: RunRecord, results: TaskResults, trained: TrainedModel) -> str:
    """Return the card of a trained model: its block of metadata and its text."""
    from huggingface_hub import ModelCardData

    found = list(eval_results(results, trained))
    data = ModelCardData(model_name=trained.model, eval_results=found)
    return f"---\n{data.to_yaml()}\n---\n\n{markdown(_text(record, results, found))}"


def eval_results(results: TaskResults, trained: TrainedModel) -> Iterator["EvalResult"]:
    """Yield the accuracy of a trained model, and the figures of its leading scores on both questions."""
    about = _about(results)
    error = results.error(trained)
    if error is not None and results.record.error_name == "test error":
        yield _result(about, None, "accuracy", "accuracy", 1 - error.mean)
    for detector in results.leading_detectors(trained):
        one = results.right_wrong(trained, detector)
        yield from _of_question(about, one, "right against wrong") if one else ()
        for key in results.primary_sets(trained):
            found = results.ood(trained, detector, key)
            yield from _of_question(about, found, name_of(key)) if found else ()


def _about(results: TaskResults) -> dict[str, Any]:
    record, row = results.record, results.rows[0]
    kind = ROW_TYPES.get(record.row_name) or TASK_TYPES.get(row.modality, UNKNOWN)
    return {"task_type": kind, "dataset_type": slug(row.in_dist) or "unnamed", "dataset_name": row.in_dist}


def _of_question(about: Mapping[str, Any], one: SeedMean, against: str) -> Iterator["EvalResult"]:
    """Yield the figures of one score on one question, with its options as arguments of the metric."""
    row = one.row
    asked = "right against wrong" if row.question == "misclassification" else f"{row.in_dist} against {against}"
    named = {**about, "dataset_config": against, "dataset_name": f"{about['dataset_name']}: {asked}"}
    for field, (kind, name) in METRICS.items():
        value = one.mean(field)
        if value is not None:
            yield _result(named, _arguments(row, one, field), kind, f"{name} ({row.detector})", value)


def _arguments(row: Row, one: SeedMean, field: str) -> dict[str, Any]:
    """Return what a figure depends on: the score, whom it is about, its base rate or interval, and the seeds."""
    said: dict[str, Any] = {"score": row.detector, "population": row.population, "seeds": len(one.seeds)}
    if field == "ap_negative":
        said["base_rate"] = one.mean("base_negative")
    if field in WITH_INTERVAL and (low := one.mean(f"{field}_low")) != (high := one.mean(f"{field}_high")):
        said |= {"low": low, "high": high}
    return {name: _rounded(value) for name, value in said.items() if value is not None}


def _rounded(value: object) -> object:
    return round(value, DIGITS) if isinstance(value, float) else value


def _result(about: Mapping[str, Any], given: dict[str, Any] | None, kind: str, name: str, value: float) -> "EvalResult":
    from huggingface_hub import EvalResult

    return EvalResult(**about, metric_type=kind, metric_name=name, metric_value=round(value, DIGITS), metric_args=given)


def _text(record: RunRecord, results: TaskResults, found: Sequence["EvalResult"]) -> Document:
    """Return the text of a card: how its figures were made, and the figures."""
    rows = tuple(
        (Cell(one.dataset_name), Cell(one.metric_name or ""), Cell(percent(one.metric_value))) for one in found
    )
    unknown = "" if results.rows[0].modality in TASK_TYPES else "Set task.type and dataset.type to the Hub's names. "
    made = f"Made by: {without_local_paths(record.command)}. Date: {record.date}. Commit: {record.commit}."
    note = (
        "AUROC: 50 is chance, whatever the share of each side. Average precision depends on that share: the base rate"
        " stands in the block above, as do 95 % intervals (low, high). Figures are percent here and fractions there."
    )
    table = Table("Measured", ("data", "figure", "%"), rows, notes=(note,))
    return Document(
        title=f"How far can the confidence of {results.rows[0].model} be trusted?",
        headline=(unknown + made,),
        summary=(Section("Evaluation", (table,)),),
        tasks=(),
        closing=(),
    )
