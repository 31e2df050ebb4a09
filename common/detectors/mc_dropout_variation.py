"""Monte Carlo dropout: variation ratio, how many passes vote for another class than most do.

    score = -(1 - votes of the class with most votes / passes)

It has as many values as passes, so ties are many; they count half.

A pass has dropout active and all else as in evaluation; there are ``passes`` of them. Models without dropout are left
out. The masks are seeded, and drawn for a batch: scores depend a little on how rows are batched.

Source: Freeman (1965), as used by Gal, Islam & Ghahramani (ICML 2017), arXiv:1703.02910.
"""

from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector
from common.detectors.shared.dropout_draws import DropoutProbe
from common.features.fitted import Fitted
from common.model import View


@dataclass(frozen=True)
class McDropoutVariation(DropoutProbe):
    """Options: those of ``DropoutProbe``."""

    @property
    def name(self) -> str:
        """The detector's name."""
        return "mc_dropout_variation"

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) minus the variation ratio, from -(1 - 1 / S) to 0."""
        draws = self.draws(view)
        return draws.votes.amax(1) / draws.passes - 1


DETECTOR = Detector(
    name="mc_dropout_variation", title="MC dropout: variation ratio", probe=McDropoutVariation(), default=False
)
