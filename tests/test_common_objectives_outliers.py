"""Objectives that learn from auxiliary outliers, and the fine-tuning without any."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from common.base.errors import UserError
from common.model import Classifier
from common.objectives.cross_entropy_longer import OBJECTIVE as LONGER
from common.objectives.energy_outlier_exposure import OBJECTIVE as ENERGY
from common.objectives.energy_outlier_exposure import EnergyMargins
from common.objectives.outlier_exposure import OBJECTIVE as TUNED
from common.objectives.outlier_exposure import of_outliers
from common.objectives.outlier_exposure_scratch import OBJECTIVE as SCRATCH
from common.task import Budget
from common.training.exposure import ExposedLoss, Penalty, fine_tuning
from common.training.predict import predict
from common.training.setup import Setup
from tests.small_models import BUDGET, CLASSES, KINDS, Trained, padded_further, rows_of

LONG = replace(BUDGET, epochs=30, batch_size=8, learning_rate=3e-3)
MARGINS = EnergyMargins(-6.0, -3.0)


@pytest.fixture(scope="module", params=list(KINDS))
def trained(request: pytest.FixtureRequest) -> Trained:
    return KINDS[request.param]()


def logsumexp(rows: np.ndarray) -> np.ndarray:
    return np.log(np.exp(rows).sum(1))


def exposed(trained: Trained, penalty: Penalty, further: bool = False) -> float:
    batch, outliers = trained.train.batch(torch.arange(7)), trained.outside.batch(torch.arange(5))
    outliers = padded_further(outliers) if further else outliers
    with torch.no_grad():
        loss = ExposedLoss(trained.own.criterion, penalty, 0.5)(trained.model.eval(), batch, {"outliers": outliers})
    return float(loss)


def expected(trained: Trained) -> tuple[float, np.ndarray, np.ndarray]:
    model, batch = trained.model.eval(), trained.train.batch(torch.arange(7))
    with torch.no_grad():
        own = float(trained.own.criterion(model, model(batch), batch))
    outliers = trained.outside.batch(torch.arange(5))
    return own, rows_of(model, batch)[:, :CLASSES], rows_of(model, outliers)[:, :CLASSES]


def test_outlier_exposure_adds_half_the_cross_entropy_to_uniform_of_the_outliers(trained: Trained) -> None:
    own, _, unknown = expected(trained)
    log_p = unknown - logsumexp(unknown)[:, None]
    assert exposed(trained, of_outliers) == pytest.approx(own - 0.5 * log_p.mean(), abs=1e-3)


def test_energy_is_pressed_to_the_right_sides_of_two_margins(trained: Trained) -> None:
    own, known, unknown = expected(trained)
    inside = np.maximum(0, -logsumexp(known) + 6) ** 2
    outside = np.maximum(0, -3 + logsumexp(unknown)) ** 2
    assert exposed(trained, MARGINS) == pytest.approx(own + 0.5 * (inside.mean() + outside.mean()), rel=1e-3)


@pytest.mark.parametrize("penalty", [of_outliers, MARGINS])
def test_padding_plays_no_part_though_outliers_may_be_longer(trained: Trained, penalty: Penalty) -> None:
    assert exposed(trained, penalty) == pytest.approx(exposed(trained, penalty, further=True), abs=1e-3)


def tuned(objective: object, trained: Trained, setup: Setup) -> Classifier:
    model = copy.deepcopy(trained.model)
    objective.train(model, setup)
    return model


def own_loss(trained: Trained, model: Classifier) -> float:
    batch = trained.train.batch(torch.arange(40))
    with torch.no_grad():
        return float(trained.own.criterion(model, model.eval()(batch), batch))


def sureness(model: Classifier, trained: Trained) -> tuple[float, float]:
    both = (predict(model, data).logit_scores["log_msp"].mean() for data in (trained.test, trained.outside))
    return tuple(both)


def test_outliers_from_scratch_leave_a_network_less_sure_of_them_and_as_right(trained: Trained) -> None:
    model = tuned(SCRATCH, trained, trained.setup(budget=replace(LONG, epochs=4)))
    (sure, before), (still, after) = sureness(trained.model, trained), sureness(model, trained)
    assert after < before and still - after > sure - before
    assert own_loss(trained, model) < own_loss(trained, trained.model) + 0.3


def test_a_task_may_say_another_recipe_for_outliers_from_scratch() -> None:
    trained = KINDS["images"]()
    recipe = {"epochs": 2, "optimizer": "sgd", "learning_rate": 0.05, "schedule": "cosine"}
    plain = trained.setup()
    said = replace(plain, task=replace(plain.task, options={"outlier_exposure_scratch": {"budget": recipe}}))
    by_option, by_budget = (
        tuned(SCRATCH, trained, setup) for setup in (said, replace(plain, budget=replace(plain.budget, **recipe)))
    )
    pairs = list(zip(by_option.parameters(), by_budget.parameters(), strict=True))
    assert all(torch.equal(one, other) for one, other in pairs)
    assert not torch.equal(pairs[0][0], next(tuned(SCRATCH, trained, plain).parameters()))


def test_energy_of_outliers_rises_above_that_of_the_test_set(trained: Trained) -> None:
    setup = trained.setup(budget=LONG)
    task = replace(setup.task, options={"energy_outlier_exposure": {"margin_in": -6.0, "margin_out": -3.0}})
    model = tuned(ENERGY, trained, replace(setup, task=task))

    def gap(one: Classifier) -> float:
        inside, outside = (logsumexp(predict(one, data).scored_logits) for data in (trained.test, trained.outside))
        return float(inside.mean() - outside.mean())

    assert gap(model) > gap(trained.model) + 0.3


def test_the_own_loss_falls_further_without_outliers(trained: Trained) -> None:
    model = tuned(LONGER, trained, trained.setup(budget=LONG, outliers=None))
    assert own_loss(trained, model) < own_loss(trained, trained.model)


def test_the_fine_tuning_of_mnist_is_four_epochs_along_a_cosine_and_tasks_may_say_others() -> None:
    trained = KINDS["images"]()
    paper = Budget(epochs=30, batch_size=128, learning_rate=1e-3, schedule="steps", decay_at=(20,))
    setup = trained.setup(budget=paper)
    found = fine_tuning(setup, "outlier_exposure")
    assert (found.epochs, found.learning_rate, found.schedule) == (4, 1e-3, "cosine")
    options = {"outlier_exposure": {"epochs_fraction": 0.1, "rate_fraction": 0.5}}
    other = replace(setup, task=replace(setup.task, options=options))
    for name in ("outlier_exposure", "cross_entropy_longer", "energy_outlier_exposure"):
        found = fine_tuning(other, name)
        assert (found.epochs, found.learning_rate) == (3, 5e-4), "all fine-tune alike, so that they can be compared"


@pytest.mark.parametrize("objective", [TUNED, SCRATCH, ENERGY])
def test_what_is_missing_is_said(objective: object) -> None:
    trained = KINDS["images"]()
    with pytest.raises(UserError, match="small has no auxiliary outliers, which objective .*outlier_exposure"):
        objective.train(trained.model, trained.setup(outliers=None))
    with pytest.raises(UserError, match="more than one loss; choose another objective"):
        objective.train(trained.model, trained.setup(criterion=None))
