"""The declaration of a study: trainings that differ in one thing, figures read from their rows, claims tested on them.

A study is a file in a ``studies`` folder that defines ``STUDY``; ``common.studied`` runs it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any, Literal

from common.data.sources import AnySource
from common.store.rows import Row
from common.task import Task, Tune

Figures = Mapping[str, float]
"""Value of each figure, in points of percent, by its name."""

Table = Mapping[str, Figures]
"""Figures of each subject: a variant, a detector, a family of detectors."""

RowsOf = Mapping[tuple[str, str], Sequence[Row]]
"""Rows of one seed by task and variant; variants that did not run have none."""

Change = Callable[[Task], Task]


@dataclass(frozen=True)
class Variant:
    """One training of each task of a study.

    Attributes:
        name: as tables show it.
        objective: the way of training; None: the task's own.
        change: the task to a task that differs from it in what the study varies.
        tune: how options of detectors are chosen; None: as the command line says.
    """

    name: str
    objective: str | None = None
    change: Change | None = None
    tune: Tune | None = None


@dataclass(frozen=True)
class Claim:
    """A sentence, and whether the table of one seed agrees with it.

    ``holds`` returns None where a variant that it compares did not run.
    """

    says: str
    holds: Callable[[Table], bool | None]


@dataclass(frozen=True)
class Study:
    """What is varied, what is read, and what is claimed.

    Attributes:
        title: the question.
        tasks: full names; those without data are left out, and told.
        variants: the trainings of each task.
        measure: rows of one seed to the table of that seed.
        claims: tested in each seed.
        detectors: that are evaluated.
        picture: the two figures of the picture: across and up; one: bars.
        subject: what a row of the table is.
        best: whether the largest or the smallest value of the picture's first figure is best.
        notes: sentences that a reader needs.
    """

    title: str
    tasks: tuple[str, ...]
    variants: tuple[Variant, ...]
    measure: Callable[[RowsOf], Table]
    claims: tuple[Claim, ...] = ()
    detectors: tuple[str, ...] = ("msp",)
    picture: tuple[str, ...] = ()
    subject: str = "variant"
    best: Literal["largest", "smallest"] = "largest"
    notes: tuple[str, ...] = ()


def with_outliers(*outliers: AnySource) -> Change:
    """Return the change that exposes a task to these outliers and no others."""
    return partial(replace, outliers=outliers)


def with_options(objective: str, **options: Any) -> Change:
    """Return the change that sets options of an objective, in place of the task's own for it."""

    def change(task: Task) -> Task:
        return replace(task, options={**task.options, objective: options})

    return change


def variants_table(figures: Mapping[str, Callable[[Sequence[Row]], float | None]]) -> Callable[[RowsOf], Table]:
    """Return the measure whose subjects are the variants of a study with one task."""

    def measure(rows: RowsOf) -> Table:
        found = {}
        for (_, variant), own in rows.items():
            values = {name: read(own) for name, read in figures.items()}
            found[variant] = {name: value for name, value in values.items() if value is not None}
        return found

    return measure


def comparing(figure: str, *subjects: str, holds: Callable[..., bool]) -> Callable[[Table], bool | None]:
    """Return what ``holds`` says of the values that a figure has for these subjects; None where one is missing."""

    def compared(table: Table) -> bool | None:
        values = [table.get(name, {}).get(figure) for name in subjects]
        return None if None in values else holds(*values)

    return compared


def exposure_claims(network: str, subjects: tuple[str, str, str], auroc: str, fpr95: str) -> Iterator[Claim]:
    """Yield what exposure to outliers claims: more than the MSP and the same fine-tuning alone, at hardly any cost.

    Args:
        network: what the sentences call it.
        subjects: of the table: MSP, fine-tuned without outliers, fine-tuned with outliers.
        auroc: name of a figure.
        fpr95: name of a figure.
    """
    yield Claim(
        f"{network}: {auroc}, is larger with outliers than with the MSP and the same fine-tuning alone.",
        comparing(auroc, *subjects, holds=lambda msp, longer, exposed: exposed > max(msp, longer)),
    )
    yield Claim(
        f"{network}: {fpr95}, is smaller than that of both.",
        comparing(fpr95, *subjects, holds=lambda msp, longer, exposed: exposed < min(msp, longer)),
    )
    yield Claim(
        f"{network}: outliers cost at most half a point of error.",
        comparing("test error", subjects[0], subjects[2], holds=lambda before, after: after - before <= 0.5),
    )


def ordered(figure: str, *subjects: str, by: float = 0.0) -> Callable[[Table], bool | None]:
    """Return whether a figure rises from each subject to the next, by more than ``by`` points."""

    def rises(*values: float) -> bool:
        return all(after - before > by for before, after in pairwise(values))

    return comparing(figure, *subjects, holds=rises)


def falling(figure: str, *subjects: str) -> Callable[[Table], bool | None]:
    """Return whether a figure falls from each subject to the next."""
    return ordered(figure, *reversed(subjects))
