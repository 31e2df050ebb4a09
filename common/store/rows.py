"""Rows of results: how well one score of one model separates two samples; stored as lines of JSON."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_type_hints

from common.base.errors import UserError
from common.store.files import write_text
from common.store.json_values import always, brief, finite, fits
from common.store.old_rows import converted

SCHEMA = 2
"""Version of the row format. Rows of version 1 had a field ``variant`` and no version number."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One (task, seed, objective, detector, question, OOD set, population, setting).

    *Positive* means right (``question`` misclassification) or in-distribution (ood); *negative* means wrong or OOD.
    Figures are fractions, not percent; an undefined figure (an average precision without positives) is None.

    Attributes:
        task: such as ``nlp/reuters8``; ``modality`` is its first part.
        seed: of every random draw, the held-out classes included.
        profile: the training budget, ``quick`` or ``paper``.
        data: ``full``, ``sample`` or ``synthetic``.
        objective: how the model was trained.
        detector: the score that is evaluated.
        detector_options: options of the detector, given or chosen (a temperature, the number of neighbours).
        question: ``misclassification`` (right against wrong) or ``ood`` (in-distribution against ``out_dist``).
        model: architecture or checkpoint.
        held_out: the classes held out of training, or None.
        in_dist, out_dist: names as published tables spell them; ``out_dist`` is None for misclassification.
        population: the in-distribution examples evaluated: ``all``, or the ``correct`` ones only.
        level_db: signal-to-noise ratio of the OOD set in dB; None for a set without noise level.
        train_examples: size of a smaller training set; None: the task's full training set.
        subset: subset of the rows that is evaluated, such as ``seen words``; None: all rows.
        unit: what is scored: each ``row`` or each ``group`` of rows.
        split: name of the split into training and test set; None if unknown.
        primary: whether the row belongs to the task's default setting, which summaries show. False for other noise
            levels, smaller training sets, subsets, the other unit, and OOD sets that the publication lacks.
        distance: declared distance of the OOD set from the in-distribution, ``near`` or ``far``; None: not declared.
        study_variant: name of the training among those of a study; None outside of studies.
        n_positive, n_negative: sizes of the two samples.
        auroc, auroc_low, auroc_high: area under the ROC curve and its 95 % interval.
        ap_positive, ap_negative: step-wise average precision with that side as the class to find.
        aupr_positive, aupr_negative: the same area by the trapezoid rule.
        base_positive, base_negative: fraction of each side, which is the average precision of a constant score.
        fpr95_in: fraction of negatives kept by the threshold that keeps 95 % of positives.
        fpr95_out: fraction of positives rejected by the threshold that rejects 95 % of negatives.
        detection_error: smallest mean of the two error rates over all thresholds.
        aurc: area under the risk-coverage curve, for misclassification; None for ood.
        ap_positive_low, ap_positive_high, and so on for ap_negative, fpr95_in, fpr95_out and aurc: 95 % interval, see
            ``common.metrics.bootstrap``; None where all resamples agree, and in rows of before November 2026.
        e_aurc: ``aurc`` less that of the best ranking with the same errors.
        accuracy_at_80, accuracy_at_90, accuracy_at_95: accuracy of the most confident 80, 90 and 95 % of the examples.
        coverage_at_error_5, msp_at_error_5: fraction of the examples that can be answered, and from which MSP on, with
            at most 5 % errors among new answers, at a confidence of 95 % (``common.metrics.threshold_for_error``); in
            the row of the MSP for misclassification. 0 and None: no threshold can be promised.
        auroc_minus_msp, auroc_minus_msp_low, auroc_minus_msp_high: AUROC less that of the MSP on the same examples, and
            the paired 95 % interval; None for the MSP itself.
        ece, ece_equal_mass, brier, nll, temperature, ece_scaled, ece_equal_mass_scaled, brier_scaled, nll_scaled:
            calibration of the model, in the row of the MSP for misclassification of all rows; see
            ``common.metrics.model_calibration``. Not fractions: ``brier`` (0 to 2), ``nll`` (nats), ``temperature``.
        counted_within: by the name of a figure, how far it may be from that of all scores, where scores were counted in
            bins and not sorted (``common.metrics.counted``); empty: all figures are those of all scores.
        mean_msp_positive, mean_msp_negative: mean maximum softmax probability of each side, whatever the detector.
        error: the classifier's test error; phone error rate for CTC.
        device, commit, versions: device, code and libraries that made the row.
        threads: number of threads that each training computed in; None: unknown, or nothing was trained.
        schema: version of the format in which the row was written; see ``SCHEMA``.
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
    study_variant: str | None = None
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
    ap_positive_low: float | None = None
    ap_positive_high: float | None = None
    ap_negative_low: float | None = None
    ap_negative_high: float | None = None
    fpr95_in_low: float | None = None
    fpr95_in_high: float | None = None
    fpr95_out_low: float | None = None
    fpr95_out_high: float | None = None
    aurc: float | None = None
    aurc_low: float | None = None
    aurc_high: float | None = None
    e_aurc: float | None = None
    accuracy_at_80: float | None = None
    accuracy_at_90: float | None = None
    accuracy_at_95: float | None = None
    coverage_at_error_5: float | None = None
    msp_at_error_5: float | None = None
    auroc_minus_msp: float | None = None
    auroc_minus_msp_low: float | None = None
    auroc_minus_msp_high: float | None = None
    ece: float | None = None
    ece_equal_mass: float | None = None
    brier: float | None = None
    nll: float | None = None
    temperature: float | None = None
    ece_scaled: float | None = None
    ece_equal_mass_scaled: float | None = None
    brier_scaled: float | None = None
    nll_scaled: float | None = None
    counted_within: Mapping[str, float] = field(default_factory=dict)
    mean_msp_positive: float | None
    mean_msp_negative: float | None
    error: float | None
    device: str = ""
    threads: int | None = None
    commit: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Refuse a figure that strict JSON cannot hold."""
        values = vars(self)
        for name in FIGURES:
            value = values[name]
            if value is not None and not finite(value):
                raise ValueError(f"{name} is {value}; an undefined figure must be None")


_TYPES: Mapping[str, Any] = get_type_hints(Row)
_FIELDS = {one.name: one for one in fields(Row)}
_REQUIRED = [one.name for one in fields(Row) if one.default is MISSING and one.default_factory is MISSING]

FIGURES = tuple(name for name in _FIELDS if _TYPES[name] == float | None and name != "level_db")
"""The fields that hold a measured figure."""

WITH_INTERVAL = ("auroc", "ap_positive", "ap_negative", "fpr95_in", "fpr95_out", "aurc")
"""The figures whose 95 % interval stands in fields of their name with ``_low`` and ``_high``."""

HIGHEST = {**dict.fromkeys(("nll", "nll_scaled", "temperature", "error"), math.inf), "brier": 2, "brier_scaled": 2}
"""The largest value of figures that may exceed 1; insertions let a phone error rate do so."""
SIGNED = ("e_aurc", "auroc_minus_msp", "auroc_minus_msp_low", "auroc_minus_msp_high")
"""Differences of fractions, which may be negative."""
ROUNDING = 1e-6
_RANGES = {name: (-1 if name in SIGNED else 0, HIGHEST.get(name, 1)) for name in FIGURES}
_ALWAYS = {name: always(kind) for name, kind in _TYPES.items()}

ABOUT = (
    *("task", "profile", "data", "objective", "detector", "question", "model", "in_dist", "out_dist", "population"),
    *("level_db", "train_examples", "subset", "unit", "primary", "study_variant"),
)
"""The fields that identify a row of a run, together with the seed."""


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as lines of strict JSON, in the given order; the same rows give the same bytes.

    Raises:
        UserError: the folder cannot be written, or the disk is full. The file is then as it was before.
    """
    write_text(path, "".join(json.dumps(_record(row), ensure_ascii=False, allow_nan=False) + "\n" for row in rows))


def write_rows_briefly(path: Path, rows: Iterable[Row], digits: int = 6) -> None:
    """Write rows compactly: without fields that have default values, figures rounded to ``digits`` decimals.

    ``read_rows`` reads them too. This is the format of the results that the repository keeps.

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
    record = dict(vars(row))
    record |= {name: float(record[name]) for name in (*FIGURES, "level_db") if record[name] is not None}
    record["held_out"] = None if row.held_out is None else list(row.held_out)
    for name in ("detector_options", "versions", "counted_within"):
        record[name] = dict(sorted(record[name].items()))
    return record


def read_rows(path: Path) -> tuple[Row, ...]:
    """Read the rows of a results file, in order; rows of an earlier format are converted.

    Rows of version 1 lack the task's default noise level and unit, which are read from ``run.json`` in the same folder,
    if it exists.

    Raises:
        UserError: the file is missing, or a line is not a row; the message names the file, the line and what to do.
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
    """Apply ``step`` to every line; a ValueError names the number of the line."""
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
        raise ValueError("not a complete JSON object; the file was truncated or edited") from error


def _row(record: Mapping[str, Any]) -> Row:
    """Return the row with these fields; a ValueError names the wrong field."""
    if missing := [name for name in _REQUIRED if name not in record]:
        raise ValueError(f"missing {', '.join(missing)}")
    if unknown := sorted(set(record) - set(_FIELDS)):
        raise ValueError(f"unknown {', '.join(unknown)}")
    for name, value in record.items():
        if not (_plainly_valid(name, value) or fits(value, _TYPES[name])) or not _in_range(name, value):
            raise ValueError(f"{name} cannot be {brief(value)}")
    if record.get("schema", SCHEMA) > SCHEMA:
        raise ValueError(f"schema {record['schema']} is newer than this checkout, which reads schemas up to {SCHEMA}")
    held_out = record["held_out"]
    return Row(**{**record, "held_out": None if held_out is None else tuple(held_out)})


def _plainly_valid(name: str, value: Any) -> bool:
    """Whether a value is valid by its type alone, as nearly all are; ``fits`` takes ten times as long."""
    return type(value) in _ALWAYS[name] or (type(value) is float and name in _RANGES and math.isfinite(value))


def _in_range(name: str, value: Any) -> bool:
    """Whether a figure can have this value, up to rounding: a fraction lies in [0, 1]."""
    if value is None or name not in _RANGES:
        return True
    low, high = _RANGES[name]
    return bool(low - ROUNDING <= value <= high + ROUNDING)
