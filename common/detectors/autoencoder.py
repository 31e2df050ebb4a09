"""Auto-encoder of the features: how badly a network with a bottleneck reconstructs a row.

    score = -mean over features of (x - decoder(encoder(x)))^2,   x the features, each with mean 0 and variance 1

D -> D/2 -> D/8 -> D/2 -> D, at most 256 and 64 GELU units in the middle, 2 epochs of Adam on at most 5,000 rows in
batches of 64.

Source: Sakurada & Yairi (MLSDA 2014), "Anomaly detection using autoencoders with nonlinear dimensionality reduction".
"""

from dataclasses import dataclass

from torch import Tensor, nn

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.small_networks import applied, seeded, trained
from common.features.standardised import even_sample, standardised
from common.features.training_views import TrainingViews
from common.model import View

ROWS, BATCH, EPOCHS, RATE, WIDEST = 5_000, 64, 2, 3e-3, 256


@dataclass(frozen=True)
class Autoencoder(Probe):
    """Reconstruction of the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Train the network."""
        scale = train.scale
        rows = standardised(even_sample(train.features, ROWS), scale).float()
        network = seeded(lambda: _network(rows.shape[1]))

        def loss(batch: Tensor) -> Tensor:
            error: Tensor = (network(batch) - batch).square().mean()
            return error

        return {**scale, **trained(network, rows, loss, epochs=EPOCHS, batch=BATCH, rate=RATE)}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the mean squared error; at most 0."""
        rows = standardised(view.features, fitted).float()
        network = _network(rows.shape[1]).to(rows.device)
        return -(applied(network, fitted, rows) - rows).square().mean(1)


def _network(width: int) -> nn.Module:
    wide, narrow = min(max(width // 2, 2), WIDEST), min(max(width // 8, 1), WIDEST // 4)
    return nn.Sequential(
        *(nn.Linear(width, wide), nn.GELU(), nn.Linear(wide, narrow)),
        *(nn.Linear(narrow, wide), nn.GELU(), nn.Linear(wide, width)),
    )


DETECTOR = Detector(name="autoencoder", title="Auto-encoder", probe=Autoencoder(), default=False, family="unsupervised")
