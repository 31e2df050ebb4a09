"""Objectives that change the loss or its inputs alone; and every objective obeys its seed on every kind of data."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from common.base.errors import UserError
from common.data.examples import IGNORE, Batch, TensorDataset
from common.discover import load_objective
from common.model import Classifier
from common.objectives.label_smoothing import SmoothedLoss
from common.objectives.logit_norm import OBJECTIVE as LOGIT_NORM
from common.objectives.logit_norm import LogitNormLoss
from common.objectives.mixup import mixed_loss
from common.training.loop import fit
from common.training.predict import predict
from common.training.setup import Setup
from tests.small_models import BUDGET, CLASSES, KINDS, Trained, padded_further, rows_of

OBJECTIVES = (
    *("cross_entropy_longer", "outlier_exposure", "outlier_exposure_scratch", "energy_outlier_exposure", "gan"),
    *("gan_outlier_exposure", "learned_confidence", "label_smoothing", "logit_norm", "mixup", "deep_ensemble"),
)


@pytest.fixture(scope="module", params=list(KINDS))
def trained(request: pytest.FixtureRequest) -> Trained:
    found = KINDS[request.param]()
    found.model.eval()
    return found


def log_softmax(rows: np.ndarray) -> np.ndarray:
    return rows - np.log(np.exp(rows).sum(1, keepdims=True))


def both(trained: Trained, loss: object, count: int = 7) -> tuple[float, Batch]:
    """Return the loss of a batch, which is that of the batch with further padding."""
    batch = trained.train.batch(torch.arange(count))
    with torch.no_grad():
        found, padded = (float(loss(trained.model, one, {})) for one in (batch, padded_further(batch)))
    assert found == pytest.approx(padded, rel=1e-4, abs=1e-5), "padding plays no part"
    return found, batch


def labels_of(batch: Batch) -> np.ndarray:
    assert batch.labels is not None
    return batch.labels[batch.labels != IGNORE].numpy()


def test_smoothed_labels_are_nine_tenths_the_own_loss_and_a_tenth_uniform(trained: Trained) -> None:
    found, batch = both(trained, SmoothedLoss(trained.own.criterion))
    rows = rows_of(trained.model, batch)
    uniform = -log_softmax(rows[:, :CLASSES]).mean()
    with torch.no_grad():
        own = float(trained.own.criterion(trained.model, trained.model(batch), batch))
    assert found == pytest.approx(0.9 * own + 0.1 * uniform, rel=1e-4)
    if batch.row_labels:
        labels = torch.from_numpy(labels_of(batch))
        assert found == pytest.approx(
            float(functional.cross_entropy(torch.from_numpy(rows), labels, label_smoothing=0.1))
        )


def test_normalised_logits_have_a_length_of_twenty_five(trained: Trained) -> None:
    found, batch = both(trained, LogitNormLoss(trained.own.criterion))
    if batch.row_labels:
        rows = rows_of(trained.model, batch)
        normalised = 25 * rows / np.linalg.norm(rows, axis=1, keepdims=True)
        labels = labels_of(batch)
        assert found == pytest.approx(
            -log_softmax(normalised)[np.arange(len(labels)), labels].mean(), rel=1e-4, abs=1e-5
        )


def test_a_task_may_say_another_length_of_normalised_logits() -> None:
    trained = KINDS["images"]()
    plain = trained.setup()
    said = replace(plain, task=replace(plain.task, options={"logit_norm": {"temperature": 1.0}}))

    def weights(setup: Setup) -> torch.Tensor:
        model = copy.deepcopy(trained.model)
        LOGIT_NORM.train(model, setup)
        return torch.cat([one.detach().flatten() for one in model.parameters()])

    expected = copy.deepcopy(trained.model)
    fit(expected, LogitNormLoss(trained.own.criterion, temperature=1.0), plain)
    assert torch.equal(weights(said), torch.cat([one.detach().flatten() for one in expected.parameters()]))
    assert not torch.equal(weights(said), weights(plain))


def test_the_length_of_logits_is_nothing_to_logit_normalisation(trained: Trained) -> None:
    batch = trained.train.batch(torch.arange(7))
    longer = copy.deepcopy(trained.model)
    with torch.no_grad():
        rows = trained.model.encode(trained.model.embed(batch), batch)
        before = trained.own.criterion(longer, longer.classify(rows), batch)
        loss = LogitNormLoss(trained.own.criterion)(longer, batch, {})
        layer = [module for module in longer.modules() if isinstance(module, nn.Linear)][-1]
        for parameter in layer.parameters():
            parameter *= 3
        assert float(trained.own.criterion(longer, longer.classify(rows), batch)) != pytest.approx(float(before))
        assert float(LogitNormLoss(trained.own.criterion)(longer, batch, {})) == pytest.approx(float(loss), rel=1e-4)


class MeanOfSteps(Classifier):
    """Sequences of vectors, and one label each."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(3, CLASSES)

    def embed(self, batch: Batch) -> Tensor:
        return batch.inputs

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        assert batch.mask is not None
        return [(embedded * batch.mask[..., None]).sum(1) / batch.mask.sum(1, keepdim=True)]

    def classify(self, features: Tensor) -> Tensor:
        return self.last(features)


@pytest.mark.parametrize("kind", ["images", "tokens"])
def test_a_mixed_loss_weighs_both_labels_as_it_weighs_both_inputs(kind: str) -> None:
    trained = KINDS[kind]()
    model, partner, w = trained.model.eval(), torch.tensor([3, 0, 1, 2, 4]), 0.3
    found, batch = both(trained, lambda model, batch, beside: mixed_loss(model, batch, w, partner), 5)
    embedded, labels = model.embed(batch).detach(), batch.labels
    losses = []
    for one, other in enumerate(partner.tolist()):
        lengths = [1, 1] if batch.lengths is None else [int(batch.lengths[i]) for i in (one, other)]
        weights = [w if step < lengths[1] else 1.0 for step in range(lengths[0])]
        if batch.lengths is None:
            mixed = (w * embedded[one] + (1 - w) * embedded[other])[None]
            pairs = [(labels[one], labels[other])]
        else:
            steps = [u * a + (1 - u) * b for u, a, b in zip(weights, embedded[one], embedded[other], strict=False)]
            mixed, pairs = torch.stack(steps)[None], list(zip(labels[one], labels[other], strict=True))
        alone = replace(batch.part(slice(one, one + 1)), inputs=batch.inputs[one : one + 1, : lengths[0]])
        alone = alone if batch.lengths is not None else batch.part(slice(one, one + 1))
        with torch.no_grad():
            log_p = model.classify(model.encode(mixed, alone)).reshape(-1, CLASSES).log_softmax(1).numpy()
        for row, (u, (a, b)) in enumerate(zip(weights, pairs, strict=False)):
            losses.append(-u * log_p[row, a] - ((1 - u) * log_p[row, b] if u < 1 else 0))
    assert found == pytest.approx(np.mean(losses), rel=1e-3)
    same = torch.arange(5)
    with torch.no_grad():
        own = float(trained.own.criterion(model, model(batch), batch))
        assert float(mixed_loss(model, batch, w, same)) == pytest.approx(own, rel=1e-4)


def test_a_label_of_a_sequence_counts_by_the_part_of_it_that_is_mixed() -> None:
    torch.manual_seed(0)
    model = MeanOfSteps()
    data = TensorDataset(torch.randn(6, 3), torch.tensor([0, 4, 6]), torch.tensor([1, 2]))
    batch = data.batch(torch.arange(2))
    found = mixed_loss(model, batch, 0.6, torch.tensor([1, 0]))
    a, b = data.inputs[:4], data.inputs[4:]
    first = torch.cat([0.6 * a[:2] + 0.4 * b, a[2:]]).mean(0)  # two of four steps are mixed: 0.8 of it is itself
    second = (0.6 * b + 0.4 * a[:2]).mean(0)
    log_p = model.last(torch.stack([first, second])).log_softmax(1)
    own, other = 0.8 * log_p[0, 1] + 0.2 * log_p[0, 2], 0.6 * log_p[1, 2] + 0.4 * log_p[1, 1]
    assert found.item() == pytest.approx(-(own + other).item() / 2, rel=1e-5)


@pytest.mark.parametrize("name", ["label_smoothing", "mixup"])
def test_softened_labels_make_a_network_less_sure_of_what_it_knows(name: str) -> None:
    trained = KINDS["images"]()
    sureness = []
    for objective in (trained.own, load_objective(name)):
        model = copy.deepcopy(trained.model)
        objective.train(model, trained.setup(budget=replace(BUDGET, epochs=10)))
        sureness.append(predict(model, trained.train).logit_scores["log_msp"].mean())
    assert sureness[1] < sureness[0] - 0.02


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_seed_decides_the_weights_or_one_sentence_says_why_there_are_none(trained: Trained, name: str) -> None:
    objective = load_objective(name)
    budget = replace(BUDGET, epochs=1, batch_size=16)

    def weights(seed: int) -> list[Tensor]:
        torch.manual_seed(seed)
        model = objective.wrap(lambda: copy.deepcopy(trained.model), trained.train)
        objective.train(model, trained.setup(budget=budget, seed=seed))
        return list(model.state_dict().values())

    if name in ("mixup", "learned_confidence") and not trained.train.row_labels:
        with pytest.raises(UserError, match=f"objective {name} needs a label a row, and small has transcripts; choose"):
            weights(0)
        return
    first, again, other = weights(0), weights(0), weights(1)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))
    assert all(value.isfinite().all() for value in first)
