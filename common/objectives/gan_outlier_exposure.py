"""Confidence-calibrated classifier, then Outlier Exposure: the network of ``gan``, fine-tuned with outliers.

    1. criterion(x, y) + beta KL(uniform || p(. | G(z))), the whole recipe
    2. criterion(x, y) + lambda * mean over outlier rows of (logsumexp(z) - mean_c z_c), a fine-tuning

Both steps have the options of their own objectives.

Source: Lee, Lee, Lee & Shin (ICLR 2018), arXiv:1711.09325; Hendrycks, Mazeika & Dietterich (ICLR 2019),
arXiv:1812.04606, table 4, where real outliers replace the generated ones.
"""

from common.model import Classifier
from common.objective import Need, SameNetwork
from common.objectives.gan import OBJECTIVE as GAN
from common.objectives.outlier_exposure import OBJECTIVE as OUTLIER_EXPOSURE
from common.training.setup import Setup


class GanOutlierExposure(SameNetwork):
    """Two trainings of the same weights, one after the other."""

    needs: frozenset[Need] = frozenset({"outliers"})

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train in place."""
        GAN.train(model, setup)
        OUTLIER_EXPOSURE.train(model, setup)


OBJECTIVE = GanOutlierExposure()
