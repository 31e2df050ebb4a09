"""Passes with dropout, disagreement of members, and learned confidence: formulas, seeds, and what they leave alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from common.base.seeds import seed_of
from common.data.examples import Batch, TensorDataset
from common.detector import Probe
from common.detectors.learned_confidence_stepped import SteppedConfidence
from common.detectors.mc_dropout_msp import McDropoutMsp
from common.detectors.mc_dropout_mutual_information import McDropoutMutualInformation
from common.detectors.mc_dropout_variation import McDropoutVariation
from common.discover import load_detector
from common.dropout import dropout_modules
from common.features.training_views import NotApplicable
from common.metrics.detection import roc_auc
from common.model import Classifier, View, look
from common.store.outputs import Outputs
from common.training.probing import probe_scores, training_views

CLASSES, WIDTH = 3, 12
SAMPLING: dict[str, Probe] = {
    "mc_dropout_msp": McDropoutMsp(passes=30),
    "mc_dropout_mutual_information": McDropoutMutualInformation(passes=30),
    "mc_dropout_variation": McDropoutVariation(passes=30),
}


class Noisy(Classifier):
    """A network with dropout, batch normalisation and a confidence head; of examples or of steps."""

    def __init__(self, dropout: float = 0.5) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.norm = nn.BatchNorm1d(CLASSES)
        self.first, self.dropout = nn.Linear(CLASSES, WIDTH), nn.Dropout(dropout)
        self.output, self.confidence = nn.Linear(WIDTH, CLASSES), nn.Linear(WIDTH, 1)
        with torch.no_grad():
            self.first.weight.copy_(torch.eye(CLASSES).repeat(WIDTH // CLASSES, 1))
            self.output.weight.copy_(torch.eye(CLASSES).repeat(1, WIDTH // CLASSES))
            self.confidence.weight.copy_(torch.rand(1, WIDTH, generator=generator))
            for layer in (self.first, self.output, self.confidence):
                layer.bias.fill_(0.0)

    def embed(self, batch: Batch) -> Tensor:
        return batch.inputs

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        return [self.dropout(self.first(embedded).clamp_min(0))]

    def classify(self, features: Tensor) -> Tensor:
        logits: Tensor = self.output(features)
        return logits

    def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        return {"confidence": nn.functional.logsigmoid(self.confidence(features).squeeze(-1) - 3)}


def examples(count: int = 90, size: float = 2.0, seed: int = 0) -> TensorDataset:
    """One large value each, which says the class; with a small ``size`` no value is large."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    inputs = (
        size * nn.functional.one_hot(labels, CLASSES) + 0.3 * torch.randn(count, CLASSES, generator=generator).abs()
    )
    return TensorDataset(inputs, labels=labels)


def sentences() -> TensorDataset:
    """The same as steps of sequences of 1 to 5."""
    rows = examples()
    lengths = torch.tensor([1, 5, 3, 4, 2] * 6)
    offsets = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    return TensorDataset(rows.inputs, offsets=offsets, labels=rows.labels, label_offsets=offsets)


def scored(probe: Probe, data: TensorDataset, model: Classifier | None = None) -> NDArray[np.float64]:
    model = model or Noisy()
    views = training_views(model, examples(), [probe], seed=0)
    return probe_scores(model, data, {"it": (probe, probe.fit(views))})["it"]


def passes(view: View, probe: Probe) -> NDArray[np.float64]:
    """(passes, R, S) softmax of each pass."""
    return np.stack([one.logits.double().softmax(1).numpy() for one in view.resampled(probe.passes, probe.seed)])  # type: ignore[attr-defined]


def entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return -(p * np.log(p)).sum(-1)


@pytest.mark.parametrize("data", [examples(), sentences()], ids=["examples", "steps"])
def test_the_three_scores_are_their_formulas_of_the_same_passes(data: TensorDataset) -> None:
    view = look(Noisy().eval(), data.batch(torch.arange(len(data))))
    p = passes(view, SAMPLING["mc_dropout_msp"])
    top = p.mean(0).max(1)
    votes = np.stack([(p.argmax(2) == kind).mean(0) for kind in range(CLASSES)], 1)
    expected = {
        "mc_dropout_msp": np.log(top / (1 - top)),
        "mc_dropout_mutual_information": entropy(p).mean(0) - entropy(p.mean(0)),
        "mc_dropout_variation": votes.max(1) - 1,
    }
    for name, probe in SAMPLING.items():
        np.testing.assert_allclose(probe.score(view, {}).numpy(), expected[name], rtol=1e-6, atol=1e-9)
    assert len(view.shared) == 1, "the passes are made once for all three"


@pytest.mark.parametrize("name", SAMPLING)
def test_inputs_between_classes_score_lower(name: str) -> None:
    between = TensorDataset(4.0 - 2 * examples(seed=1).inputs)  # 0 for one class and 4 for the two others
    known, unknown = scored(SAMPLING[name], examples(size=4.0)), scored(SAMPLING[name], between)
    assert roc_auc(known, unknown) > 0.9


@pytest.mark.parametrize("name", SAMPLING)
def test_the_same_seed_draws_the_same_masks_and_another_others(name: str) -> None:
    probe = SAMPLING[name]
    data = examples(size=0.5)
    one, again, other = scored(probe, data), scored(probe, data), scored(replace(probe, seed=1), data)
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_passes_leave_the_model_and_the_random_state_as_they_were() -> None:
    model = Noisy().eval()
    state = {key: value.clone() for key, value in model.state_dict().items()}
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    drawn = list(look(model, examples().batch(torch.arange(9))).resampled(3, 0))
    assert torch.equal(torch.rand(3), expected)
    assert not any(module.training for module in model.modules())
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert not torch.equal(drawn[0].logits, drawn[1].logits)


class Counting(nn.Linear):
    """A layer that counts how often it computes."""

    computed = 0

    def forward(self, values: Tensor) -> Tensor:
        self.computed += 1
        return super().forward(values)


class Deep(Noisy):
    """A shared activation, a value that is changed in place, and dropout between two layers."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = Counting(CLASSES, WIDTH), Counting(WIDTH, WIDTH)
        self.activation = nn.ReLU(inplace=True)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        early = self.activation(self.first(embedded))
        early += 1
        return [self.activation(self.second(self.dropout(early)))]


def test_what_lies_before_the_first_dropout_is_computed_once_and_every_pass_is_that_of_the_whole_network() -> None:
    model, batch = Deep().eval(), examples().batch(torch.arange(9))
    whole = []
    for number in range(4):  # seeded as in ``View.resampled``
        model.dropout.train()
        torch.manual_seed(seed_of(3, "dropout", 0, number))
        whole.append(look(model, batch).logits)
        model.dropout.eval()
    view = look(model, batch)
    model.first.computed = model.second.computed = 0
    drawn = [one.logits for one in view.resampled(4, 3)]
    assert (model.first.computed, model.second.computed) == (1, 4)
    assert all(torch.equal(one, other) for one, other in zip(drawn, whole, strict=True))
    assert not torch.equal(drawn[0], drawn[1])


def test_only_what_drops_values_in_training_is_active() -> None:
    model = Noisy()
    assert dropout_modules(model) == [model.dropout]
    assert dropout_modules(Noisy(dropout=0.0)) == []

    class Frozen(Noisy):
        def train(self, mode: bool = True) -> "Frozen":
            super().train(mode)
            self.dropout.eval()
            return self

    assert dropout_modules(Frozen()) == []
    recurrent = Noisy(dropout=0.0)
    recurrent.first = nn.LSTM(2, 2, num_layers=2, dropout=0.1)  # type: ignore[assignment]
    assert dropout_modules(recurrent) == [recurrent.first]


@pytest.mark.parametrize("name", SAMPLING)
def test_a_model_without_dropout_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(NotApplicable, match=f"detector {name} needs a model with dropout"):
        scored(SAMPLING[name], examples(), Noisy(dropout=0.0))


def test_a_confident_mean_keeps_its_rank_beyond_rounding() -> None:
    score = scored(SAMPLING["mc_dropout_msp"], TensorDataset(torch.tensor([[60.0, 0, 0], [90.0, 0, 0]])), Noisy(1e-9))
    assert score[1] > score[0] > 100


@pytest.mark.parametrize("data", [examples(), sentences()], ids=["examples", "steps"])
def test_a_step_raises_the_learned_confidence(data: TensorDataset) -> None:
    plain, stepped = scored(SteppedConfidence(0.0), data), scored(SteppedConfidence(0.1), data)
    model = Noisy().eval()
    with torch.no_grad():
        expected = look(model, data.batch(torch.arange(len(data)))).row_extras()["confidence"].numpy()
    np.testing.assert_allclose(plain, expected, rtol=1e-6)
    assert plain.shape == (90,) and (stepped > plain).all() and stepped.max() <= 0
    assert roc_auc(stepped, scored(SteppedConfidence(0.1), examples(size=0.0, seed=1))) > 0.9


def test_a_step_is_epsilon_standard_deviations_along_the_sign_of_the_gradient() -> None:
    data, model = examples(30), Noisy().eval()
    spread = float(examples().inputs.double().std(correction=0))
    inputs = data.inputs.clone().requires_grad_()
    batch = data.batch(torch.arange(30))
    first = look(model, batch.with_inputs(inputs)).row_extras()["confidence"]
    (gradient,) = torch.autograd.grad(first.sum(), inputs)
    moved = look(model, batch.with_inputs(inputs + 0.03 * spread * gradient.sign()))
    np.testing.assert_allclose(
        scored(SteppedConfidence(0.03), data), moved.row_extras()["confidence"].detach().numpy(), rtol=1e-5
    )


def test_a_model_without_a_confidence_head_is_refused_in_a_sentence() -> None:
    class Plain(Noisy):
        def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
            return {}

    with pytest.raises(NotApplicable, match="needs the confidence head of objective learned_confidence"):
        scored(SteppedConfidence(), examples(), Plain())
    assert [one.epsilon for one in SteppedConfidence().settings()] == [0.006, 0.0, 0.03, 0.1]


@pytest.mark.parametrize(("name", "array"), [("learned_confidence", "confidence"), ("mutual_information",) * 2])
def test_a_score_that_a_model_leaves_is_read_where_it_is_and_nowhere_else(name: str, array: str) -> None:
    logits, values = np.zeros((3, 2), np.float32), np.array([-0.1, -2.0, 0.0])
    detector = load_detector(name)
    assert not detector.applies(Outputs(logits))
    outputs = Outputs(logits, row_extras={array: values})
    assert detector.applies(outputs) and detector.score(outputs).tolist() == values.tolist()
