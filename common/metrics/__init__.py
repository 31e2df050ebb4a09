"""Metrics of arrays: how well scores separate two samples, and how well confidences are calibrated.

These modules do not depend on tasks, models or files, and do not import torch. The public functions can be imported
from here: ``from common.metrics import separation``.
"""

from common.metrics.bootstrap import bootstrap_intervals
from common.metrics.calibration import (
    brier_score,
    equal_mass_calibration_error,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    risk_coverage,
)
from common.metrics.comparison import holm, paired_difference, placements
from common.metrics.confusion import Confusion, confusion
from common.metrics.detection import (
    aupr_trapezoid,
    auroc_interval,
    average_precision,
    detection_error,
    fpr_at_tpr,
    roc_auc,
    roc_curve,
    separation,
)
from common.metrics.model_calibration import model_calibration
from common.metrics.paired import paired_differences
from common.metrics.ranks import mean_ranks
from common.metrics.risk import accuracy_at, excess_aurc, threshold_for_error
from common.metrics.streaming import StreamingSeparation
from common.metrics.streaming_calibration import StreamingCalibrationError, StreamingRiskCoverage

__all__ = [
    "Confusion",
    "StreamingCalibrationError",
    "StreamingRiskCoverage",
    "StreamingSeparation",
    "accuracy_at",
    "aupr_trapezoid",
    "auroc_interval",
    "average_precision",
    "bootstrap_intervals",
    "brier_score",
    "confusion",
    "detection_error",
    "equal_mass_calibration_error",
    "excess_aurc",
    "expected_calibration_error",
    "fit_temperature",
    "fpr_at_tpr",
    "holm",
    "mean_ranks",
    "model_calibration",
    "negative_log_likelihood",
    "paired_difference",
    "paired_differences",
    "placements",
    "risk_coverage",
    "roc_auc",
    "roc_curve",
    "separation",
    "threshold_for_error",
]
