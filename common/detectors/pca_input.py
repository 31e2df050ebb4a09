"""Principal components of the input: asks whether a network was needed at all.

    score = -|(I - P P^T)(x - mean)|

x is the input of a row as one vector (``Classifier.input_rows``): all pixels of an image; tf-idf of a text's words; the
log-mel energies of a sound, their mean over time where its length varies; the embedded values of a step that is
classified. P are the directions of largest variance, of wide inputs such as a vocabulary by a truncated singular value
decomposition. A pretrained network's tokens are its own vectors of them, so there the network is not out of play.

Source: Shyu, Chen, Sarinnapakorn & Chang (2003), "A novel anomaly detection scheme based on principal component
classifier".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.subspace import distance_from
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View


@dataclass(frozen=True)
class InputPca(Probe):
    """Options.

    Attributes:
        components: how many, at most half of the input's values, and at most ``COMPONENTS`` of ``training_views``.
    """

    inputs: ClassVar[bool] = True
    components: int = 64

    def settings(self) -> Sequence["InputPca"]:
        """Return numbers of components to choose from."""
        return [InputPca(components) for components in (64, 16, 128)]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn mean and directions.

        Raises:
            NotApplicable: there is no input.
        """
        if train.inputs is None:
            raise NotApplicable("detector pca_input needs the inputs themselves, which are not here")
        mean, directions = train.input_components
        return {"mean": mean, "directions": directions[:, -self.components :].contiguous()}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the distance, in units of the input."""
        assert view.inputs is not None, "views of this probe have inputs"
        return -distance_from(view.inputs.float(), fitted["mean"], fitted["directions"])


DETECTOR = Detector(name="pca_input", title="PCA of the input", probe=InputPca(), default=False, family="unsupervised")
