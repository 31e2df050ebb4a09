"""Relative Mahalanobis distances summed over the hidden layers.

    score = -sum_l (min_c d_c(h_l) - d_0(h_l))

Source: Ren et al. (2021), arXiv:2106.09022, equation 1, for each layer of Lee et al. (NeurIPS 2018), arXiv:1807.03888.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector
from common.detectors.mahalanobis_layers import LayeredMahalanobis
from common.features.class_distances import background, nearest
from common.features.fitted import Fitted
from common.model import View


@dataclass(frozen=True)
class LayeredRelativeMahalanobis(LayeredMahalanobis):
    """Distances in all hidden layers that the model offers."""

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the sum of the differences of squared distances."""
        prefixes = [f"{number}." for number in range(len(view.layers))]
        each = [
            background(layer, fitted, prefix) - nearest(layer, fitted, prefix, view.shared)
            for layer, prefix in zip(view.layers, prefixes, strict=True)
        ]
        return torch.stack(each).sum(0)


DETECTOR = Detector(
    name="relative_mahalanobis_layers",
    title="Relative Mahalanobis, all layers",
    probe=LayeredRelativeMahalanobis(),
    default=False,
)
