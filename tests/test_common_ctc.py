"""The CTC loss against a sum over every alignment."""

from itertools import product

import pytest
import torch
from torch import Tensor

from common.examples import Batch
from common.model import Classifier
from common.objectives.ctc import ctc


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
    torch.testing.assert_close(ctc(Given(logits), batch_of([4, 3], labels)), expected)


def test_a_sequence_too_short_for_its_labels_counts_as_nothing_and_spoils_no_gradient() -> None:
    torch.manual_seed(0)
    model = Given(torch.randn(2, 3, 3))
    loss = ctc(model, batch_of([3, 1], [[0], [0, 1]]))
    loss.backward()
    assert loss.item() == pytest.approx(by_alignments(model.logits[0].detach(), [0]).item() / 2, rel=1e-5)
    assert model.logits.grad is not None and torch.isfinite(model.logits.grad).all()
    assert not model.logits.grad[1].any()
