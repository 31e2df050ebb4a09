"""The abnormality module: it reconstructs, tells clean from distorted, and its second phase trains the head alone."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from common.base.errors import UserError
from common.data.examples import IGNORE, Batch, TensorDataset
from common.data.samples import RawDataset
from common.data.sources import Derived
from common.model import Classifier
from common.objectives import abnormality
from common.objectives.abnormality import HELD_OUT, OBJECTIVE, HeadLoss, WithAbnormality, _hold_out, joint_loss
from common.task import Budget, Model, Task
from common.training.layers import gelu
from common.training.setup import Setup

WIDTH, CLASSES = 12, 3


class TwoLayers(Classifier):
    """Two hidden layers with dropout on (B, 12) examples, or on each step of (B, T, 12) sequences."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Linear(WIDTH, 32), nn.Linear(32, 16), nn.Linear(16, CLASSES)
        self.activation, self.dropout = gelu(), nn.Dropout(0.1)

    def embed(self, batch: Batch) -> Tensor:
        return batch.inputs

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        first = self.dropout(self.activation(self.first(embedded)))
        return [first, self.dropout(self.activation(self.second(first)))]

    def classify(self, features: Tensor) -> Tensor:
        return self.last(features)


def add_noise(batch: Batch, generator: torch.Generator) -> Tensor:
    return batch.inputs + torch.randn(batch.inputs.shape, generator=generator)


NOTHING = Derived("nothing", lambda test, rng: RawDataset([]))


BUDGET = Budget(epochs=30, batch_size=64, learning_rate=3e-3, weight_decay=1e-5)
TASK = Task("planes", "planes", NOTHING, NOTHING, (), Model("two"), BUDGET, BUDGET, distortions=add_noise)
PLANE = torch.randn(2, WIDTH, generator=torch.Generator().manual_seed(9))


def planes(count: int, seed: int) -> TensorDataset:
    """Points of three classes near one plane in twelve dimensions: what is off the plane is abnormal."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    centres = torch.tensor([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])
    within = centres[labels] + 0.3 * torch.randn(count, 2, generator=generator)
    return TensorDataset(within @ PLANE + 0.02 * torch.randn(count, WIDTH, generator=generator), labels=labels)


def sentences(count: int, seed: int) -> TensorDataset:
    """The same points as steps of sequences of 1 to 5."""
    lengths = torch.arange(count) % 5 + 1
    offsets = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    steps = planes(int(offsets[-1]), seed)
    return TensorDataset(steps.inputs, offsets, steps.labels, offsets)


def setup(train: TensorDataset, **changes: object) -> Setup:
    return replace(Setup(TASK, BUDGET, train, seed=1, device=torch.device("cpu")), **changes)


def trained(train: TensorDataset, **changes: object) -> WithAbnormality:
    torch.manual_seed(0)
    model = OBJECTIVE.wrap(TwoLayers, train)
    assert isinstance(model, WithAbnormality)
    OBJECTIVE.train(model, setup(train, **changes))
    return model.eval()


@pytest.fixture(scope="module")
def model() -> WithAbnormality:
    """A module trained on points."""
    return trained(planes(600, seed=0))


def scores(model: WithAbnormality, batch: Batch) -> Tensor:
    embedded = model.embed(batch)
    features = model.encode(embedded, batch)
    with torch.no_grad():
        return model.row_extras(batch, embedded, features, model.classify(features))["abnormality"]


def test_clean_inputs_score_higher_than_inputs_off_the_plane_of_a_kind_not_trained_on(model: WithAbnormality) -> None:
    clean = planes(300, seed=5).batch(torch.arange(300))
    generator = torch.Generator().manual_seed(3)
    elsewhere = clean.with_inputs(torch.rand(300, WIDTH, generator=generator) * 4 - 2)
    normal, abnormal = scores(model, clean), scores(model, elsewhere)
    assert (normal[:, None] > abnormal).float().mean() > 0.97


def test_the_classifier_still_classifies_and_its_logits_are_the_modules(model: WithAbnormality) -> None:
    batch = planes(300, seed=5).batch(torch.arange(300))
    assert (model(batch).argmax(-1) == batch.labels).float().mean() > 0.95
    torch.testing.assert_close(model(batch), model.classifier(batch))


def test_the_first_phase_learns_to_reconstruct(model: WithAbnormality) -> None:
    batch = planes(300, seed=5).batch(torch.arange(300))
    with torch.no_grad():
        residual = model.reconstruction(model.embed(batch), batch).residual
    assert residual.mean() < 0.1 * batch.inputs.var()


def test_the_second_phase_changes_the_head_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    train = planes(120, seed=0)
    states: dict[str, dict[str, Tensor]] = {}

    def watched(model: WithAbnormality, loss: object, setup: Setup, *, phase: str, **how: object) -> None:
        original(model, loss, setup, phase=phase, **how)
        states[phase] = {name: value.clone() for name, value in model.state_dict().items()}

    original = abnormality.fit
    monkeypatch.setattr(abnormality, "fit", watched)
    trained(train, budget=replace(BUDGET, epochs=2))
    first, second = states.values()
    changed = {name.split(".")[0] for name in first if not torch.equal(first[name], second[name])}
    assert changed == {"head"}


def test_the_head_trains_half_as_long_at_a_rate_of_its_own_and_without_choosing_an_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[Budget, Setup]] = []
    monkeypatch.setattr(abnormality, "fit", lambda model, loss, setup, *, budget, **how: calls.append((budget, setup)))
    steps = replace(BUDGET, learning_rate=0.5, schedule="steps", decay_at=(20,))
    trained(planes(120, 0), budget=steps, validation=planes(30, 1))
    (first, _), (second, of_head) = calls
    assert (first.epochs, first.learning_rate, first.weight_decay) == (30, 0.5, 0.0)
    assert (second.epochs, second.learning_rate, second.schedule, second.weight_decay) == (15, 1e-3, "constant", 0.0)
    assert of_head.validation is None
    calls.clear()
    options = {"abnormality": {"epochs_fraction": 0.1, "schedule": "one_cycle"}}
    trained(planes(120, 0), budget=steps, task=replace(TASK, options=options))
    assert (calls[1][0].epochs, calls[1][0].schedule) == (3, "one_cycle"), "a task may say otherwise"


def test_a_twelfth_of_the_examples_is_held_out_of_the_first_phase_by_the_seed() -> None:
    train = planes(120, seed=0)
    kept, held_out = _hold_out(train, 1)
    assert len(held_out) == 120 // HELD_OUT and len(kept) + len(held_out) == 120
    together = torch.cat([kept.inputs, held_out.inputs])
    assert {tuple(row) for row in together.tolist()} == {tuple(row) for row in train.inputs.tolist()}
    assert torch.equal(_hold_out(train, 1)[1].inputs, held_out.inputs)
    assert not torch.equal(_hold_out(train, 2)[1].inputs, held_out.inputs)


def test_whole_groups_are_held_out_three_at_least() -> None:
    one_group = replace(planes(120, seed=0), groups=torch.zeros(120, dtype=torch.int64))
    assert [len(part) for part in _hold_out(one_group, 1)] == [110, 10]
    for groups, expected in ((12, 3), (60, 5), (4, 2)):
        train = replace(planes(120, seed=0), groups=torch.arange(120) % groups)
        kept, held_out = _hold_out(train, 1)
        assert kept.groups is not None and held_out.groups is not None
        assert len(held_out.groups.unique()) == expected
        assert not set(kept.groups.tolist()) & set(held_out.groups.tolist())


def test_distorted_examples_that_were_made_beforehand_serve_as_well() -> None:
    train = planes(600, seed=0)
    batch = train.batch(torch.arange(600))
    made = TensorDataset(add_noise(batch, torch.Generator().manual_seed(7)))
    model = trained(train, task=replace(TASK, distortions=None), distorted=lambda: made)
    clean = planes(300, seed=5).batch(torch.arange(300))
    normal = scores(model, clean)
    abnormal = scores(model, clean.with_inputs(add_noise(clean, torch.Generator().manual_seed(8))))
    assert (normal[:, None] > abnormal).float().mean() > 0.97


def test_the_heads_batch_is_a_third_clean_half_of_it_held_out_and_two_thirds_distorted() -> None:
    train, held_out = planes(96, seed=0), planes(40, seed=1)
    seen: list[Batch] = []

    class Watched(WithAbnormality):
        def embed(self, batch: Batch) -> Tensor:
            seen.append(batch)
            return super().embed(batch)

    model = Watched(TwoLayers(), train.batch(torch.arange(1)))
    seen.clear()
    batch = train.batch(torch.arange(96))
    HeadLoss(add_noise)(model, batch, {"held_out": held_out.batch(torch.arange(16))})
    clean, unseen, distorted = seen
    assert [len(part) for part in seen] == [16, 16, 64]
    assert torch.equal(clean.inputs, batch.inputs[:16])
    assert all((row == held_out.inputs).all(1).any() for row in unseen.inputs)
    assert not any((row == batch.inputs).all(1).any() for row in distorted.inputs)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_last_batch_of_a_few_examples_has_both_kinds_too(count: int) -> None:
    train = planes(12, seed=0)
    model = WithAbnormality(TwoLayers(), train.batch(torch.arange(1)))
    beside = {"held_out": train.batch(torch.arange(1))}
    loss = HeadLoss(add_noise)(model, train.batch(torch.arange(count)), beside)
    assert torch.isfinite(loss)


def test_the_same_code_scores_every_step_of_a_sequence() -> None:
    model = trained(sentences(150, seed=0))
    batch = sentences(60, seed=5).batch(torch.arange(60))
    assert batch.mask is not None
    distorted = batch.with_inputs(add_noise(batch, torch.Generator().manual_seed(3)))
    normal, abnormal = scores(model, batch)[batch.mask], scores(model, distorted)[batch.mask]
    assert len(normal) == 180
    assert (normal[:, None] > abnormal).float().mean() > 0.9


def test_padding_plays_no_part_in_either_loss() -> None:
    train = sentences(40, seed=0)
    torch.manual_seed(0)
    model = WithAbnormality(TwoLayers(), train.batch(torch.arange(1))).eval()
    batch = train.batch(torch.arange(20))
    assert batch.mask is not None and (batch.labels == IGNORE).any()
    filled = batch.with_inputs(torch.where(batch.mask[..., None], batch.inputs, 1e3))
    beside = {"held_out": train.batch(torch.arange(3))}
    for loss in (joint_loss, HeadLoss(lambda part, generator: part.inputs)):
        values = []
        for same in (batch, filled):
            torch.manual_seed(4)
            values.append(loss(model, same, beside))
        torch.testing.assert_close(*values)


def test_a_model_that_shortens_time_is_refused() -> None:
    class Halved(TwoLayers):
        def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
            return super().hidden_layers(embedded[:, ::2], batch)

    with pytest.raises(UserError, match="a row for each step"):
        OBJECTIVE.wrap(Halved, sentences(10, 0).take(torch.tensor([4])))


def test_weight_decay_falls_on_what_the_classifier_lists_and_not_on_head_or_decoder() -> None:
    class Listed(TwoLayers):
        def decayed(self) -> list[nn.Parameter]:
            return [self.first.weight]

    model = OBJECTIVE.wrap(Listed, planes(12, 0))
    assert [id(one) for one in model.decayed()] == [id(model.classifier.first.weight)]
