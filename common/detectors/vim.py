"""ViM: the energy, less the residual of the features as the logit of a further, virtual class.

    score = logsumexp(z) - alpha |Q^T (f - u)|

alpha brings residuals to the scale of logits: mean largest logit / mean residual of the training rows. u and Q as in
Residual. Published dimension: 1,000 of 2,048 features, 512 of 768, else half.

Source: Wang, Li, Feng & Zhang (CVPR 2022), arXiv:2203.10807, section 4.
"""

from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector
from common.detectors.residual import Residual
from common.features.fitted import Fitted
from common.features.subspace import distance_along
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View


@dataclass(frozen=True)
class VirtualLogit(Residual):
    """Options as of ``Residual``."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn origin, directions and alpha.

        Raises:
            NotApplicable: the largest logits are negative in the mean, so alpha would turn the score around.
        """
        fitted = super().fit(train)
        residual = distance_along(train.features, fitted["origin"], fitted["outside"]).mean()
        alpha = train.logits.amax(1).mean() / residual.clamp_min(1e-12)
        if alpha <= 0:
            raise NotApplicable("detector vim needs a positive mean of the largest logits, and this model's is not")
        return {**fitted, "alpha": alpha}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the score, in units of the logits."""
        residual = distance_along(view.features, fitted["origin"], fitted["outside"])
        return view.logits.logsumexp(1) - fitted["alpha"] * residual


DETECTOR = Detector(name="vim", title="ViM", probe=VirtualLogit(), default=False)
