"""Learned confidence: what hints cost, and that the head comes to know what the classifier gets wrong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from common.data.examples import IGNORE, Batch, TensorDataset
from common.metrics.detection import roc_auc
from common.objectives.learned_confidence import OBJECTIVE, ConfidenceStep, WithConfidence, hinted_losses
from common.training.loop import place
from common.training.predict import predict
from common.training.steps import make_optimizer
from tests.small_models import BUDGET, CLASSES, KINDS, Trained, padded_further, rows_of

KILLED_AFTER = 3


def wrapped(trained: Trained) -> WithConfidence:
    torch.manual_seed(5)
    model = OBJECTIVE.wrap(lambda: trained.model, trained.train)
    assert isinstance(model, WithConfidence)
    with torch.no_grad():
        model.head.bias += 1
    return model.eval()


@pytest.fixture(scope="module", params=["images", "tokens"])
def trained(request: pytest.FixtureRequest) -> Trained:
    return KINDS[request.param]()


def logs(model: WithConfidence, batch: Batch) -> np.ndarray:
    """log c of every row without padding."""
    with torch.no_grad():
        embedded = model.embed(batch)
        features = model.encode(embedded, batch)
        extras = model.row_extras(batch, embedded, features, model.classify(features))
    assert batch.labels is not None
    return extras["confidence"][batch.labels != IGNORE].double().numpy()


def test_hints_lift_the_probability_of_the_label_and_cost_minus_log_c(trained: Trained) -> None:
    model, batch = wrapped(trained), trained.train.batch(torch.arange(9))
    assert batch.labels is not None
    hinted = torch.rand(batch.labels.shape, generator=torch.Generator().manual_seed(0)) < 0.5
    inside = batch.labels != IGNORE
    labels, hints = batch.labels[inside].numpy(), hinted[inside].numpy()
    rows, c = rows_of(model, batch), np.exp(logs(model, batch))
    p = (np.exp(rows) / np.exp(rows).sum(1, keepdims=True))[np.arange(len(labels)), labels]
    given = np.where(hints, c * p + 1 - c, p)
    with torch.no_grad():
        prediction, cost = hinted_losses(model, batch, hinted)
        longer = padded_further(batch)
        assert longer.labels is not None
        wider = torch.nn.functional.pad(hinted, (0, longer.labels.shape[-1] - hinted.shape[-1]), value=True)
        again = hinted_losses(model, longer, wider)
    assert float(prediction) == pytest.approx(-np.log(given).mean(), rel=1e-3, abs=1e-6)
    assert float(cost) == pytest.approx(-np.log(c).mean(), rel=1e-4)
    assert [float(one) for one in again] == pytest.approx([float(prediction), float(cost)], rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(("bias", "factor"), [(9.0, 1 / 1.01), (-9.0, 1 / 0.99)])
def test_hints_become_cheaper_below_the_budget_and_dearer_above_it(bias: float, factor: float) -> None:
    trained = KINDS["images"]()
    model = wrapped(trained)
    with torch.no_grad():
        model.head.bias.fill_(bias)
    place(model, trained.setup())
    step = ConfidenceStep(model, make_optimizer(model, BUDGET), BUDGET)
    step(trained.train.batch(torch.arange(8)), {}, 1.0, 1.0)
    assert float(model.price) == pytest.approx(0.1 * factor)


def between(data: TensorDataset, generator: torch.Generator) -> TensorDataset:
    """Every second image becomes the mean of two of different labels: no network can tell which label it has."""
    labels = data.labels
    assert labels is not None
    other = (torch.arange(len(data)) + torch.randint(1, CLASSES, (len(data),), generator=generator)) % len(data)
    mean = ((data.inputs.float() + data.inputs[other].float()) / 2).to(data.inputs.dtype)
    unclear = (torch.arange(len(data)) // CLASSES) % 2 == 0
    shape = (-1, *(1,) * (data.inputs.ndim - 1))
    coin = torch.rand(len(data), generator=generator) < 0.5
    inputs = torch.where(unclear.view(shape), mean, data.inputs)
    return replace(data, inputs=inputs, labels=torch.where(unclear & coin, labels[other], labels))


def test_confidence_is_low_where_the_classifier_is_wrong_and_hints_cost_about_the_budget() -> None:
    trained = KINDS["images"]()
    generator = torch.Generator().manual_seed(0)
    train, test = between(trained.train, generator), between(trained.test, generator)
    model = wrapped(trained)
    OBJECTIVE.train(model, trained.setup(train=train, budget=replace(BUDGET, epochs=40)))
    outputs = predict(model, test)
    right = outputs.logits.argmax(1) == outputs.labels
    confidence = outputs.row_extras["confidence"]
    assert 0.1 < 1 - right.mean() < 0.4 and roc_auc(confidence[right], confidence[~right]) > 0.7
    assert 0.15 < -predict(model, train).row_extras["confidence"].mean() < 0.6


def test_a_kill_loses_neither_head_nor_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = KINDS["images"]()
    start = {name: value.clone() for name, value in wrapped(trained).state_dict().items()}
    monkeypatch.setattr("common.training.checkpoint.SECONDS_BETWEEN", 0.0)

    class Killer:
        def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
            if done > KILLED_AFTER:
                raise KeyboardInterrupt

    def run(**changes: object) -> dict[str, Tensor]:
        model = wrapped(trained)
        model.load_state_dict(start)
        OBJECTIVE.train(model, trained.setup(**changes))
        return {name: value.clone() for name, value in model.state_dict().items()}

    unbroken = run()
    with pytest.raises(KeyboardInterrupt):
        run(checkpoints=tmp_path, progress=Killer())
    continued = run(checkpoints=tmp_path)
    assert float(unbroken["price"]) != pytest.approx(0.1, rel=0.1)
    assert all(torch.equal(value, continued[name]) for name, value in unbroken.items())
