"""The training loop: it learns, it is repeatable, and a killed run continues as if it had never stopped."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import common.training.checkpoint
from common.base.errors import UserError
from common.data.examples import IGNORE, Batch, TensorDataset
from common.data.samples import RawDataset
from common.data.sources import Derived
from common.model import Classifier
from common.objectives.cross_entropy import OBJECTIVE, cross_entropy
from common.task import Budget, Model, Task
from common.training.checkpoint import BestEpoch
from common.training.loop import error_rate, fit, make_optimizer, rate_factor
from common.training.setup import Setup, Stream
from common.training.steps import descend, set_rate


class Linear(Classifier):
    """A linear classifier with dropout, so that chance plays a part in training."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.dropout, self.last = nn.Dropout(0.2), nn.Linear(width, classes)

    def embed(self, batch: Batch) -> Tensor:
        return batch.inputs

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        return [self.dropout(embedded)]

    def classify(self, features: Tensor) -> Tensor:
        return self.last(features)


NOTHING = Derived("nothing", lambda test, rng: RawDataset([]))
BUDGET = Budget(epochs=6, batch_size=16, learning_rate=0.05)
TASK = Task("blobs", "blobs", NOTHING, NOTHING, (), Model("linear"), BUDGET, BUDGET)


def blobs(seed: int = 0) -> TensorDataset:
    """Three well separated clouds in four dimensions."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(150) % 3
    centres = 3 * torch.eye(3, 4)
    return TensorDataset(centres[labels] + torch.randn(150, 4, generator=generator), labels=labels)


def setup(**changes: object) -> Setup:
    return replace(Setup(TASK, BUDGET, blobs(), seed=1, device=torch.device("cpu")), **changes)


def trained(**changes: object) -> Linear:
    torch.manual_seed(0)
    model = Linear(4, 3)
    OBJECTIVE.train(model, setup(**changes))
    return model


def weights(model: nn.Module) -> np.ndarray:
    return torch.cat([value.flatten() for value in model.state_dict().values()]).numpy()


def test_separable_classes_are_learned() -> None:
    model = trained().eval()
    examples = blobs(seed=9)
    batch = examples.batch(torch.arange(len(examples)))
    assert (model(batch).argmax(1) == batch.labels).float().mean() > 0.95


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    assert np.array_equal(weights(trained()), weights(trained()))
    assert not np.array_equal(weights(trained()), weights(trained(seed=2)))


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "plain_sgd", "rmsprop"])
def test_a_training_killed_between_epochs_continues_to_the_same_weights(
    optimizer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = replace(BUDGET, optimizer=optimizer, learning_rate=0.01, schedule="one_cycle")
    unbroken = trained(budget=budget, validation=blobs(3))
    monkeypatch.setattr(common.training.checkpoint, "SECONDS_BETWEEN", 0.0)

    class KilledError(Exception):
        pass

    class Killer:
        def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
            if done == 4:
                raise KilledError

    with pytest.raises(KilledError):
        trained(budget=budget, validation=blobs(3), checkpoints=tmp_path, progress=Killer())
    epochs: list[int] = []

    class Counter:
        def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
            epochs.append(done)

    continued = trained(budget=budget, validation=blobs(3), checkpoints=tmp_path, progress=Counter())
    assert epochs == [4, 5, 6]
    assert np.array_equal(weights(continued), weights(unbroken))


def test_a_damaged_checkpoint_is_left_out_and_the_training_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "train.checkpoint").write_bytes(b"half a file")
    anew, fresh = trained(checkpoints=tmp_path), trained()
    assert all(torch.equal(value, fresh.state_dict()[name]) for name, value in anew.state_dict().items())
    assert not (tmp_path / "train.checkpoint").exists()


def test_the_epoch_with_the_smallest_dev_error_is_kept() -> None:
    steps: list[Tensor] = []

    def climb(
        model: Classifier, batch: Batch, beside: object
    ) -> Tensor:  # gets worse on purpose from the second epoch on
        loss = cross_entropy(model, model(batch), batch)
        steps.append(loss)
        return loss if len(steps) <= 10 else -loss

    torch.manual_seed(0)
    model = Linear(4, 3)
    fit(model, climb, setup(validation=blobs(3)))
    batch = blobs(3).batch(torch.arange(150))
    assert (model(batch).argmax(1) == batch.labels).float().mean() > 0.9


def test_a_loss_that_is_no_longer_finite_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="training diverged: loss nan"):
        fit(Linear(4, 3), lambda model, batch, beside: model(batch).sum() * float("nan"), setup())


def test_weight_decay_falls_on_the_listed_weights_alone() -> None:
    model = Linear(4, 3)
    model.decayed = lambda: [model.last.weight]  # type: ignore[method-assign]
    groups = make_optimizer(model, replace(BUDGET, weight_decay=0.1), None).param_groups
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    assert decay == {id(model.last.weight): 0.1, id(model.last.bias): 0.0}


@dataclass(frozen=True)
class Rate:
    schedule: str
    start: float
    middle: float
    end: float


@pytest.mark.parametrize(
    "rate",
    [
        Rate("constant", 1, 1, 1),
        Rate("cosine", 1, 0.5, 0),
        Rate("one_cycle", 0.1, 0.75, 0),
        Rate("steps", 1, 0.5, 0.25),
    ],
)
def test_learning_rate_schedules_start_and_end_where_they_say(rate: Rate) -> None:
    budget = Budget(12, 1, 1.0, schedule=rate.schedule, decay_at=(6, 11), decay=0.5)
    assert rate_factor(budget, 0, 0.0) == pytest.approx(rate.start)
    assert rate_factor(budget, 6, 0.0) == pytest.approx(rate.middle)
    assert rate_factor(budget, 11, 1.0) == pytest.approx(rate.end)


def test_mixed_precision_rounds_products_alone_and_weights_stay_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def loss(model: Classifier, batch: Batch, beside: object) -> Tensor:
        logits = model(batch)
        seen.append(logits.dtype)
        return nn.functional.cross_entropy(logits, batch.labels)

    mixed = replace(BUDGET, epochs=2, mixed_precision=True)
    found = {}
    for there in (True, False):
        monkeypatch.setattr("common.training.steps.has_bfloat16", lambda device, there=there: there)
        torch.manual_seed(0)
        model = Linear(4, 3)
        fit(model, loss, setup(budget=mixed))
        found[there] = weights(model)
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
        assert set(seen) == {torch.bfloat16 if there else torch.float32}
        seen.clear()
    assert np.array_equal(found[False], weights(trained(budget=replace(mixed, mixed_precision=False))))
    assert found[True] == pytest.approx(found[False], abs=0.05)
    assert not np.array_equal(found[True], found[False])


def test_augmentation_sees_every_batch_of_every_epoch_with_a_seed_of_its_own() -> None:
    drawn: list[list[float]] = []

    def augment(inputs: Tensor, generator: torch.Generator) -> Tensor:
        drawn[-1].append(float(torch.rand((), generator=generator)))
        return inputs + 0.1

    for _ in range(2):
        drawn.append([])
        trained(task=replace(TASK, augment=augment), budget=replace(BUDGET, epochs=2))
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 2 * 10


def test_of_two_epochs_with_the_same_error_the_first_is_kept() -> None:
    best, model = BestEpoch(), Linear(4, 3)
    first = weights(model).copy()
    best.offer(model, 0.25)
    with torch.no_grad():
        model.last.weight += 1
    best.offer(model, 0.25)
    best.restore(model)
    assert np.array_equal(weights(model), first)


def test_rows_without_a_label_have_no_part_in_the_error_rate() -> None:
    model, examples = trained().eval(), blobs(seed=9)
    wrong = examples.labels.clone()
    wrong[:30] = (wrong[:30] + 1) % 3
    expected = error_rate(model, replace(examples, labels=wrong))
    assert 0.1 < expected < 0.4
    unlabelled = torch.cat([wrong, torch.full((150,), IGNORE)])
    twice = TensorDataset(torch.cat([examples.inputs, examples.inputs]), labels=unlabelled)
    assert error_rate(model, twice) == expected


def test_a_step_follows_the_gradient_of_its_own_loss_alone() -> None:
    weight = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    for expected in (-1.0, -2.0, -3.0):
        descend(optimizer, weight.sum())
        assert weight.item() == expected


@pytest.mark.parametrize(
    ("name", "kind", "momentum"),
    [("adam", "Adam", None), ("sgd", "SGD", 0.9), ("plain_sgd", "SGD", 0), ("rmsprop", "RMSprop", 0)],
)
def test_an_optimiser_is_what_its_name_says_at_the_budget_s_rate(name: str, kind: str, momentum: float | None) -> None:
    model = Linear(4, 3)
    optimizer = make_optimizer(model, replace(BUDGET, optimizer=name))
    assert type(optimizer).__name__ == kind and len(optimizer.param_groups) == 1
    (group,) = optimizer.param_groups
    assert (group["lr"], group["weight_decay"], group.get("momentum")) == (BUDGET.learning_rate, 0.0, momentum)
    assert group.get("nesterov", False) == (name == "sgd")
    set_rate(optimizer, 0.125)
    assert group["lr"] == 0.125


def test_parameters_that_are_frozen_or_not_named_are_not_trained() -> None:
    model = Linear(4, 3)
    model.last.bias.requires_grad = False
    assert [len(group["params"]) for group in make_optimizer(model, BUDGET).param_groups] == [1]
    before = model.last.weight.clone()
    fit(model, lambda one, batch, beside: one(batch).sum(), setup(), parameters=[model.last.bias.requires_grad_()])
    assert torch.equal(model.last.weight, before)


def test_a_gradient_longer_than_the_norm_is_shortened_and_a_shorter_one_is_not() -> None:
    for norm, moved in ((0.5, 0.5), (2.0, 1.0), (None, 1.0)):
        weight = nn.Parameter(torch.zeros(1))
        descend(torch.optim.SGD([weight], lr=1.0), weight.sum(), gradient_norm=norm)
        assert weight.item() == pytest.approx(-moved, abs=1e-5)


def test_one_cycle_rises_to_one_in_the_first_quarter_and_steps_fall_at_the_start_of_their_epoch() -> None:
    budget = Budget(12, 1, 1.0, schedule="one_cycle")
    assert [rate_factor(budget, epoch, 0.0) for epoch in (1, 3)] == pytest.approx([0.4, 1.0])
    assert rate_factor(budget, 2, 0.999) < 1 and rate_factor(budget, 3, 0.5) < 1
    stepped = Budget(12, 1, 1.0, schedule="steps", decay_at=(6,), decay=0.5)
    assert [rate_factor(stepped, epoch, 0.99) for epoch in (5, 6)] == [1.0, 0.5]


def test_a_stream_beside_gives_every_example_once_before_any_comes_again_in_another_order_each_epoch() -> None:
    beside = TensorDataset(torch.arange(40.0)[:, None].expand(40, 4))
    drawn: list[list[float]] = []

    def loss(model: Classifier, batch: Batch, others: dict[str, Batch]) -> Tensor:
        drawn.append(others["more"].inputs[:, 0].tolist())
        return model(batch).square().mean()

    fit(Linear(4, 3), loss, setup(budget=replace(BUDGET, epochs=2)), beside={"more": Stream(beside, 16)})
    assert {len(batch) for batch in drawn} == {16} and len(drawn) == 20
    for epoch in (drawn[:10], drawn[10:]):
        flat = [value for batch in epoch for value in batch]
        assert all(sorted(flat[start : start + 40]) == list(range(40)) for start in (0, 40, 80))
    assert drawn[:10] != drawn[10:]


def test_a_checkpoint_is_stored_when_the_last_is_old_enough_and_after_whole_epochs_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 19.9, 20.0, 20.0, 39.9, 40.0, 40.0, 59.0, 59.5])
    monkeypatch.setattr(common.training.checkpoint.time, "monotonic", lambda: next(times))
    stored: list[bool] = []

    class Watcher:
        def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
            stored.append((tmp_path / "train.checkpoint").exists())
            (tmp_path / "train.checkpoint").unlink(missing_ok=True)

    trained(checkpoints=tmp_path, progress=Watcher())
    assert stored == [False, False, True, False, True, False], "seen before each epoch's own is stored"


def test_an_epoch_without_an_error_keeps_the_last_weights() -> None:
    model = Linear(4, 3)
    before = weights(model).copy()
    BestEpoch().restore(model)
    assert np.array_equal(weights(model), before)


def test_of_no_rows_the_error_is_0() -> None:
    examples = blobs()
    assert error_rate(Linear(4, 3), replace(examples, labels=torch.full((150,), IGNORE))) == 0.0
