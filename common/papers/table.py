"""Published figures as data: what one is, and how a table of them is read."""

from collections.abc import Mapping
from dataclasses import dataclass

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
        field: the field of ``common.store.rows.Row`` that measures the same, or empty where there is none.
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
