"""Prediction: the outputs of a model on a data set."""

from collections import defaultdict
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from common.data.examples import Batch, TensorDataset, batches
from common.model import Classifier, inside_rows
from common.store.outputs import Outputs


def predict(model: Classifier, examples: TensorDataset, *, features: bool = False, batch_size: int = 256) -> Outputs:
    """Return the model's outputs on every example, in the order of the data set.

    Where the model classifies every step of a sequence, rows are the steps without padding, and ``groups`` gives the
    example of each row. Memory use beyond the result is that of one batch.

    Args:
        model: trained, on any device.
        examples: N of them.
        features: whether to keep the inputs of the last layer too.
        batch_size: examples per batch at most.
    """
    model.eval()
    rows, row_extras, group_extras = Collected(), Collected(), Collected()
    grouped = False
    with torch.inference_mode():
        for index in batches(examples, batch_size):
            batch = examples.batch(index).to(model.device)
            embedded = model.embed(batch)
            hidden = model.encode(embedded, batch)
            logits = model.classify(hidden)
            inside = inside_rows(model, batch, logits)
            grouped = inside is not None
            values = {"logits": logits.float()} | ({"features": hidden.float()} if features else {})
            if batch.labels is not None and batch.row_labels:
                values["labels"] = batch.labels
            rows.add(batch, values, inside)
            row_extras.add(batch, model.row_extras(batch, embedded, hidden, logits), inside)
            if grouped:
                group_extras.add(batch, model.group_extras(batch, embedded, hidden, logits))
    kept = rows.in_order()
    return Outputs(
        logits=kept["logits"],
        features=kept.get("features"),
        labels=kept.get("labels"),
        groups=rows.examples_in_order() if grouped else None,
        row_extras=row_extras.in_order(),
        group_extras=group_extras.in_order(),
        scored_classes=model.scored_classes,
    )


class Collected:
    """Collects values of batches, one per row or per example, and returns them in the order of the data set."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Tensor]] = defaultdict(list)
        self._index: list[Tensor] = []

    def add(self, batch: Batch, values: dict[str, Tensor], inside: Tensor | None = None) -> None:
        """Add a batch's values, (B, ...) each; or, with ``inside`` (B, T), the marked rows of (B, T, ...) values."""
        index = batch.index if inside is None else batch.index[:, None].expand_as(inside)[inside]
        self.add_rows(index, {name: value if inside is None else value[inside] for name, value in values.items()})

    def add_rows(self, index: Tensor, values: dict[str, Tensor]) -> None:
        """Add values, (R, ...) each, of the examples ``index`` (R,)."""
        self._index.append(index.cpu())
        for name, value in values.items():
            self._parts[name].append(value.cpu())

    def in_order(self) -> dict[str, NDArray[Any]]:
        """Return all values by name, in the order of the data set."""
        if not self._parts:
            return {}
        order = torch.cat(self._index).argsort(stable=True)
        return {name: torch.cat(values)[order].numpy() for name, values in self._parts.items()}

    def examples_in_order(self) -> NDArray[Any]:
        """Return the (N,) example number of each value, ascending."""
        index: NDArray[Any] = torch.cat(self._index).sort().values.numpy()
        return index
