"""Deep SVDD on the features: a network pulls the training rows towards a point; strange rows end far from it.

    score = -|phi(x) - c|^2,   c = mean of phi over the training rows before training,   x standardised features

phi has no biases and unbounded units and c is not 0, or a network that gives c for every input would be best.
D -> D/2 -> D/4, at most 128 and 64 leaky ReLU units, weight decay 1e-3, 20 epochs of Adam on at most 2,500 rows.

Source: Ruff et al. (ICML 2018), "Deep one-class classification", equation 4 and propositions 1 to 3.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.small_networks import applied, seeded, trained
from common.features.standardised import even_sample, standardised
from common.features.training_views import TrainingViews
from common.model import View

ROWS, DECAY, LEAST, WIDEST = 2_500, 1e-3, 0.1, 128
"""``LEAST``: no coordinate of the centre lies nearer to 0 than that."""


@dataclass(frozen=True)
class DeepSvdd(Probe):
    """One point for all classes, in a space learned from the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Train the network."""
        scale = train.scale
        rows = standardised(even_sample(train.features, ROWS), scale).float()
        network = seeded(lambda: _network(rows.shape[1]))
        with torch.no_grad():
            centre = network(rows).mean(0)
        centre = torch.where(centre.abs() < LEAST, torch.where(centre < 0, -LEAST, LEAST), centre)
        weights = trained(network, rows, lambda batch: (network(batch) - centre).square().sum(1).mean(), DECAY)
        return {**scale, **weights, "centre": centre}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the squared distance; at most 0."""
        rows = standardised(view.features, fitted).float()
        network = _network(rows.shape[1]).to(rows.device)
        return -(applied(network, fitted, rows) - fitted["centre"]).square().sum(1)


def _network(width: int) -> nn.Module:
    wide, narrow = min(max(width // 2, 2), WIDEST), min(max(width // 4, 1), WIDEST // 2)
    return nn.Sequential(nn.Linear(width, wide, bias=False), nn.LeakyReLU(0.1), nn.Linear(wide, narrow, bias=False))


DETECTOR = Detector(name="deep_svdd", title="Deep SVDD", probe=DeepSvdd(), default=False, family="one-class")
