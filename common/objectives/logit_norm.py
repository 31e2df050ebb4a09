"""Logit normalisation: the loss sees the direction of the logits and not their length.

    loss = criterion of z / (tau ||z||)

so that training cannot lower the loss by ever longer logits, which make a network sure of everything. The norm is that
of a row's logits, a CTC blank's included, which the loss reads too. The network itself answers with z, as published:
its scores are of logits that are not normalised. A task may set ``temperature``, tau, which decides what the length of
z tells then. With a small tau the loss is content once directions are right, nothing makes the logits of the training
set longer than others, and on raw pixels bright OOD images get the longest; with a larger one it goes on.

Source: Wei, Xie, Cheng, Feng, An & Li (ICML 2022), arXiv:2205.09310, equation 5; tau = 0.04 is that of CIFAR-10.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from common.data.examples import Batch
from common.model import Classifier
from common.objective import SameNetwork
from common.training.loop import fit
from common.training.setup import Criterion, Setup

TEMPERATURE = 0.04
LEAST_NORM = 1e-7
"""Added to a norm, for logits that are all 0."""


@dataclass(frozen=True)
class LogitNormLoss:
    """The loss above."""

    criterion: Criterion
    temperature: float = TEMPERATURE

    def __call__(self, model: Classifier, batch: Batch, beside: Mapping[str, Batch]) -> Tensor:
        """Return the mean loss of a batch."""
        logits = model(batch).float()
        norms = logits.norm(dim=-1, keepdim=True) + LEAST_NORM
        return self.criterion(model, logits / norms / self.temperature, batch)


class LogitNorm(SameNetwork):
    """The task's recipe on normalised logits."""

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train in place."""
        temperature = setup.options("logit_norm").get("temperature", TEMPERATURE)
        fit(model, LogitNormLoss(setup.own_criterion("logit_norm"), temperature), setup)


OBJECTIVE = LogitNorm()
