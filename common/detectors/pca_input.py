"""Principal components of the input: asks whether a network was needed at all.

    score = -|(I - P P^T)(x - mean)|

x is the input of a row as one vector (``Classifier.input_rows``): all pixels; the words of a bag; the mean word vector
or the mean log-mel spectrum of a sequence; the embedded values of a step. P are the directions of largest variance.

Source: Shyu, Chen, Sarinnapakorn & Chang (2003), "A novel anomaly detection scheme based on principal component
classifier".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.moments import mean_of
from common.features.subspace import distance_from, principal, second_moment
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View

WIDEST = 4_096
"""Values of an input at most: the covariance of more would take over 128 MiB."""


@dataclass(frozen=True)
class InputPca(Probe):
    """Options.

    Attributes:
        components: how many, at most half of the input's values.
    """

    inputs: ClassVar[bool] = True
    components: int = 64

    def settings(self) -> Sequence["InputPca"]:
        """Return numbers of components to choose from."""
        return [InputPca(components) for components in (64, 16, 128)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn mean and directions.

        Raises:
            NotApplicable: there is no input, or it is too wide.
        """
        if train.inputs is None or train.inputs.shape[1] > WIDEST:
            raise NotApplicable(f"detector pca_input needs inputs of at most {WIDEST:,} values, which are not here")
        mean = mean_of(train.inputs)
        count = max(1, min(self.components, len(mean) // 2))
        return {"mean": mean.float(), "directions": principal(second_moment(train.inputs, mean), count).float()}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the distance, in units of the input."""
        assert view.inputs is not None, "views of this probe have inputs"
        return -distance_from(view.inputs.float(), fitted["mean"], fitted["directions"])


DETECTOR = Detector(name="pca_input", title="PCA of the input", probe=InputPca(), default=False, family="unsupervised")
