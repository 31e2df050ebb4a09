"""Connectionist temporal classification: a sequence of labels for a longer sequence of rows, their alignment unknown.

Source: Graves, Fernandez, Gomez & Schmidhuber, "Connectionist temporal classification", ICML 2006.
"""

from torch import Tensor
from torch.nn import functional

from common.base.errors import UserError
from common.data.examples import Batch
from common.model import Classifier
from common.objective import LossObjective


def ctc(model: Classifier, logits: Tensor, batch: Batch) -> Tensor:
    """Mean over a batch of -log p(labels), a sum over all alignments, in nats a label.

    The model's last class is the blank. A sequence that has too few rows to spell its labels counts as 0.
    """
    rows = model.row_lengths(batch)
    if batch.labels is None or batch.label_lengths is None or rows is None:
        raise UserError(
            "CTC needs sequences of labels and a model of sequences; the task has others: choose cross_entropy"
        )
    log_probabilities = logits.float().log_softmax(-1).transpose(0, 1)
    labels = batch.labels.clamp_min(0)  # padding is never read, but must be a class
    blank = logits.shape[-1] - 1
    lengths = batch.label_lengths
    loss: Tensor = functional.ctc_loss(log_probabilities, labels, rows, lengths, blank, "mean", zero_infinity=True)
    return loss


OBJECTIVE = LossObjective(ctc)
