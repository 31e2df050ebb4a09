"""CTC on the task's auxiliary examples first, then on its own training examples.

For a small corpus beside a large one that is labelled alike but sounds different, such as synthetic speech.
"""

from dataclasses import replace

from torch import Tensor

from common.base.errors import UserError
from common.model import Classifier
from common.objective import Need, SameNetwork
from common.objectives.ctc import OBJECTIVE as CTC
from common.training.loop import fit
from common.training.setup import Setup

START, REST = 1 / 10, 1 / 2
"""Epochs of the start and of what follows, as fractions of the budget's: a pretrained network needs fewer epochs."""

LONGEST_START = 4
"""Epochs of the start at most: there are as many auxiliary examples as ever, however few the others are."""


class AuxiliaryStart(SameNetwork):
    """Two trainings of the same weights, one after the other."""

    needs: frozenset[Need] = frozenset({"labelled"})

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train in place, first on the auxiliary examples, then as ``ctc`` does, for the fractions of the epochs above.

        Raises:
            UserError: the auxiliary examples have no labels.
        """
        start = setup.labelled
        if start is None or start.labels is None:
            raise UserError(f"{setup.task.title} has no labelled auxiliary examples to start with")
        alike = replace(start, inputs=scaled_like(start.inputs, setup.train.inputs))
        epochs = [max(round(setup.budget.epochs * fraction), 1) for fraction in (START, REST)]
        short = replace(setup.budget, epochs=min(epochs[0], LONGEST_START))
        rest = replace(setup.budget, epochs=epochs[1])
        fit(model, CTC.loss, replace(setup, train=alike, validation=None), phase="auxiliary start", budget=short)
        fit(model, CTC.loss, setup, budget=rest)


def scaled_like(inputs: Tensor, others: Tensor) -> Tensor:
    """Return (S, D) inputs shifted and scaled so that each of D has the mean and deviation that it has in ``others``.

    So a difference of loudness or of microphone, which is not to be learnt, is gone before training begins.
    """
    centred = (inputs - inputs.mean(0)) / inputs.std(0).clamp_min(1e-6)
    return centred * others.std(0) + others.mean(0)


OBJECTIVE = AuxiliaryStart()
