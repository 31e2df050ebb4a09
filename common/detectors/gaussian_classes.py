"""Density of a Gaussian for each class with a covariance and a prior of its own.

    score = log sum_c (n_c / n) N(f; mean_c, (1 - s) S_c + s tied)

S_c is the covariance of class c. A class with fewer rows than features has a singular one, hence the shrinkage s
towards the covariance that all share.

Source: Mukhoti et al., "Deep deterministic uncertainty" (CVPR 2023), arXiv:2102.11582, algorithm 1, with shrinkage.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.moments import whitener
from common.features.subspace import second_moment
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View

MOST_VALUES, MOST_OF_ENSEMBLE = 2**25, 2**23
"""Of all covariances together: those of 100 classes with 512 features have 26 million, one in 300 of them from data.

Of an ensemble fewer, most of which say how features of different members go together.
"""

BLOCK = 64
"""Rows of a triangular matrix that are multiplied at a time: in four blocks, 5/8 of the products are made."""


@dataclass(frozen=True)
class GaussianClasses(Probe):
    """Options.

    Attributes:
        shrinkage: s, from 0 to 1.
    """

    shrinkage: float = 0.2

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn mean, whitening matrix and log of the weight of each class that has rows.

        Raises:
            NotApplicable: features are too wide, as those of an ensemble's members together.
        """
        moments = train.moments()
        values = moments.means.numel() * moments.means.shape[1]
        if values > (MOST_OF_ENSEMBLE if "mutual_information" in train.extras else MOST_VALUES):
            count, width = moments.means.shape
            raise NotApplicable(
                "detector gaussian_classes needs a covariance for each class, and those of "
                f"{count} classes with {width:,} features have too many values to be estimated"
            )
        sizes = torch.bincount(train.classes)
        kinds = sizes.nonzero()[:, 0].tolist()
        whiten, weight = [], []
        for kind, mean in zip(kinds, moments.means, strict=True):
            own = second_moment(train.features[train.classes == kind], mean)
            one = whitener((1 - self.shrinkage) * own + self.shrinkage * moments.tied)
            whiten.append(one.float())
            weight.append((sizes[kind] / len(train.classes)).log() + one.diagonal().log().sum())
        return {"means": moments.means.float(), "whiten": torch.stack(whiten), "weight": torch.stack(weight)}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the log density, less the constant (D / 2) log 2 pi."""
        each = []
        for mean, whiten, weight in zip(fitted["means"], fitted["whiten"], fitted["weight"], strict=True):
            each.append(weight - 0.5 * _squared_lengths(view.features - mean, whiten))
        return torch.stack(each).logsumexp(0)


def _squared_lengths(rows: Tensor, lower: Tensor) -> Tensor:
    """Return (R,) float64 |L x|^2 of each of (R, D) rows, L (D, D) lower triangular.

    ``BLOCK`` rows of L at a time are multiplied with as many columns as are not 0.
    """
    total = rows.new_zeros(len(rows), dtype=torch.float64)
    for start in range(0, len(lower), BLOCK):
        stop = min(start + BLOCK, len(lower))
        part = rows[:, :stop] @ lower[start:stop, :stop].T
        total += torch.linalg.vector_norm(part, dim=1).double().square()
    return total


DETECTOR = Detector(name="gaussian_classes", title="Gaussian a class", probe=GaussianClasses(), default=False)
