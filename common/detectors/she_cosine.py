"""SHE with the cosine: the angle between the features and the stored pattern of the predicted class.

    score = f.m_c / (|f| |m_c|),   m_c as in SHE

Source: Zhang et al. (ICLR 2023), with the cosine in place of the inner product.
"""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from common.detector import Detector, Fitted
from common.detectors.she import StoredPatterns
from common.model import View


@dataclass(frozen=True)
class StoredDirections(StoredPatterns):
    """Patterns in the last hidden layer."""

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the cosine, from -1 to 1."""
        return functional.cosine_similarity(view.features, fitted["patterns"][view.predicted])


DETECTOR = Detector(name="she_cosine", title="SHE, cosine", probe=StoredDirections(), default=False)
