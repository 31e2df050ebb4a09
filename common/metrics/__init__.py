"""Metrics of arrays: how well scores separate two samples, and how well confidences are calibrated.

These modules do not depend on tasks, models or files, and do not import torch. The public functions can be imported
from here: ``from common.metrics import separation``.
"""

from common.metrics.calibration import (
    brier_score,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    risk_coverage,
)
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
from common.metrics.streaming import StreamingSeparation
from common.metrics.streaming_calibration import StreamingCalibrationError, StreamingRiskCoverage

__all__ = [
    "StreamingCalibrationError",
    "StreamingRiskCoverage",
    "StreamingSeparation",
    "aupr_trapezoid",
    "auroc_interval",
    "average_precision",
    "brier_score",
    "detection_error",
    "expected_calibration_error",
    "fit_temperature",
    "fpr_at_tpr",
    "negative_log_likelihood",
    "risk_coverage",
    "roc_auc",
    "roc_curve",
    "separation",
]
