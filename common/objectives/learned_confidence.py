"""Learned confidence: a head beside the classifier asks for hints, which cost.

    c = sigmoid(v . features + a),    p' = c p + (1 - c) onehot(y)
    loss = -mean log p'_y - lambda mean log c

Half of the rows, drawn anew in each batch, get the hint p' and the others p. After each batch lambda becomes
lambda / 1.01 where the cost -mean log c is below the budget, lambda / 0.99 where it is above. The score of a row is
``row_extras["confidence"]`` = log c, which ranks as c does and does not round to 0. Of a tagger each token is a row.
A task may set ``budget``. Frames that are spelled by CTC have no label of their own, so there is no hint to give.

What differs from the publication: images are not cut and cropped unless the task's own recipe does it, and the head's
weights do not decay.

Source: DeVries & Taylor, "Learning confidence for out-of-distribution detection in neural networks", 2018,
arXiv:1802.04865, equations 2 to 5 and section 3.2, and their code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.base import workers
from common.base.errors import UserError
from common.data.examples import IGNORE, Batch, TensorDataset
from common.model import Classifier
from common.objective import Need
from common.task import Budget
from common.training.loop import fit_steps, place
from common.training.setup import Setup
from common.training.steps import autocast, descend, make_optimizer, set_rate
from common.wrapped import Wrapped

BUDGET, FIRST_LAMBDA, HINTED = 0.3, 0.1, 0.5
DOWN, UP = 1 / 1.01, 1 / 0.99


class WithConfidence(Wrapped):
    """A classifier with a confidence head; ``price`` is lambda, a buffer, so that a checkpoint keeps it."""

    price: Tensor

    def __init__(self, classifier: Classifier, width: int) -> None:
        super().__init__(classifier)
        self.head = nn.Linear(width, 1)
        self.register_buffer("price", torch.tensor(FIRST_LAMBDA))

    def asked(self, features: Tensor) -> Tensor:
        """Return the logit of the confidence of each row, (B,) or (B, T)."""
        logits: Tensor = self.head(features).squeeze(-1)
        return logits

    def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Add ``confidence``, log c, to what the classifier gives."""
        further = super().row_extras(batch, embedded, features, logits)
        return {**further, "confidence": functional.logsigmoid(self.asked(features).float())}


def hinted_losses(model: WithConfidence, batch: Batch, hinted: Tensor) -> tuple[Tensor, Tensor]:
    """Return both parts of the loss, -mean log p'_y and -mean log c, over the labelled rows of a batch.

    Args:
        model: classifier and head.
        batch: with a label a row.
        hinted: bool of the labels' shape, the rows that get a hint.
    """
    assert batch.labels is not None
    features = model.features(batch)
    there = batch.labels != IGNORE
    log_p = model.classify(features)[there].float().log_softmax(1)
    of_label = log_p.gather(1, batch.labels[there][:, None])[:, 0]
    asked = model.asked(features)[there].float()
    log_c, log_hint = functional.logsigmoid(asked), functional.logsigmoid(-asked)
    log_given = torch.where(hinted[there], torch.logaddexp(log_c + of_label, log_hint), of_label)
    return -log_given.mean(), -log_c.mean()


@dataclass(frozen=True)
class ConfidenceStep:
    """One update of classifier and head, and then of lambda."""

    model: WithConfidence
    optimizer: torch.optim.Optimizer
    budget: Budget
    target: float = BUDGET

    def __call__(self, batch: Batch, beside: Mapping[str, Batch], rate: float, weight: float) -> Tensor:
        """Minimise the loss by one step and return it; hints are drawn from torch's global seed."""
        assert batch.labels is not None
        set_rate(self.optimizer, self.budget.learning_rate * rate)
        hinted = (torch.rand(batch.labels.shape) < HINTED).to(batch.labels.device)
        with autocast(batch.inputs.device, self.budget):
            prediction, cost = hinted_losses(self.model, batch, hinted)
        loss = prediction + self.model.price.clone() * cost
        descend(self.optimizer, loss, weight, self.budget.gradient_norm)
        below = workers.all_reduce_sum(weight * cost.detach()) < self.target
        self.model.price.mul_(torch.where(below, DOWN, UP))
        return loss.detach()

    def parts(self) -> Mapping[str, nn.Module | torch.optim.Optimizer]:
        """Return the model, with lambda, and its optimiser."""
        return {"model": self.model, "optimizer": self.optimizer}


class LearnedConfidence:
    """The task's recipe with hints."""

    needs: frozenset[Need] = frozenset()
    continues = False

    def wrap(self, build: Callable[[], Classifier], train: TensorDataset) -> Classifier:
        """Return the network with an untrained head on its features."""
        classifier, example = build(), train.batch(torch.arange(1))
        classifier.eval()
        with torch.no_grad():
            width = classifier.encode(classifier.embed(example), example).shape[-1]
        return WithConfidence(classifier, width)

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train in place.

        Raises:
            UserError: rows have no labels.
        """
        assert isinstance(model, WithConfidence)
        if setup.train.labels is None or not setup.train.row_labels:
            raise UserError(
                f"objective learned_confidence needs a label a row, and {setup.task.title} has transcripts; "
                "choose another objective"
            )
        place(model, setup)
        target = setup.options("learned_confidence").get("budget", BUDGET)
        step = ConfidenceStep(model, make_optimizer(model, setup.budget), setup.budget, target)
        fit_steps(model, step, setup)


OBJECTIVE = LearnedConfidence()
