"""The training loop: it learns, it is repeatable, and it does what budget and schedule say."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from common.base.errors import UserError
from common.data.examples import IGNORE, Batch, TensorDataset
from common.model import Classifier
from common.objectives.cross_entropy import cross_entropy
from common.task import Budget
from common.training.loop import error_rate, fit, rate_factor
from common.training.setup import Stream
from tests.blobs import BUDGET, TASK, Linear, blobs, setup, trained, weights


def test_separable_classes_are_learned() -> None:
    model = trained().eval()
    examples = blobs(seed=9)
    batch = examples.batch(torch.arange(len(examples)))
    assert (model(batch).argmax(1) == batch.labels).float().mean() > 0.95


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    assert np.array_equal(weights(trained()), weights(trained()))
    assert not np.array_equal(weights(trained()), weights(trained(seed=2)))


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


def test_rows_without_a_label_have_no_part_in_the_error_rate() -> None:
    model, examples = trained().eval(), blobs(seed=9)
    wrong = examples.labels.clone()
    wrong[:30] = (wrong[:30] + 1) % 3
    expected = error_rate(model, replace(examples, labels=wrong))
    assert 0.1 < expected < 0.4
    unlabelled = torch.cat([wrong, torch.full((150,), IGNORE)])
    twice = TensorDataset(torch.cat([examples.inputs, examples.inputs]), labels=unlabelled)
    assert error_rate(model, twice) == expected


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


def test_of_no_rows_the_error_is_0() -> None:
    examples = blobs()
    assert error_rate(Linear(4, 3), replace(examples, labels=torch.full((150,), IGNORE))) == 0.0


def test_a_later_phase_has_its_own_budget_and_the_mean_loss_of_an_epoch_is_that_of_its_batches() -> None:
    told: list[tuple[str, int, int, float]] = []

    class Watcher:
        def epoch(self, *what: object) -> None:
            told.append(what)  # type: ignore[arg-type]

    later = replace(BUDGET, epochs=2, batch_size=150)
    ones = setup(progress=Watcher())
    fit(Linear(4, 3), lambda model, batch, beside: model(batch).sum() * 0 + 3, ones, phase="later", budget=later)
    assert told == [("later", 1, 2, 3.0), ("later", 2, 2, 3.0)]


def test_each_process_has_the_same_order_of_examples_and_an_augmentation_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[Tensor, float]] = []

    def augment(inputs: Tensor, generator: torch.Generator) -> Tensor:
        seen.append((inputs, float(torch.rand((), generator=generator))))
        return inputs

    augmented = setup(task=replace(TASK, augment=augment), budget=replace(BUDGET, epochs=1))
    monkeypatch.setattr("common.base.workers.shard", lambda index: (index, 1.0))
    for rank in range(3):
        monkeypatch.setattr("common.base.workers.RANK", rank)
        fit(Linear(4, 3), lambda model, batch, beside: model(batch).sum(), augmented)
    first, second, third = seen[:10], seen[10:20], seen[20:]
    for one, other in ((first, second), (second, third), (third, first)):
        assert all(torch.equal(mine[0], theirs[0]) for mine, theirs in zip(one, other, strict=True))
        assert not {draw for _, draw in one} & {draw for _, draw in other}


def test_a_stream_beside_is_augmented_too_unless_it_says_otherwise() -> None:
    sizes: list[int] = []

    def augment(inputs: Tensor, generator: torch.Generator) -> Tensor:
        sizes.append(len(inputs))
        return inputs

    augmented = setup(task=replace(TASK, augment=augment), budget=replace(BUDGET, epochs=1, batch_size=150))
    for stream in (Stream(blobs(), 7), Stream(blobs(), 7, augmented=False)):
        fit(Linear(4, 3), lambda model, batch, beside: model(batch).sum(), augmented, beside={"more": stream})
    assert sizes == [150, 7, 150]


def test_the_task_s_own_loss_is_given_to_objectives_that_add_to_it_or_they_are_refused() -> None:
    def own(model: Classifier, logits: Tensor, batch: Batch) -> Tensor:
        return logits.sum()

    assert setup(criterion=own).own_criterion("outlier_exposure") is own
    with pytest.raises(UserError, match="outlier_exposure adds to the loss .* of blobs is more than one loss"):
        setup().own_criterion("outlier_exposure")
