"""All scores and tasks at a glance: AUROC minus that of the MSP, near and far OOD sets apart, grouped by family."""

from collections.abc import Mapping, Sequence

from common.reporting.differences import BASELINE, MeanDifference, error_rows, from_msp, mean_difference, ood_rows
from common.reporting.document import Cell, Table, points
from common.reporting.task_results import TaskResults
from common.store.rows import Row

FAMILIES = {"supervised": "supervised", "one-class": "one-class", "unsupervised": "unsupervised"}
"""Titles of the families, in the order of the taxonomy of anomaly detection."""

SHADES = (0.5, 2.0, 5.0, 10.0)
"""Differences in points from which on a cell has the next shade."""

Column = tuple[str, list[Row]]


def heat_map(tasks: Sequence[TaskResults], families: Mapping[str, str]) -> Table | None:
    """Return one row a score and one column a task and question; None where the MSP ran alone.

    Args:
        tasks: of the run; of each, its first trained model.
        families: of detectors, by name; those without are shown last.
    """
    columns = [column for results in tasks for column in _columns(results)]
    detectors = list(dict.fromkeys(row.detector for _, rows in columns for row in rows if row.detector != BASELINE))
    rows: list[tuple[Cell, ...]] = []
    for family in (*FAMILIES, ""):
        own = [name for name in detectors if families.get(name, "") == family]
        shown = [(name, [mean_difference(from_msp(found, name)) for _, found in columns]) for name in own]
        shown = [(name, means) for name, means in shown if any(means)]
        if shown and any(families.values()):
            rows.append((Cell(FAMILIES.get(family, "others"), strong=True), *(Cell("") for _ in columns)))
        rows += [(Cell(name), *map(_cell, means)) for name, means in shown]
    if not rows:
        return None
    return Table(
        caption="Every score against the MSP: difference of AUROC in points",
        columns=("score", *(name for name, _ in columns)),
        rows=tuple(rows),
        notes=(
            "Each task's first way of training; means over OOD sets and seeds. Bold: the paired 95 % interval of the "
            "difference leaves zero (its half-width is the mean of those of the sets, as if all moved together); among "
            "many cells, up to one in twenty does so by chance.",
            "Supervised scores learn from labels of classes, or read logits that did; one-class ones from training "
            "examples without labels; unsupervised ones describe features or inputs.",
            "near: sets of the same kind of content, such as held-out classes or another script; far: the others.",
        ),
    )


def _columns(results: TaskResults) -> list[Column]:
    name, trained = results.record.name, results.trained_models[0]
    found = [(f"{name} right / wrong", error_rows(results, trained))]
    near, far = (ood_rows(results, trained, distance) for distance in ("near", "far"))
    if near and far:
        found += [(f"{name} near OOD", near), (f"{name} far OOD", far)]
    else:
        found.append((f"{name} OOD", ood_rows(results, trained)))
    return [(label, rows) for label, rows in found if rows]


def _cell(mean: MeanDifference | None) -> Cell:
    if mean is None:
        return Cell("")
    difference = 100 * mean.value
    size = sum(abs(difference) >= start for start in SHADES)
    return Cell(points(difference), strong=mean.leaves_zero, shade=size if difference > 0 else -size)
