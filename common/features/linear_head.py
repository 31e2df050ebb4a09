"""The last layer of a network as a matrix: logits = W f + b."""

from dataclasses import dataclass

import torch
from torch import Tensor

from common.model import Classifier

TOLERANCE = 1e-3
"""Largest root mean square error of the logits, in their standard deviations, of a head that counts as found."""


@dataclass(frozen=True)
class LinearHead:
    """Weights (S, D) and biases (S,) of the scored classes."""

    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Return (R, S) logits of (R, D) features, or of changed ones."""
        return features @ self.weight.T + self.bias

    def explains(self, features: Tensor, logits: Tensor) -> bool:
        """Whether the logits are what this head makes of the features, within ``TOLERANCE``."""
        error = (self(features) - logits).square().mean().sqrt()
        return bool(error <= TOLERANCE * logits.std().clamp_min(1e-6))


def head_of(model: Classifier, features: Tensor, logits: Tensor) -> LinearHead | None:
    """Return the head of a model whose ``classify`` is linear, else None.

    The biases are the logits of zero features, and column d of W is what unit vector d adds to them; whether that
    explains the logits is checked on the features given.

    Args:
        model: in evaluation mode.
        features: (R, D), such as the training set's.
        logits: (R, S) that the model gave them.
    """
    width = features.shape[1]
    with torch.no_grad():
        probes = torch.cat([torch.zeros(1, width), torch.eye(width)]).to(model.device, features.dtype)
        answers = model.classify(probes)[:, : model.scored_classes].float().cpu()
    head = LinearHead((answers[1:] - answers[0]).T.contiguous(), answers[0])
    return head if head.explains(features, logits) else None


def fitted_head(features: Tensor, logits: Tensor) -> LinearHead | None:
    """Return the head that gives the logits of the features by least squares, or None where none does.

    For features and logits in a file, whose network is not here. In float64; a direction in which the features do not
    vary gets no weight.
    """
    centre, mean = features.double().mean(0), logits.double().mean(0)
    weight = torch.linalg.lstsq(features.double() - centre, logits.double() - mean, driver="gelsd").solution.T
    head = LinearHead(weight.float(), (mean - weight @ centre).float())
    return head if head.explains(features, logits) else None
