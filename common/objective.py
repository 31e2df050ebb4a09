"""What a way of training is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor

from common.data.examples import Batch, TensorDataset
from common.model import Classifier
from common.training.loop import fit
from common.training.setup import Criterion, Setup

Need = Literal["outliers", "labelled", "distorted"]
"""What of a task an objective cannot do without: auxiliary outliers, auxiliary labelled examples, distorted inputs."""


class Objective(Protocol):
    """What a file in ``common/objectives`` defines as ``OBJECTIVE``.

    Attributes:
        needs: what the task must offer.
        continues: whether training starts from the weights that the task's own objective trained (fine-tuning), or
            from untrained ones; a name: from the weights that the objective of that name trained.
    """

    @property
    def needs(self) -> frozenset[Need]:
        """What the task must offer."""

    @property
    def continues(self) -> bool | str:
        """Whether training starts from what the task's own objective trained, or the one of this name."""

    def wrap(self, build: Callable[[], Classifier], train: TensorDataset) -> Classifier:
        """Return an untrained model with what this way of training adds to it (a decoder, a head, further members).

        Args:
            build: gives an untrained network; each call gives another.
            train: training examples, from which widths are read off.
        """

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train what ``wrap`` returned, in place."""


class SameNetwork:
    """Base of ways of training that add nothing to the network."""

    needs: frozenset[Need] = frozenset()
    continues: bool | str = False

    def wrap(self, build: Callable[[], Classifier], train: TensorDataset) -> Classifier:
        """Return the network as it is."""
        return build()


@dataclass(frozen=True)
class LossObjective:
    """A way of training that adds nothing to the network: one loss of the logits, one call of the training loop."""

    criterion: Criterion
    needs: frozenset[Need] = frozenset()
    continues: bool = False

    def wrap(self, build: Callable[[], Classifier], train: TensorDataset) -> Classifier:
        """Return the network as it is."""
        return build()

    def train(self, model: Classifier, setup: Setup) -> None:
        """Minimise the loss over the training examples."""
        fit(model, self.loss, setup)

    def loss(self, model: Classifier, batch: Batch, beside: Mapping[str, Batch]) -> Tensor:
        """Return the mean loss of a batch."""
        return self.criterion(model, model(batch), batch)
