"""The 95 % interval of every figure of a task, in one table: it is folded, for whoever needs more than the AUROC's."""

from collections.abc import Iterator

from common.reporting.document import Cell, Table, percent, span
from common.reporting.task_results import AVERAGE, TaskResults, TrainedModel, name_of
from common.store.seed_means import SeedMean

COLUMNS = {
    "AUROC": "auroc",
    "AUPR right / In": "ap_positive",
    "AUPR wrong / Out": "ap_negative",
    "FPR95 in": "fpr95_in",
    "FPR95 out": "fpr95_out",
    "AURC": "aurc",
}
"""The field of each column."""


def interval_table(results: TaskResults, trained: TrainedModel) -> Table | None:
    """Return the intervals of a trained model's leading scores; None if its rows have none but the AUROC's."""
    found = list(_comparisons(results, trained))
    if all(one.mean("fpr95_in_low") is None for _, one in found):
        return None
    several = len(results.leading_detectors(trained)) > 1
    label = results.label(trained)
    seeds = " Bounds are means over seeds: each is about one seed." if len(results.seeds) > 1 else ""
    how = "AUPR and AURC by a bootstrap, FPR95 from the order statistics of its threshold."
    return Table(
        caption="95 % intervals of all figures" + (f" ({label})" if label else ""),
        columns=("comparison", *(("score",) if several else ()), *COLUMNS),
        rows=tuple(_cells(name, one, several) for name, one in found),
        notes=(f"Percent. {how} No interval: every resample has the same figure.{seeds}",),
        folded=True,
    )


def _cells(name: str, one: SeedMean, several: bool) -> tuple[Cell, ...]:
    """Return a row; ``several``: it names the score."""
    figures = (Cell(percent(one.mean(field)), _span(one, field)) for field in COLUMNS.values())
    return (Cell(name), *((Cell(one.row.detector),) if several else ()), *figures)


def _comparisons(results: TaskResults, trained: TrainedModel) -> Iterator[tuple[str, SeedMean]]:
    """Yield right against wrong and every OOD set of the task's own setting, by leading score."""
    detectors = results.leading_detectors(trained)
    for detector in detectors:
        if (one := results.right_wrong(trained, detector)) is not None:
            yield "right / wrong", one
    for key in results.primary_sets(trained):
        for detector in detectors:
            one = results.ood(trained, detector, key)
            if one is not None and key.name != AVERAGE:
                yield name_of(key), one


def _span(one: SeedMean, field: str) -> str:
    return span(one.mean(f"{field}_low"), one.mean(f"{field}_high"))
