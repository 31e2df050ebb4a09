"""Rows of results: what one score tells apart, for one model; written and read as lines of JSON."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, get_type_hints

from common.base.errors import UserError
from common.store.files import write_text


@dataclass(frozen=True)
class Row:
    """One (task, seed, objective, detector, question, OOD set, population).

    *Positive* means right (``question`` misclassification) or in-distribution (ood); *negative* means wrong or OOD.
    Figures are fractions, not percent; one that is not defined (an average precision without positives) is None.

    Attributes:
        task: such as ``nlp/reuters8``; ``modality`` is its first part.
        seed: fixes everything random, the draw of held-out classes too.
        profile: ``quick`` or ``paper``, the budget.
        data: ``full``, ``sample`` or ``synthetic``.
        objective, detector: how the model was trained, and which score is judged.
        question: ``misclassification`` (right against wrong) or ``ood`` (in-distribution against ``out_dist``).
        model: architecture or checkpoint.
        variant: a split or setting other than the task's own, or None; ``smaller_set`` names a point of a learning
            curve.
        held_out: the classes left out of training, or None.
        in_dist, out_dist: names as published tables spell them; ``out_dist`` is None for misclassification.
        population: the in-distribution examples judged: ``all``, or the ``correct`` ones only.
        n_positive, n_negative: sizes of the two samples.
        auroc, auroc_low, auroc_high: area under the ROC curve and its 95 % interval.
        ap_positive, ap_negative: step-wise average precision with that side as the one to find.
        aupr_positive, aupr_negative: the same area by the trapezoid rule.
        base_positive, base_negative: share of each side: what a constant score gets as its average precision.
        fpr95_in: share of negatives kept together with 95 % of positives; ``fpr95_out``: sides exchanged.
        detection_error: smallest mean of the two error rates over all thresholds.
        mean_msp_positive, mean_msp_negative: mean maximum softmax probability of each side, whatever the detector.
        error: the classifier's test error; phone error rate for CTC.
        device, commit, versions: where, and with which code and libraries, the row was made.
    """

    task: str
    modality: str
    seed: int
    profile: str
    data: str
    objective: str
    detector: str
    question: str
    model: str
    variant: str | None
    held_out: tuple[str, ...] | None
    in_dist: str
    out_dist: str | None
    population: str
    n_positive: int
    n_negative: int
    auroc: float | None
    auroc_low: float | None
    auroc_high: float | None
    ap_positive: float | None
    ap_negative: float | None
    aupr_positive: float | None
    aupr_negative: float | None
    base_positive: float | None
    base_negative: float | None
    fpr95_in: float | None
    fpr95_out: float | None
    detection_error: float | None
    mean_msp_positive: float | None
    mean_msp_negative: float | None
    error: float | None
    device: str = ""
    commit: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a figure that strict JSON cannot hold."""
        for name in FIGURES:
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{name} is {value}; a figure that is not defined is None")


_TYPES: Mapping[str, Any] = get_type_hints(Row)
_NAMES = tuple(one.name for one in fields(Row))
FIGURES = tuple(name for name in _NAMES if _TYPES[name] == float | None)
"""The fields that hold a measured figure, all fractions."""

_VARYING = {*FIGURES, "seed", "held_out", "n_positive", "n_negative", "device", "commit", "versions"}
_KEY = tuple(name for name in _NAMES if name not in _VARYING)


def smaller_set(size: int) -> str:
    """Return the variant of a training on ``size`` of the task's training examples."""
    return f"{size} training examples"


def trained_on(variant: str | None) -> int | None:
    """Return how many training examples a variant says, the inverse of ``smaller_set``; None of any other.

    >>> trained_on(smaller_set(30)), trained_on("5 dB"), trained_on(None)
    (30, None, None)
    """
    found = re.fullmatch(r"(\d+) training examples", variant or "")
    return int(found[1]) if found else None


def _encode(row: Row) -> str:
    record: dict[str, Any] = {name: getattr(row, name) for name in _NAMES}
    record |= {name: float(record[name]) for name in FIGURES if record[name] is not None}
    record["held_out"] = None if row.held_out is None else list(row.held_out)
    record["versions"] = dict(sorted(row.versions.items()))
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as lines of strict JSON, in the order given; the same rows give the same bytes.

    Raises:
        UserError: the folder cannot be written, or the disk is full. The file is then as it was before.
    """
    write_text(path, "".join(_encode(row) + "\n" for row in rows))


def _fits(value: Any, kind: Any) -> bool:
    """Whether a JSON value may stand in a field of type ``kind``."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return number and isinstance(value, int)
    if kind == float | None:
        return value is None or (number and math.isfinite(value))
    if kind is str:
        return isinstance(value, str)
    if kind == str | None:
        return value is None or isinstance(value, str)
    if kind == tuple[str, ...] | None:
        return value is None or (isinstance(value, list) and all(isinstance(name, str) for name in value))
    return isinstance(value, dict)


def _decode(line: str) -> Row:
    """Return the row of one line; a ValueError says what is wrong with it."""
    try:
        record = dict(json.loads(line))
    except (ValueError, TypeError) as error:
        raise ValueError("not a whole JSON object; the file was cut short or edited") from error
    if missing := [name for name in _NAMES if name not in record]:
        raise ValueError(f"missing {', '.join(missing)}")
    if unknown := sorted(set(record) - set(_NAMES)):
        raise ValueError(f"unknown {', '.join(unknown)}")
    for name, value in record.items():
        if not _fits(value, _TYPES[name]):
            raise ValueError(f"{name} cannot be {value!r}")
    held_out = record["held_out"]
    return Row(**(record | {"held_out": None if held_out is None else tuple(held_out)}))


def read_rows(path: Path) -> tuple[Row, ...]:
    """Read the rows of a results file, in order.

    Raises:
        UserError: the file is missing, or a line is not a row; names the file, the line and what to do.
    """
    remedy = "delete the file and run again; stored model outputs are used again"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"no results in {path.parent}: {path.name} is missing; run run_all.py first") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); {remedy}") from error
    rows = []
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), start=1):
        try:
            rows.append(_decode(line))
        except ValueError as error:
            raise UserError(f"{path}, line {number}: {error}; {remedy}") from error
    return tuple(rows)


@dataclass(frozen=True)
class Spread:
    """One figure over several seeds: mean, sample standard deviation (None for one seed), extremes, how many."""

    mean: float
    sd: float | None
    low: float
    high: float
    count: int


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the spread of the values that are defined, or None where none is.

    >>> spread([0.75, None, 1.0])
    Spread(mean=0.875, sd=0.1767766952966369, low=0.75, high=1.0, count=2)
    """
    known = [value for value in values if value is not None]
    if not known:
        return None
    return Spread(fmean(known), stdev(known) if len(known) > 1 else None, min(known), max(known), len(known))


@dataclass(frozen=True)
class SeedMean:
    """Rows that differ in nothing but the seed.

    Attributes:
        rows: in the order of their seeds; the first stands for what they share.
        figures: by field name, the spread over the seeds, or None where no seed defines it.
    """

    rows: tuple[Row, ...]
    figures: Mapping[str, Spread | None]

    @property
    def row(self) -> Row:
        """A row that stands for what all share: task, objective, detector, names."""
        return self.rows[0]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, ascending."""
        return tuple(row.seed for row in self.rows)

    def mean(self, name: str) -> float | None:
        """Mean of a figure over the seeds, or None."""
        found = self.figures[name]
        return found.mean if found else None


def mean_over_seeds(rows: Iterable[Row]) -> tuple[SeedMean, ...]:
    """Gather rows that differ in the seed alone (and in what it draws), in the order they first appear."""
    gathered: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        gathered.setdefault(tuple(getattr(row, name) for name in _KEY), []).append(row)
    return tuple(_average(group) for group in gathered.values())


def _average(group: list[Row]) -> SeedMean:
    ordered = tuple(sorted(group, key=lambda row: row.seed))
    return SeedMean(ordered, {name: spread(getattr(row, name) for row in ordered) for name in FIGURES})
