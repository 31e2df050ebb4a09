"""One-class support vector machine on the features.

    score = sum_i a_i exp(-gamma |x - x_i|^2) - rho,   x the features, each with mean 0 and variance 1

Fitted by scikit-learn to at most 1,250 rows, since its time grows with their square; gamma = 1 / D.

Source: Schölkopf, Platt, Shawe-Taylor, Smola & Williamson, "Estimating the support of a high-dimensional distribution",
Neural Computation 13 (2001).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.moments import squared_distances
from common.features.standardised import even_sample, standardised
from common.features.training_views import TrainingViews
from common.model import View

ROWS = 1_250


@dataclass(frozen=True)
class SupportVectors(Probe):
    """Options.

    Attributes:
        nu: fraction of training rows that may lie outside, at most.
    """

    nu: float = 0.1

    def settings(self) -> Sequence["SupportVectors"]:
        """Return fractions to choose from."""
        return [SupportVectors(nu) for nu in (0.1, 0.01, 0.5)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Fit support vectors, their coefficients and the offset."""
        from sklearn.svm import OneClassSVM

        key = "one-class kernel"
        if key not in train.shared:
            scale = train.scale
            rows = standardised(even_sample(train.features, ROWS), scale)
            train.shared[key] = scale, rows, _kernel(rows, rows).numpy()
        scale, rows, kernel = train.shared[key]
        found = OneClassSVM(nu=self.nu, kernel="precomputed").fit(kernel)
        named = {"weights": found.dual_coef_[0], "offset": found.intercept_}
        learned = {name: torch.from_numpy(value.copy()) for name, value in named.items()}
        return {**scale, **learned, "vectors": rows[torch.from_numpy(found.support_).long()]}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the decision function; below 0 outside."""
        rows = standardised(view.features, fitted)
        return _kernel(rows, fitted["vectors"]) @ fitted["weights"] + fitted["offset"]


def _kernel(rows: Tensor, others: Tensor) -> Tensor:
    """Return (R, N) exp(-|x - y|^2 / D)."""
    return (-squared_distances(rows, others) / rows.shape[1]).exp()


DETECTOR = Detector(
    name="one_class_svm", title="One-class SVM", probe=SupportVectors(), default=False, family="one-class"
)
