"""What several passes with dropout say of each row: the part that all Monte Carlo dropout scores share."""

from dataclasses import dataclass

import torch
from torch import Tensor

from common.detector import Probe
from common.features.fitted import Fitted
from common.features.log_odds import log_odds
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View


@dataclass(frozen=True)
class Draws:
    """Sums over passes, in float64.

    Attributes:
        mean: (R, S) mean of the softmax p.
        rest: (R, S) mean of 1 - p, which keeps its digits where p is nearly 1.
        entropy: (R,) mean of the entropy of p, in nats.
        votes: (R, S) in how many passes each class was the most likely.
        passes: how many.
    """

    mean: Tensor
    rest: Tensor
    entropy: Tensor
    votes: Tensor
    passes: int


@dataclass(frozen=True)
class DropoutProbe(Probe):
    """A score of passes with dropout.

    Scores are seeded, and depend on the order and size of batches: a mask is drawn for a batch.

    Attributes:
        passes: forward passes a batch.
        seed: of the masks.
    """

    passes: int = 20
    seed: int = 0

    @property
    def name(self) -> str:
        """The detector's name, for messages."""
        raise NotImplementedError

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn nothing, but refuse a model without dropout."""
        if not train.dropout:
            raise NotApplicable(f"detector {self.name} needs a model with dropout, and this one has none")
        return {}

    def draws(self, view: View) -> Draws:
        """Return what the passes say; made once for all probes with the same options."""
        key = "dropout", self.passes, self.seed
        if key not in view.shared:
            view.shared[key] = self._draw(view)
        found: Draws = view.shared[key]
        return found

    def _draw(self, view: View) -> Draws:
        size = view.logits.shape
        sums = {name: view.logits.new_zeros(size, dtype=torch.float64) for name in ("mean", "rest", "votes")}
        entropy = view.logits.new_zeros(size[0], dtype=torch.float64)
        for drawn in view.resampled(self.passes, self.seed):
            log_p = drawn.logits.double().log_softmax(1)
            p, winner = log_p.exp(), drawn.predicted[:, None]
            sums["mean"] += p
            sums["rest"] += (1 - p).scatter(1, winner, (-log_odds(drawn.logits)).sigmoid()[:, None])
            sums["votes"].scatter_add_(1, winner, torch.ones_like(p[:, :1]))
            entropy -= torch.xlogy(p, p).sum(1)
        mean, rest = sums["mean"] / self.passes, sums["rest"] / self.passes
        return Draws(mean, rest, entropy / self.passes, sums["votes"], self.passes)
