"""Cosine of the angle to the nearest class mean.

    score = max_c f.mean_c / (|f| |mean_c|)

Source: Techapanurak, Suganuma & Okatani (ACCV 2020), arXiv:1905.10628, with class means in place of learned directions.
"""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from common.detector import Detector, Fitted, Probe
from common.features.training_views import TrainingViews
from common.model import View


@dataclass(frozen=True)
class Cosine(Probe):
    """Angle in the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn the directions of the class means."""
        return {"directions": functional.normalize(train.moments().means).float()}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the cosine, from -1 to 1."""
        return (functional.normalize(view.features) @ fitted["directions"].T).amax(1)


DETECTOR = Detector(name="cosine", title="Cosine to class means", probe=Cosine(), default=False)
