"""Energy-margin Outlier Exposure: fine-tune so that energy, -logsumexp(z), is low inside and high outside.

    loss = criterion(in-distribution batch)
           + lambda * (mean max(0, E(x) - m_in)^2 over in-distribution rows
                       + mean max(0, m_out - E(x))^2 over outlier rows),    E(x) = -log sum_c exp(z_c)

over the scored classes (a CTC blank is not one). The margins are those of CIFAR-10 as published; a task may set
``weight``, ``margin_in`` and ``margin_out``. Epochs and learning rate are those of ``outlier_exposure``.

Source: Liu, Wang, Owens & Li (NeurIPS 2020), arXiv:2010.03759, equations 6 to 8, and their code.
"""

from dataclasses import dataclass

from torch import Tensor

from common.model import Classifier
from common.objective import Need, SameNetwork
from common.training.exposure import fine_tuning, fit_with_outliers
from common.training.setup import Setup

WEIGHT, MARGIN_IN, MARGIN_OUT = 0.1, -23.0, -5.0


@dataclass(frozen=True)
class EnergyMargins:
    """Squared distances to the right side of two margins of the energy, in logits."""

    inside: float = MARGIN_IN
    outside: float = MARGIN_OUT

    def __call__(self, known: Tensor, unknown: Tensor) -> Tensor:
        """Return the sum of both means."""
        too_high = (-known.logsumexp(1) - self.inside).clamp_min(0)
        too_low = (self.outside + unknown.logsumexp(1)).clamp_min(0)
        return too_high.square().mean() + too_low.square().mean()


class EnergyOutlierExposure(SameNetwork):
    """Fine-tuning with outliers beside the training set, by their energy."""

    needs: frozenset[Need] = frozenset({"outliers"})
    continues = True

    def train(self, model: Classifier, setup: Setup) -> None:
        """Fine-tune in place."""
        name = "energy_outlier_exposure"
        options = setup.options(name)
        margins = EnergyMargins(options.get("margin_in", MARGIN_IN), options.get("margin_out", MARGIN_OUT))
        fit_with_outliers(model, setup, name, margins, WEIGHT, fine_tuning(setup, name))


OBJECTIVE = EnergyOutlierExposure()
