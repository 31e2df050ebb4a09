"""How far predictions are from uniform: the loss of objectives that want a model unsure of what it does not know."""

from torch import Tensor

from common.data.examples import Batch
from common.model import Classifier, inside_rows


def scored_rows(model: Classifier, logits: Tensor, batch: Batch) -> Tensor:
    """Return (R, S) float32 logits of the scored classes, one row after another, without padding.

    Args:
        model: says which rows are no padding and which classes are scored: a CTC blank is not.
        logits: (B, C) or (B, T, C).
        batch: what they were made of.
    """
    inside = inside_rows(model, batch, logits)
    rows = logits if inside is None else logits[inside]
    return rows[:, : model.scored_classes].float()


def cross_entropy_to_uniform(rows: Tensor) -> Tensor:
    """Return the mean over rows of -(1 / C) sum_c log softmax(z)_c = logsumexp(z) - mean_c z_c, in nats.

    Its least value is log C, of uniform predictions; the divergence KL(uniform || p) is this less log C.

    >>> import torch
    >>> float(cross_entropy_to_uniform(torch.zeros(3, 1)))
    0.0
    """
    return (rows.logsumexp(1) - rows.mean(1)).mean()


def uniform_cross_entropy(model: Classifier, logits: Tensor, batch: Batch) -> Tensor:
    """Return the mean cross-entropy to uniform of a batch's rows: see ``scored_rows`` for the arguments."""
    return cross_entropy_to_uniform(scored_rows(model, logits, batch))
