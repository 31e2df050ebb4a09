"""Energy at the temperature that calibrates the softmax.

    score = T log sum_c exp(z_c / T),   T = argmin of the mean of -log softmax(z / T)_label

T is fitted as for ``temperature_msp``: on validation rows where the budget holds some back, else on training rows. The
energy's authors keep T = 1, and find larger T worse.

Source: Liu, Wang, Owens & Li (NeurIPS 2020), arXiv:2010.03759, the free energy; T of Guo et al. (ICML 2017),
arXiv:1706.04599.
"""

from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Fitted, Probe
from common.features.temperature import fitted_temperature
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class TemperatureEnergy(Probe):
    """No options: the temperature is fitted."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the temperature."""
        return fitted_temperature(train, "temperature_energy")

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the free energy's negative, in units of the logits."""
        temperature = fitted["temperature"]
        return temperature * (view.logits.double() / temperature).logsumexp(1)


DETECTOR = Detector(
    name="temperature_energy", title="Temperature-scaled energy", probe=TemperatureEnergy(), default=False
)
