"""Monte Carlo dropout: maximum of the mean softmax over passes.

    q = mean over passes of p,   score = log q_c / (1 - q_c),   c = argmax q

which ranks as the largest mean probability and keeps rows apart whose q rounds to 1.

A pass has dropout active and all else as in evaluation; there are ``passes`` of them. Models without dropout are left
out. The masks are seeded, and drawn for a batch: scores depend a little on how rows are batched.

Source: Gal & Ghahramani (ICML 2016), arXiv:1506.02142, the mean over passes.
"""

from dataclasses import dataclass

from torch import Tensor

from common.detector import Detector
from common.detectors.shared.dropout_draws import DropoutProbe
from common.features.fitted import Fitted
from common.metrics.odds import probability
from common.model import View


@dataclass(frozen=True)
class McDropoutMsp(DropoutProbe):
    """Options: those of ``DropoutProbe``."""

    @property
    def name(self) -> str:
        """The detector's name."""
        return "mc_dropout_msp"

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) log odds of the class with the largest mean probability."""
        draws = self.draws(view)
        winner = draws.mean.argmax(1, keepdim=True)
        return (draws.mean.gather(1, winner).log() - draws.rest.gather(1, winner).log())[:, 0]


DETECTOR = Detector(
    name="mc_dropout_msp", title="MC dropout: MSP", probe=McDropoutMsp(), for_mean=probability, default=False
)
