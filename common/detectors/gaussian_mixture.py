"""Density of a Gaussian mixture fitted to the features without labels.

    score = log sum_k w_k N(x; mean_k, diag(variance_k)),   x the features, each with mean 0 and variance 1

Fitted by expectation maximisation (scikit-learn) to at most 2,500 rows.

Source: Bishop, Pattern recognition and machine learning (2006), section 9.2.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.standardised import even_sample, standardised
from common.features.training_views import TrainingViews
from common.model import View

ROWS = 2_500


@dataclass(frozen=True)
class Mixture(Probe):
    """Options.

    Attributes:
        components: how many Gaussians, at most one for ten rows.
    """

    components: int = 16

    def fit(self, train: TrainingViews) -> Fitted:
        """Fit weights, means and variances."""
        from sklearn.mixture import GaussianMixture

        scale = train.scale
        rows = standardised(even_sample(train.features, ROWS), scale).numpy()
        count = max(1, min(self.components, len(rows) // 10))
        found = GaussianMixture(count, covariance_type="diag", reg_covar=1e-3, max_iter=200, tol=1e-2, random_state=0)
        found.fit(rows)
        named = {"weights": found.weights_, "means": found.means_, "variances": found.covariances_}
        return {**scale, **{name: torch.from_numpy(value) for name, value in named.items()}}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the log density, less the constant (D / 2) log 2 pi."""
        rows, precision = standardised(view.features, fitted), 1 / fitted["variances"]
        means = fitted["means"]
        squares = rows.square() @ precision.T - 2 * rows @ (means * precision).T + (means.square() * precision).sum(1)
        weights = fitted["weights"].log() + 0.5 * precision.log().sum(1)
        return (weights - 0.5 * squares).logsumexp(1)


DETECTOR = Detector(
    name="gaussian_mixture", title="Gaussian mixture", probe=Mixture(), default=False, family="one-class"
)
