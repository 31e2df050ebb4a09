"""Label smoothing: a little of every label goes to all classes alike.

    loss = (1 - a) criterion(batch) + a * mean over rows of (logsumexp(z) - mean_c z_c)

For cross-entropy this is the cross-entropy to the labels (1 - a) onehot(y) + a / C. Frames of a CTC model, which have
no labels, get the second term over the scored classes: the blank, most frames' answer, is not pulled down.
A task may set ``smoothing``, a.

Source: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (CVPR 2016), arXiv:1512.00567, section 7; its effect on confidence:
Müller, Kornblith & Hinton (NeurIPS 2019), arXiv:1906.02629.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from common.data.examples import Batch
from common.model import Classifier
from common.objective import SameNetwork
from common.training.loop import fit
from common.training.setup import Criterion, Setup
from common.training.uniform import uniform_cross_entropy

SMOOTHING = 0.1


@dataclass(frozen=True)
class SmoothedLoss:
    """The loss above."""

    criterion: Criterion
    smoothing: float = SMOOTHING

    def __call__(self, model: Classifier, batch: Batch, beside: Mapping[str, Batch]) -> Tensor:
        """Return the mean loss of a batch."""
        logits = model(batch)
        own, uniform = self.criterion(model, logits, batch), uniform_cross_entropy(model, logits, batch)
        return (1 - self.smoothing) * own + self.smoothing * uniform


class LabelSmoothing(SameNetwork):
    """The task's recipe with smoothed labels."""

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train in place."""
        smoothing = setup.options("label_smoothing").get("smoothing", SMOOTHING)
        fit(model, SmoothedLoss(setup.own_criterion("label_smoothing"), smoothing), setup)


OBJECTIVE = LabelSmoothing()
