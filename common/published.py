"""Published figures: what they are, how to look one up, and which of our figures each answers to.

A paper is one file in ``common/papers`` that defines ``FIGURES`` and, where a figure needs a word, ``REMARKS`` by task;
where it is known on how many examples a network was trained, ``TRAINING_SETS`` by task and objective.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from common.results import Row

POOLED = ("All", "Average", "mean")
"""OOD sets of published tables that stand for several: pooled examples, or the mean of the sets' figures."""


@dataclass(frozen=True)
class Figure:
    """One published figure.

    Attributes:
        source: ``paper`` (as printed, rounded), ``authors-run`` (two decimals, from the authors' own notebooks: another
            real run), or the name of a later paper.
        table: number of the table in the paper, or empty.
        task, in_dist, out_dist: names of the experiment; ``out_dist`` is None for right against wrong.
        detector: as the table calls it.
        subset: whom the figure is about: ``test`` (all test examples), ``correct``, ``wrong``, ``right`` or ``out``.
        metric: as the table calls it.
        value: in percent.
        base: base rate in percent, or None where none is printed.
        field: the field of ``common.results.Row`` that measures the same, or empty where there is none.
        objective: how our model must be trained to compare; None: the publication does not say which of its networks.
    """

    source: str
    table: str
    task: str
    in_dist: str
    out_dist: str | None
    detector: str
    subset: str
    metric: str
    value: float
    base: float | None
    field: str
    objective: str | None

    @property
    def score(self) -> str:
        """Our name of the detector; training is told apart by ``objective``: ``msp+oe`` scores with ``msp``."""
        return self.detector.partition("+")[0]

    @property
    def population(self) -> str | None:
        """The population of our rows, or None where the figure is the same for every one."""
        return {"test": "all", "correct": "correct"}.get(self.subset)


def read_table(
    text: str,
    fields: Mapping[str, str],
    source: str,
    subset: str,
    table: str = "",
    detector: str = "msp",
    objective: str | None = "cross_entropy",
) -> tuple[Figure, ...]:
    """Read figures from text laid out as the published table.

    The first line names columns. ``task``, ``in_dist``, ``out_dist`` and ``detector`` say what a line is about; every
    other column is a metric, ``metric:subset`` where its subset is another, ``metric/base`` where all share a base
    rate. A cell is ``value``, ``value/base`` or ``-``.

    Args:
        text: the table, columns separated by ``|``.
        fields: by metric (or ``metric:subset``), the field of our rows that measures the same.
        source: of all figures.
        subset: of the figures whose column names none.
        table: of all figures.
        detector: of the figures where the table has no such column.
        objective: of all figures.

    >>> table = '''task  | in_dist | out_dist | auroc/50 | aupr_in
    ...            mnist | MNIST   | Omniglot | 96       | 97/52'''
    >>> [(one.metric, one.value, one.base) for one in read_table(table, {}, source="paper", subset="correct")]
    [('auroc', 96.0, 50.0), ('aupr_in', 97.0, 52.0)]
    """
    names, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    found = []
    for line in lines:
        about = dict(zip(names, line, strict=True))
        for name in names:
            if name in ("task", "in_dist", "out_dist", "detector") or about[name] == "-":
                continue
            column, _, shared = name.partition("/")
            metric, _, own_subset = column.partition(":")
            value, _, base = about[name].partition("/")
            found.append(
                Figure(
                    source=source,
                    table=table,
                    task=about["task"],
                    in_dist=about["in_dist"],
                    out_dist=about.get("out_dist"),
                    detector=about.get("detector", detector),
                    subset=own_subset or subset,
                    metric=metric,
                    value=float(value),
                    base=float(base or shared) if base or shared else None,
                    field=fields.get(column, ""),
                    objective=objective,
                )
            )
    return tuple(found)


@cache
def _papers() -> tuple[ModuleType, ...]:
    folder = Path(__file__).parent / "papers"
    names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    return tuple(import_module(f"common.papers.{name}") for name in names)


@cache
def all_figures() -> tuple[Figure, ...]:
    """Return every figure of every paper."""
    return tuple(figure for paper in _papers() for figure in paper.FIGURES)


def published(**wanted: str | None) -> tuple[Figure, ...]:
    """Return the figures whose attributes equal those ``wanted``.

    Raises:
        AttributeError: no such attribute.

    >>> [one.value for one in published(task="mnist", out_dist=None, metric="error")]
    [1.69, 1.48]
    """
    return tuple(
        figure for figure in all_figures() if all(getattr(figure, name) == value for name, value in wanted.items())
    )


def remarks(task: str) -> tuple[str, ...]:
    """Return what a reader must know of the published figures of a task."""
    return tuple(said for paper in _papers() for said in getattr(paper, "REMARKS", {}).get(task, ()))


def training_examples(source: str, task: str, objective: str) -> int | None:
    """Return on how many training examples a source trained its network for a task, or None where that is not known.

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
    """Return the OOD sets that the pooled figures of a task stand for, as far as the tables name them."""
    return frozenset(one.out_dist for one in published(task=task) if one.out_dist and one.out_dist not in POOLED)


@cache
def _measuring(field: str, task: str, in_dist: str) -> tuple[Figure, ...]:
    return published(field=field, task=task, in_dist=in_dist)


def answers(row: Row, field: str, task: str, ood: Collection[str] = ()) -> Iterator[Figure]:
    """Yield the published figures that measure the same as ``field`` of ``row``; ``paper`` before ``authors-run``.

    In-distribution and OOD set must be spelled as published, so a stand-in never meets the figure of what it stands
    for; a pooled figure answers only where the same sets were pooled; a variant of a task has no published figure.

    Args:
        row: ours; for the mean over OOD sets, one whose ``out_dist`` is ``Average``.
        field: a figure of the row.
        task: the experiment's name in the published tables.
        ood: names of all the OOD sets of the task.
    """
    for figure in _measuring(field, task, row.in_dist):
        if row.variant is not None or figure.objective not in (None, row.objective):
            continue
        if figure.out_dist in POOLED and pooled_sets(task) != frozenset(ood) - set(POOLED):
            continue
        if _same(figure, row):
            yield figure


def _same(figure: Figure, row: Row) -> bool:
    """Whether a figure and a row are about the same examples and score."""
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
