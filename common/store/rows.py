"""Rows of results: what one score tells apart, for one model; written and read as lines of JSON."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from common.base.errors import UserError
from common.store.files import write_text
from common.store.old_rows import converted

SCHEMA = 2
"""Number of the present form of a row. Rows of form 1 had one field ``variant`` and no number."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One (task, seed, objective, detector, question, OOD set, population, setting).

    *Positive* means right (``question`` misclassification) or in-distribution (ood); *negative* means wrong or OOD.
    Figures are fractions, not percent; one that is not defined (an average precision without positives) is None.

    Attributes:
        task: such as ``nlp/reuters8``; ``modality`` is its first part.
        seed: fixes everything random, the draw of held-out classes too.
        profile: ``quick`` or ``paper``, the budget.
        data: ``full``, ``sample`` or ``synthetic``.
        objective, detector: how the model was trained, and which score is evaluated.
        detector_options: what the detector was given or chose (a temperature, the number of neighbours).
        question: ``misclassification`` (right against wrong) or ``ood`` (in-distribution against ``out_dist``).
        model: architecture or checkpoint.
        held_out: the classes left out of training, or None.
        in_dist, out_dist: names as published tables spell them; ``out_dist`` is None for misclassification.
        population: the in-distribution examples evaluated: ``all``, or the ``correct`` ones only.
        level_db: signal-to-noise ratio of the OOD set in dB; None where the set comes at no level.
        train_examples: size of a training set smaller than the task's own; None: the task's own, whole.
        subset: the part of the rows that is asked about, such as ``seen words``; None: all.
        unit: what is scored, each ``row`` or each ``group`` of rows.
        split: name of the division into training and test set; None where it is not known.
        primary: whether all of these are the task's own: what summaries count. False for other levels, smaller
            training sets, subsets, the other unit, and OOD sets that the publication lacks.
        distance: ``near`` or ``far``, how far the OOD set is said to be from the in-distribution; None: not said.
        n_positive, n_negative: sizes of the two samples.
        auroc, auroc_low, auroc_high: area under the ROC curve and its 95 % interval.
        ap_positive, ap_negative: step-wise average precision with that side as the one to find.
        aupr_positive, aupr_negative: the same area by the trapezoid rule.
        base_positive, base_negative: fraction of each side: what a constant score gets as its average precision.
        fpr95_in: fraction of negatives kept together with 95 % of positives; ``fpr95_out``: sides exchanged.
        detection_error: smallest mean of the two error rates over all thresholds.
        aurc: area under the risk-coverage curve, for misclassification; None for ood.
        mean_msp_positive, mean_msp_negative: mean maximum softmax probability of each side, whatever the detector.
        error: the classifier's test error; phone error rate for CTC.
        device, commit, versions: where, and with which code and libraries, the row was made.
        schema: the form of the row as it was written; see ``SCHEMA``.
    """

    task: str
    modality: str
    seed: int
    profile: str
    data: str
    objective: str
    detector: str
    detector_options: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    question: str
    model: str
    held_out: tuple[str, ...] | None
    in_dist: str
    out_dist: str | None
    population: str
    level_db: float | None = None
    train_examples: int | None = None
    subset: str | None = None
    unit: Literal["row", "group"] = "row"
    split: str | None = None
    primary: bool = True
    distance: Literal["near", "far"] | None = None
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
    aurc: float | None = None
    mean_msp_positive: float | None
    mean_msp_negative: float | None
    error: float | None
    device: str = ""
    commit: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Refuse a figure that strict JSON cannot hold."""
        for name in FIGURES:
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{name} is {value}; a figure that is not defined is None")


_TYPES: Mapping[str, Any] = get_type_hints(Row)
_FIELDS = {one.name: one for one in fields(Row)}
_REQUIRED = [one.name for one in fields(Row) if one.default is MISSING and one.default_factory is MISSING]

FIGURES = tuple(name for name in _FIELDS if _TYPES[name] == float | None and name != "level_db")
"""The fields that hold a measured figure, all fractions."""

ABOUT = (
    *("task", "profile", "data", "objective", "detector", "question", "model", "in_dist", "out_dist", "population"),
    *("level_db", "train_examples", "subset", "unit", "primary"),
)
"""The fields that say what a row is about; with the seed they tell the rows of a run apart."""


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as lines of strict JSON, in the order given; the same rows give the same bytes.

    Raises:
        UserError: the folder cannot be written, or the disk is full. The file is then as it was before.
    """
    write_text(path, "".join(json.dumps(_record(row), ensure_ascii=False, allow_nan=False) + "\n" for row in rows))


def write_rows_briefly(path: Path, rows: Iterable[Row], digits: int = 6) -> None:
    """Write rows without fields that have their default, figures rounded to ``digits`` decimals, no needless spaces.

    ``read_rows`` reads them as well. For results kept in the repository, where every byte is kept for ever.

    Raises:
        UserError: as ``write_rows``.
    """
    lines = []
    for row in rows:
        record = {name: value for name, value in _record(row).items() if not _is_default(name, value)}
        record |= {name: round(record[name], digits) for name in FIGURES if record.get(name) is not None}
        record["schema"] = row.schema
        lines.append(json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")
    write_text(path, "".join(lines))


def _is_default(name: str, value: Any) -> bool:
    one = _FIELDS[name]
    return value == one.default or (one.default_factory is not MISSING and value == one.default_factory())


def _record(row: Row) -> dict[str, Any]:
    """Return a row as JSON holds it."""
    record: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    record |= {name: float(record[name]) for name in (*FIGURES, "level_db") if record[name] is not None}
    record["held_out"] = None if row.held_out is None else list(row.held_out)
    for name in ("detector_options", "versions"):
        record[name] = dict(sorted(record[name].items()))
    return record


def read_rows(path: Path) -> tuple[Row, ...]:
    """Read the rows of a results file, in order; those of an earlier form are converted.

    What an earlier row leaves to its run (the task's own noise level and unit) is taken from the ``run.json`` beside
    the file, if there is one.

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
    try:
        records = _each_line(_parsed, text.removesuffix("\n").split("\n") if text else ())
        return tuple(_each_line(_row, converted(records, path.with_name("run.json"))))
    except ValueError as error:
        raise UserError(f"{path}, {error}; {remedy}") from error


def _each_line(step: Callable[[Any], Any], lines: Iterable[Any]) -> list[Any]:
    """Take a step with every line; a ValueError says which line is wrong."""
    made = []
    for number, line in enumerate(lines, start=1):
        try:
            made.append(step(line))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    return made


def _parsed(line: str) -> dict[str, Any]:
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError) as error:
        raise ValueError("not a whole JSON object; the file was cut short or edited") from error


def _row(record: Mapping[str, Any]) -> Row:
    """Return the row of a line's fields; a ValueError says what is wrong with them."""
    if missing := [name for name in _REQUIRED if name not in record]:
        raise ValueError(f"missing {', '.join(missing)}")
    if unknown := sorted(set(record) - set(_FIELDS)):
        raise ValueError(f"unknown {', '.join(unknown)}")
    for name, value in record.items():
        if not _fits(value, _TYPES[name]):
            raise ValueError(f"{name} cannot be {value!r}")
    if record.get("schema", SCHEMA) > SCHEMA:
        raise ValueError(f"schema {record['schema']} is newer than this checkout, which reads up to {SCHEMA}")
    held_out = record["held_out"]
    return Row(**{**record, "held_out": None if held_out is None else tuple(held_out)})


def _fits(value: Any, kind: Any) -> bool:
    """Whether a JSON value may stand in a field of type ``kind``."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in arguments)
    if origin is Literal:
        return isinstance(value, str) and value in arguments
    if origin is tuple:
        return isinstance(value, list) and all(_fits(one, arguments[0]) for one in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(_fits(one, arguments[1]) for one in value.values())
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return value is None if kind is NoneType else isinstance(value, kind)
