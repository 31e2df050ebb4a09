"""Maximum softmax probability at the temperature that calibrates it.

    score = log p / (1 - p),   p = max_c softmax(z / T)_c,   T = argmin of the mean of -log softmax(z / T)_label

T is fitted on the validation rows where the task's budget holds some back, else on the training rows, whose labels the
network knows too well: T is then too small. No OOD set takes part. The log odds rank as p does.

Source: Guo, Pleiss, Sun & Weinberger (ICML 2017), arXiv:1706.04599, section 4.2.
"""

from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.log_odds import log_odds
from common.features.temperature import fitted_temperature
from common.features.training_views import TrainingViews
from common.metrics.odds import probability
from common.model import View


@dataclass(frozen=True)
class TemperatureMsp(Probe):
    """No options: the temperature is fitted."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the temperature."""
        return fitted_temperature(train, "temperature_msp")

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) log odds of the most likely class at the temperature."""
        return log_odds(view.logits.double() / fitted["temperature"])


DETECTOR = Detector(
    name="temperature_msp",
    title="Temperature-scaled MSP",
    probe=TemperatureMsp(),
    for_mean=probability,
    default=False,
)
