"""The CTC loss against a sum over every alignment."""

from itertools import product

import pytest
import torch
from torch import Tensor

from common.base.errors import UserError
from common.data.examples import Batch, TensorDataset
from common.discover import load_task
from common.model import Classifier
from common.objectives import ctc_auxiliary_start
from common.objectives.ctc import ctc
from common.task import Budget
from common.training.setup import Setup


class Given(Classifier):
    """Says what it was told to say."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self, batch: Batch) -> Tensor:
        return self.logits


def batch_of(lengths: list[int], labels: list[list[int]]) -> Batch:
    width = max(map(len, labels))
    table = torch.tensor([row + [-100] * (width - len(row)) for row in labels])
    count = torch.tensor([len(row) for row in labels])
    inputs = torch.zeros(len(labels), max(lengths), 1)
    return Batch(inputs, torch.tensor(lengths), table, count, torch.arange(len(labels)))


def spelled(path: tuple[int, ...], blank: int) -> list[int]:
    changed = [step for i, step in enumerate(path) if i == 0 or step != path[i - 1]]
    return [step for step in changed if step != blank]


def by_alignments(logits: Tensor, labels: list[int]) -> Tensor:
    steps, classes = logits.shape
    chances = logits.softmax(-1)
    paths = [path for path in product(range(classes), repeat=steps) if spelled(path, classes - 1) == labels]
    return -torch.stack([chances[torch.arange(steps), torch.tensor(path)].prod() for path in paths]).sum().log()


def test_the_loss_is_the_sum_over_all_alignments_a_label_in_the_mean() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(2, 4, 3), [[0, 1], [1]]
    expected = (by_alignments(logits[0], [0, 1]) / 2 + by_alignments(logits[1, :3], [1])) / 2
    torch.testing.assert_close(ctc(Given(logits), logits, batch_of([4, 3], labels)), expected)


def test_the_auxiliary_start_trains_on_scaled_auxiliary_examples_and_then_on_the_tasks_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = torch.Generator().manual_seed(0)
    own = TensorDataset(torch.randn(30, 4, generator=generator), torch.tensor([0, 10, 30]), torch.tensor([1, 0]))
    auxiliary = TensorDataset(5 + 3 * torch.randn(50, 4, generator=generator), torch.tensor([0, 50]), torch.tensor([2]))
    seen: list[tuple[TensorDataset, int]] = []

    def record(model: Classifier, loss: object, setup: Setup, *, budget: Budget, phase: str = "train") -> None:
        seen.append((setup.train, budget.epochs))

    monkeypatch.setattr(ctc_auxiliary_start, "fit", record)
    setup = Setup(load_task("speech/timit_ctc"), Budget(40, 10, 1e-3), own, 0, torch.device("cpu"), labelled=auxiliary)
    ctc_auxiliary_start.OBJECTIVE.train(Given(torch.zeros(1)), setup)
    (first, short), (second, rest) = seen
    torch.testing.assert_close(first.inputs.mean(0), own.inputs.mean(0), atol=1e-5, rtol=0)
    torch.testing.assert_close(first.inputs.std(0), own.inputs.std(0), atol=1e-5, rtol=0)
    assert first.labels is auxiliary.labels and second is own
    assert (short, rest) == (4, 20)


def test_an_auxiliary_start_needs_labels() -> None:
    unlabelled = TensorDataset(torch.zeros(5, 1), torch.tensor([0, 5]))
    setup = Setup(
        load_task("speech/timit_ctc"), Budget(4, 1, 1e-3), unlabelled, 0, torch.device("cpu"), labelled=unlabelled
    )
    with pytest.raises(UserError, match="has no labelled auxiliary examples to start with"):
        ctc_auxiliary_start.OBJECTIVE.train(Given(torch.zeros(1)), setup)


def test_a_sequence_too_short_for_its_labels_counts_as_nothing_and_spoils_no_gradient() -> None:
    torch.manual_seed(0)
    model = Given(torch.randn(2, 3, 3))
    loss = ctc(model, model.logits, batch_of([3, 1], [[0], [0, 1]]))
    loss.backward()
    assert loss.item() == pytest.approx(by_alignments(model.logits[0].detach(), [0]).item() / 2, rel=1e-5)
    assert model.logits.grad is not None and torch.isfinite(model.logits.grad).all()
    assert not model.logits.grad[1].any()
