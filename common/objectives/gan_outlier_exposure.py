"""Confidence-calibrated classifier, then Outlier Exposure: the network of ``gan``, fine-tuned with outliers.

    1. criterion(x, y) + beta KL(uniform || p(. | G(z))), as the task trains with ``gan``
    2. criterion(x, y) + lambda * mean over outlier rows of (logsumexp(z) - mean_c z_c), a fine-tuning

Both steps have the options of their own objectives.

Source: Lee, Lee, Lee & Shin (ICLR 2018), arXiv:1711.09325; Hendrycks, Mazeika & Dietterich (ICLR 2019),
arXiv:1812.04606, table 4, where real outliers replace the generated ones.
"""

from common.objectives.outlier_exposure import OutlierExposure


class GanOutlierExposure(OutlierExposure):
    """The second step; the first is a training of its own, so a run that has both trains it once."""

    continues = "gan"


OBJECTIVE = GanOutlierExposure()
