"""Prediction keeps the order of the data set, leaves padding out and says whose row is whose."""

import numpy as np
import torch
from torch import Tensor, nn

from common.data.examples import IGNORE, Batch, TensorDataset
from common.model import Classifier
from common.training.predict import predict


class Stepwise(Classifier):
    """Classifies every step by itself; the last class is a blank that is not scored."""

    scored_classes = 3

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(2, 4)

    def embed(self, batch: Batch) -> Tensor:
        return batch.inputs

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        return [embedded]

    def classify(self, features: Tensor) -> Tensor:
        return self.last(features)

    def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        return {"first_input": embedded[..., 0]}

    def group_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        return {"length": batch.lengths, "five": torch.zeros(len(batch), 5)}


def sequences(lengths: list[int], tagged: bool) -> TensorDataset:
    generator = torch.Generator().manual_seed(0)
    offsets = torch.tensor([0, *lengths]).cumsum(0)
    inputs = torch.randn(int(offsets[-1]), 2, generator=generator)
    if tagged:
        return TensorDataset(inputs, offsets, torch.arange(len(inputs)) % 3, offsets)
    return TensorDataset(inputs, offsets, torch.arange(len(lengths)), torch.arange(len(lengths) + 1))


def test_rows_are_the_steps_in_the_order_of_the_data_set() -> None:
    torch.manual_seed(0)
    model, examples = Stepwise(), sequences([3, 1, 7, 2, 5], tagged=True)
    outputs = predict(model, examples, batch_size=2, features=True)
    with torch.no_grad():
        assert np.allclose(outputs.logits, model.last(examples.inputs).numpy(), atol=1e-6)
    assert outputs.scored_logits.shape == (18, 3)
    assert np.array_equal(outputs.features, examples.inputs.numpy())
    assert outputs.groups.tolist() == [0] * 3 + [1] + [2] * 7 + [3] * 2 + [4] * 5
    assert np.array_equal(outputs.labels, examples.labels.numpy()) and IGNORE not in outputs.labels
    assert outputs.group_extras["length"].tolist() == [3, 1, 7, 2, 5]
    assert np.array_equal(outputs.row_extras["first_input"], examples.inputs[:, 0].numpy())


def test_the_labels_of_a_transcript_are_not_labels_of_rows() -> None:
    assert predict(Stepwise(), sequences([3, 1, 7], tagged=False)).labels is None


def test_the_size_of_batches_does_not_change_what_a_model_says() -> None:
    torch.manual_seed(0)
    model, examples = Stepwise(), sequences([3, 1, 7, 2, 5], tagged=True)
    one, many = predict(model, examples, batch_size=1), predict(model, examples, batch_size=5)
    assert np.allclose(one.logits, many.logits, atol=1e-6)


def test_values_of_a_group_stay_a_group_s_when_the_longest_sequence_has_as_many_steps() -> None:
    outputs = predict(Stepwise(), sequences([5, 3], tagged=True))
    assert outputs.group_extras["five"].shape == (2, 5)
