"""Monte Carlo dropout: mutual information of prediction and dropout mask.

    score = -(H(mean over passes of p) - mean over passes of H(p)),   H(p) = -sum_c p_c log p_c

0 where all passes say the same, however unsure they are: it measures disagreement alone.

A pass has dropout active and all else as in evaluation; there are ``passes`` of them. Models without dropout are left
out. The masks are seeded, and drawn for a batch: scores depend a little on how rows are batched.

Source: Gal, Islam & Ghahramani (ICML 2017), arXiv:1703.02910, whose acquisition function it is.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Detector
from common.detectors.shared.dropout_draws import DropoutProbe
from common.features.fitted import Fitted
from common.model import View


@dataclass(frozen=True)
class McDropoutMutualInformation(DropoutProbe):
    """Options: those of ``DropoutProbe``."""

    @property
    def name(self) -> str:
        """The detector's name."""
        return "mc_dropout_mutual_information"

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the mutual information; nats, at most 0."""
        draws = self.draws(view)
        of_mean = -torch.xlogy(draws.mean, draws.mean).sum(1)
        return -(of_mean - draws.entropy).clamp_min(0)  # below 0 by rounding alone


DETECTOR = Detector(
    name="mc_dropout_mutual_information",
    title="MC dropout: mutual information",
    probe=McDropoutMutualInformation(),
    default=False,
)
