"""NNGuide: the energy, guided by the nearest training examples and their energies.

    score = E(f) * (1 / k) sum over the k largest of E(f_i) cos(f, f_i),   E = logsumexp of the logits

f_i runs over the training rows.

Source: Park, Jung & Teoh (ICCV 2023), arXiv:2309.14888, equations 4 to 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.neighbours import largest, products
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class NearestNeighbourGuidance(Probe):
    """Options.

    Attributes:
        k: how many neighbours guide.
    """

    k: int = 10

    def settings(self) -> Sequence["NearestNeighbourGuidance"]:
        """Return numbers of neighbours to choose from."""
        return [NearestNeighbourGuidance(k) for k in (10, 1, 100)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Keep the directions of the training rows and their energies."""
        return {"bank": train.bank_directions, "energy": train.searched(train.logits).logsumexp(1)}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the guided energy."""
        cosines = products(view, functional.normalize(view.features), fitted["bank"])
        guidance = torch.cat([largest(part * fitted["energy"], self.k)[0].mean(1) for part in cosines])
        return view.logits.logsumexp(1) * guidance


DETECTOR = Detector(name="nnguide", title="NNGuide", probe=NearestNeighbourGuidance(), default=False)
