"""A page for teaching: why accuracy says little where the class to find is rare, and what is read instead."""

from collections.abc import Sequence

from common.metrics.confusion import Confusion, confusion_at_fpr95_out
from common.reporting.document import NOTHING, Cell, Section, Table, Text, percent
from common.reporting.task_results import TaskResults
from common.store.rows import Row

EXAMPLE = Confusion(found=5, missed=5, false_alarms=10, passed=80)
"""100 examples, of which 10 are of the class to find."""
ENOUGH = 30
"""Wrong answers that a task should have, so that its rates mean something."""


def accuracy_paradox(tasks: Sequence[TaskResults]) -> Section | None:
    """Return the page, made from the task whose wrong answers are rarest; None where no task knows right from wrong."""
    row = rarest(tasks)
    if row is None or row.fpr95_out is None:
        return None
    counts = confusion_at_fpr95_out(row.n_positive, row.n_negative, row.fpr95_out)
    name = f"{row.task}, {row.detector}"
    return Section(
        "The accuracy paradox",
        (
            _matrix("Example: 10 of 100 are of the rare class", EXAMPLE, ("rare", "common")),
            _matrix(f"{name}: wrong answers are the rare class", counts, ("wrong", "right")),
            _rates({"the example": EXAMPLE, name: counts}, row),
            Text(_reading(row, counts), heading="What to read instead"),
        ),
        subtitle="Why a detector of rare mistakes is not judged by its accuracy.",
    )


def rarest(tasks: Sequence[TaskResults]) -> Row | None:
    """Return the row of right against wrong with the smallest fraction of wrong answers: of a task's first score.

    Tasks with fewer than ``ENOUGH`` wrong answers come last.
    """
    found = []
    for results in tasks:
        trained = results.trained_models[0]
        one = results.right_wrong(trained, results.leading_detectors(trained)[0])
        found += [one.row] if one and one.row.base_negative and one.row.fpr95_out is not None else []
    return min(found, key=lambda row: (row.n_negative < ENOUGH, row.base_negative), default=None)


def _matrix(caption: str, counts: Confusion, classes: tuple[str, str]) -> Table:
    """Return the confusion matrix: a line for an alarm and one for none, a column a class."""
    lines = (("alarm", counts.found, counts.false_alarms), ("no alarm", counts.missed, counts.passed))
    return Table(
        caption=caption,
        columns=("verdict", *classes),
        rows=tuple((Cell(name), *(Cell(f"{count:,}") for count in pair)) for name, *pair in lines),
    )


def _rates(named: dict[str, Confusion], row: Row) -> Table:
    lines = [
        (about, counts) for name, one in named.items() for about, counts in ((name, one), ("no alarm ever", one.silent))
    ]
    note = (
        f"The threshold on {row.task} is that of FPR95 out: it finds at least 95 % of the wrong answers (seed"
        f" {row.seed}; counts from its row of results)."
    )
    return Table(
        caption="The rates of both, and of a detector that never raises an alarm",
        columns=("detector", "accuracy", "precision", "recall", "false-positive rate"),
        rows=tuple((Cell(about), *_rate_cells(counts)) for about, counts in lines),
        notes=(note,),
    )


def _rate_cells(counts: Confusion) -> list[Cell]:
    """Return accuracy, precision, recall and false-positive rate, each with its fraction."""
    alarms, wanted = counts.found + counts.false_alarms, counts.found + counts.missed
    others = counts.false_alarms + counts.passed
    figures = (
        (counts.accuracy, counts.found + counts.passed, counts.total),
        (counts.precision, counts.found, alarms),
        (counts.recall, counts.found, wanted),
        (counts.false_positive_rate, counts.false_alarms, others),
    )
    return [
        Cell(NOTHING) if value is None else Cell(percent(value), f"{part:,}/{whole:,}")
        for value, part, whole in figures
    ]


def _reading(row: Row, counts: Confusion) -> tuple[str, ...]:
    """Return what each figure says that accuracy does not, with the figures of the row."""
    gap = counts.accuracy - counts.silent_accuracy
    worse = f"{percent(abs(gap))} points {'less' if gap < 0 else 'more'} than"
    return (
        f"Accuracy rewards silence: never raising an alarm is right in {percent(counts.silent_accuracy)} % of the"
        f" cases and finds nothing; the detector that finds {counts.found:,} of {row.n_negative:,} wrong answers has"
        f" {worse} that.",
        f"AUROC ({percent(row.auroc)}) needs no threshold, and chance is 50 however rare the class is: it compares"
        " pairs of one right and one wrong answer.",
        f"AUPR with wrong answers to find ({percent(row.ap_negative)}) falls with rarity as precision does, so it"
        f" stands beside its base rate ({percent(row.base_negative)}), which a score without information reaches.",
        *_mean_confidence(row),
    )


def _mean_confidence(row: Row) -> tuple[str, ...]:
    if row.mean_msp_negative is None or row.mean_msp_positive is None:
        return ()
    return (
        f"Mean confidence (MSP) is {percent(row.mean_msp_negative)} for wrong answers and"
        f" {percent(row.mean_msp_positive)} for right ones: wrong answers get high probabilities too, so a confidence"
        " ranks answers and is not read as the probability of being right.",
    )
