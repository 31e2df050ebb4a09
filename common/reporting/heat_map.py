"""All scores and tasks at a glance: AUROC minus that of the MSP, near and far OOD sets apart, grouped by family."""

from collections.abc import Collection, Mapping, Sequence

from common.metrics.comparison import holm
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
    table = {name: [mean_difference(from_msp(found, name)) for _, found in columns] for name in detectors}
    kept = _after_holm([mean for means in table.values() for mean in means if mean is not None])
    rows: list[tuple[Cell, ...]] = []
    for family in (*FAMILIES, ""):
        own = [name for name in detectors if families.get(name, "") == family]
        shown = [(name, table[name]) for name in own if any(table[name])]
        if shown and any(families.values()):
            rows.append((Cell(FAMILIES.get(family, "others"), strong=True), *(Cell("") for _ in columns)))
        rows += [(Cell(name), *(_cell(mean, kept) for mean in means)) for name, means in shown]
    if not rows:
        return None
    return Table(
        caption="Every score against the MSP: difference of AUROC in points",
        columns=("score", *(name for name, _ in columns)),
        rows=tuple(rows),
        notes=(
            "Each task's first way of training; means over OOD sets and seeds. Bold: the paired 95 % interval of the "
            "difference leaves zero (its half-width is the mean of those of the sets, as if all moved together); among "
            "many cells, up to one in twenty does so by chance. A star: Holm's correction leaves it, which "
            "allows a false star in one of twenty tables.",
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


def _after_holm(means: Sequence[MeanDifference]) -> set[MeanDifference]:
    """Return the differences from zero that are left where no false one may be among all, at a level of 5 %."""
    adjusted = holm([mean.p_value for mean in means])
    return {mean for mean, p_value in zip(means, adjusted, strict=True) if p_value <= 0.05}


def _cell(mean: MeanDifference | None, kept: Collection[MeanDifference]) -> Cell:
    if mean is None:
        return Cell("")
    difference = 100 * mean.value
    size = sum(abs(difference) >= start for start in SHADES)
    star = "*" if mean in kept else ""
    return Cell(points(difference), star, mean.leaves_zero, shade=size if difference > 0 else -size)
