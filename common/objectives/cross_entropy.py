"""Cross-entropy: the softmax classifier of the baseline."""

from torch import Tensor
from torch.nn import functional

from common.examples import IGNORE, Batch
from common.model import Classifier
from common.objective import LossObjective


def cross_entropy(model: Classifier, batch: Batch) -> Tensor:
    """Mean of -log softmax(z)[y] over the rows of a batch that have a label."""
    assert batch.labels is not None, "cross-entropy needs labels"
    logits = model(batch)
    return functional.cross_entropy(logits.flatten(0, -2), batch.labels.flatten(), ignore_index=IGNORE)


OBJECTIVE = LossObjective(cross_entropy)
