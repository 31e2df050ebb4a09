"""Cross-entropy: the softmax classifier of the baseline."""

from torch import Tensor
from torch.nn import functional

from common.base.errors import UserError
from common.data.examples import IGNORE, Batch
from common.model import Classifier
from common.objective import LossObjective


def cross_entropy(model: Classifier, logits: Tensor, batch: Batch) -> Tensor:
    """Mean of -log softmax(z)[y] over the rows of a batch that have a label."""
    if batch.labels is None or batch.labels.shape != logits.shape[:-1]:
        given = None if batch.labels is None else tuple(batch.labels.shape)
        rows = tuple(logits.shape[:-1])
        raise UserError(f"cross-entropy needs a label a row: the model gives rows {rows}, the task labels {given}")
    return functional.cross_entropy(logits.flatten(0, -2), batch.labels.flatten(), ignore_index=IGNORE)


OBJECTIVE = LossObjective(cross_entropy)
