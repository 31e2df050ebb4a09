"""Deep ensemble: networks trained alike from other seeds, whose probabilities are averaged.

    log p(y | x) = log (1 / M) sum_m softmax(z_m(x))_y

are the logits of the ensemble. There are three members, where the publication has five, for time: many detectors take
time with the square of the features, which are those of all members. The first member is the network that the task's
own objective trains: so a run that has both trains it once. ``row_extras["mutual_information"]`` is minus the mutual
information of prediction and member, -(H(mean_m p_m) - mean_m H(p_m)), at most 0: 0 where all members say the same.

Source: Lakshminarayanan, Pritzel & Blundell (NeurIPS 2017), arXiv:1612.01474.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from common.base.seeds import seed_of
from common.data.examples import Batch, TensorDataset
from common.model import Classifier
from common.objective import LossObjective, Need
from common.store.files import DamagedFile
from common.training.setup import Criterion, Setup
from common.training.weights import restore_weights, save_weights


class Ensemble(Classifier):
    """Members side by side: (B, M, ...) embedded inputs, features of all members one after another."""

    def __init__(self, members: Sequence[Classifier]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.scored_classes, self.by_length = members[0].scored_classes, members[0].by_length
        self.inputs_of_data = members[0].inputs_of_data

    @property
    def _first(self) -> Classifier:
        first: Classifier = self.members[0]  # type: ignore[assignment]
        return first

    def embed(self, batch: Batch) -> Tensor:
        """Return every member's embedded input, (B, M, ...)."""
        return torch.stack([member.embed(batch) for member in self._members()], dim=1)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the members' features, one after another on the last axis."""
        features = [member.encode(one, batch) for member, one in zip(self._members(), embedded.unbind(1), strict=True)]
        return [torch.cat(features, dim=-1)]

    def classify(self, features: Tensor) -> Tensor:
        """Return the log of the mean probability of the members, (..., C)."""
        return self._log_probabilities(features).logsumexp(0) - math.log(len(self.members))

    def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Add ``mutual_information`` to what the first member gives."""
        each = self._log_probabilities(features)[..., : self.scored_classes].log_softmax(-1).double()
        mean = each.logsumexp(0) - math.log(len(self.members))
        information = _entropy(mean) - _entropy(each).mean(0)
        further = self._first.row_extras(batch, embedded[:, 0], features, logits)
        return {**further, "mutual_information": -information.clamp_min(0)}

    def group_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return what the first member makes of the ensemble's logits."""
        return self._first.group_extras(batch, embedded[:, 0], features, logits)

    def input_rows(self, batch: Batch, embedded: Tensor, logits: Tensor) -> Tensor:
        """Return the first member's input rows."""
        return self._first.input_rows(batch, embedded[:, 0], logits)

    def unpadded(self, batch: Batch, embedded: Tensor) -> Tensor:
        """Return every member's embedded values without padding."""
        return torch.stack([self._first.unpadded(batch, one) for one in embedded.unbind(1)])

    def row_lengths(self, batch: Batch) -> Tensor | None:
        """Return how many rows of each example count."""
        return self._first.row_lengths(batch)

    def _members(self) -> list[Classifier]:
        return list(self.members)  # type: ignore[arg-type]

    def _log_probabilities(self, features: Tensor) -> Tensor:
        parts = features.chunk(len(self.members), dim=-1)
        logits = [member.classify(part) for member, part in zip(self._members(), parts, strict=True)]
        return torch.stack(logits).float().log_softmax(-1)


def _entropy(log_probabilities: Tensor) -> Tensor:
    return -(log_probabilities.exp() * log_probabilities).sum(-1)


@dataclass(frozen=True)
class DeepEnsemble:
    """The task's own objective, once a member."""

    members: int = 3
    needs: frozenset[Need] = frozenset()
    continues: bool = False

    def wrap(self, build: Callable[[], Classifier], train: TensorDataset) -> Classifier:
        """Return an ensemble of untrained networks."""
        return Ensemble([build() for _ in range(self.members)])

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train each member with a seed of its own; a finished one is stored, so a kill loses one at most."""
        assert isinstance(model, Ensemble)
        criterion = setup.own_criterion("deep_ensemble")
        first, *others = model._members()
        for number, member in enumerate(others, start=1):
            own = replace(setup, seed=seed_of(setup.seed, "member", number), checkpoints=_folder(setup, number))
            _train_or_restore(member, criterion, own)
        if setup.own_network is None:
            _train_or_restore(first, criterion, replace(setup, checkpoints=_folder(setup, 0)))
        else:  # last, when another process may have trained it
            first.load_state_dict(setup.own_network().state_dict())
            first.to(setup.device)


def _folder(setup: Setup, number: int) -> Path | None:
    return setup.checkpoints / f"member{number}" if setup.checkpoints else None


def _train_or_restore(member: Classifier, criterion: Criterion, setup: Setup) -> None:
    stored = setup.checkpoints / "member.checkpoint" if setup.checkpoints else None
    if stored is not None and _restored(member, stored):
        member.to(setup.device)
        return
    LossObjective(criterion).train(member, setup)
    if stored is not None:
        save_weights(member, stored)


def _restored(member: Classifier, stored: Path) -> bool:
    """Whether a member's weights were stored and are there; a checkpoint saves time and nothing else."""
    try:
        restore_weights(member, stored)
    except DamagedFile:
        return False
    return True


OBJECTIVE = DeepEnsemble()
