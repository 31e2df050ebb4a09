"""Published figures: look-up, and matching with rows of our results.

A paper is one file in ``common/papers``. It defines ``FIGURES``; optionally ``REMARKS`` (explanations by task),
``TRAINING_SETS`` (the number of training examples by task and objective) and ``NOT_RUN`` (why a task has no recorded
run).
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType

from common.base.project import ROOT
from common.papers.table import POOLED, Figure
from common.store.rows import Row


@cache
def _papers() -> tuple[ModuleType, ...]:
    """Return the modules of ``common/papers`` that define ``FIGURES``, one per publication."""
    names = sorted(path.stem for path in (ROOT / "common/papers").glob("*.py"))
    modules = [import_module(f"common.papers.{name}") for name in names if not name.startswith("_")]
    return tuple(module for module in modules if hasattr(module, "FIGURES"))


@cache
def all_figures() -> tuple[Figure, ...]:
    """Return every figure of every paper."""
    return tuple(figure for paper in _papers() for figure in paper.FIGURES)


def published(**wanted: str | None) -> tuple[Figure, ...]:
    """Return the figures whose attributes have the ``wanted`` values.

    Raises:
        AttributeError: no such attribute.

    >>> [one.value for one in published(task="mnist", out_dist=None, metric="error")]
    [1.69, 1.48]
    """
    return tuple(
        figure for figure in all_figures() if all(getattr(figure, name) == value for name, value in wanted.items())
    )


def remarks(task: str) -> tuple[str, ...]:
    """Return the papers' remarks on the published figures of a task."""
    return tuple(said for paper in _papers() for said in getattr(paper, "REMARKS", {}).get(task, ()))


def not_run_reason(task: str) -> str:
    """Return why a task of a published table has no recorded run, as its paper's file says; empty if it does not."""
    return next((paper.NOT_RUN[task] for paper in _papers() if task in getattr(paper, "NOT_RUN", {})), "")


def training_examples(source: str, task: str, objective: str) -> int | None:
    """Return the number of training examples of a source's network for a task, or None if unknown.

    >>> training_examples("paper", "mnist", "cross_entropy"), training_examples("paper", "wsj", "cross_entropy")
    (60000, None)
    """
    for paper in _papers():
        if any(figure.source == source for figure in paper.FIGURES):
            sizes: Mapping[tuple[str, str], int] = getattr(paper, "TRAINING_SETS", {})
            return sizes.get((task, objective))
    return None


@cache
def pooled_sets(task: str) -> frozenset[str]:
    """Return the OOD sets that the published tables of a task name; its pooled figures pool these sets."""
    return frozenset(one.out_dist for one in published(task=task) if one.out_dist and one.out_dist not in POOLED)


@cache
def _measuring(field: str, task: str, in_dist: str) -> tuple[Figure, ...]:
    return published(field=field, task=task, in_dist=in_dist)


def answers(row: Row, field: str, task: str, ood: Collection[str] = ()) -> Iterator[Figure]:
    """Yield the published figures that measure the same as ``field`` of ``row``; ``paper`` before ``authors-run``.

    Names of in-distribution and OOD set must equal the published names, so a stand-in never matches the figure of the
    original. A pooled figure matches only if the same sets were pooled. Only primary rows match.

    Args:
        row: of our results; ``out_dist`` is ``Average`` for the mean over OOD sets.
        field: name of a figure of the row.
        task: name of the task in the published tables.
        ood: names of all the OOD sets of the task.
    """
    for figure in _measuring(field, task, row.in_dist):
        if not row.primary or figure.objective not in (None, row.objective):
            continue
        if figure.out_dist in POOLED and pooled_sets(task) != frozenset(ood) - set(POOLED):
            continue
        if _same(figure, row):
            yield figure


def _same(figure: Figure, row: Row) -> bool:
    """Whether a figure and a row have the same examples and score."""
    if figure.field == "error":
        return True
    if figure.field.startswith("mean_msp") and figure.subset == "test":
        return row.question == "ood" and row.population == "all"
    return (
        row.question == ("misclassification" if figure.out_dist is None else "ood")
        and row.out_dist == figure.out_dist
        and figure.population in (None, row.population)
        and (figure.field.startswith("mean_msp") or figure.score == row.detector)
    )
