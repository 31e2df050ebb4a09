"""Run a model over a data set and keep what it says."""

from collections import defaultdict
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from common.data.examples import Batch, TensorDataset, batches
from common.model import Classifier
from common.store.outputs import Outputs

Parts = dict[str, list[Tensor]]


def predict(model: Classifier, examples: TensorDataset, *, features: bool = False, batch_size: int = 256) -> Outputs:
    """Return the model's outputs on every example, in the order of the data set.

    Where the model classifies every step of a sequence, rows are steps without padding and ``groups`` says whose they
    are. Memory beyond the result is that of one batch.

    Args:
        model: trained, on any device.
        examples: N of them.
        features: whether to keep the inputs of the last layer too.
        batch_size: examples a step.
    """
    model.eval()
    tagged = _is_tagged(examples)
    rows: Parts = defaultdict(list)
    units: Parts = defaultdict(list)
    with torch.inference_mode():
        for index in batches(examples, batch_size):
            _run_batch(model, examples.batch(index).to(model.device), features, tagged, rows, units)
    return _outputs(rows, units)


def _run_batch(model: Classifier, batch: Batch, features: bool, tagged: bool, rows: Parts, units: Parts) -> None:
    embedded = model.embed(batch)
    hidden = model.encode(embedded, batch)
    logits = model.classify(hidden)
    values = {"logits": logits[..., model.scored].float(), **model.extras(batch, embedded, hidden, logits)}
    if features:
        values["features"] = hidden.float()
    if tagged and batch.labels is not None:
        values["labels"] = batch.labels
    inside = _inside(model, batch, logits)
    if inside is None:
        _append(rows, batch.index, values)
        return
    steps = {name: value for name, value in values.items() if value.shape[:2] == inside.shape}
    whose = batch.index[:, None].expand_as(inside)
    _append(rows, whose[inside], {name: value[inside] for name, value in steps.items()})
    _append(units, batch.index, {name: value for name, value in values.items() if name not in steps})


def _append(parts: Parts, index: Tensor, values: dict[str, Tensor]) -> None:
    for name, value in {**values, "index": index}.items():
        parts[name].append(value.cpu())


def _inside(model: Classifier, batch: Batch, logits: Tensor) -> Tensor | None:
    """(B, T) which steps are rows, or None where an example is one row."""
    if logits.ndim == 2:
        return None
    lengths = model.row_lengths(batch)
    assert lengths is not None, "a model that classifies steps needs sequences"
    return torch.arange(logits.shape[1], device=logits.device) < lengths[:, None]


def _is_tagged(examples: TensorDataset) -> bool:
    """Whether labels, where there are any, belong to the rows; a transcript's do not."""
    if examples.label_offsets is None:
        return True
    return examples.offsets is not None and torch.equal(examples.offsets, examples.label_offsets)


def _outputs(rows: Parts, units: Parts) -> Outputs:
    by_row, by_unit = _in_order(rows), _in_order(units)
    index = by_row.pop("index")
    by_unit.pop("index", None)
    logits, features, labels = by_row.pop("logits"), by_row.pop("features", None), by_row.pop("labels", None)
    return Outputs(logits, features, labels, index if units else None, {**by_row, **by_unit})


def _in_order(parts: Parts) -> dict[str, NDArray[Any]]:
    if not parts:
        return {}
    order = torch.cat(parts["index"]).argsort(stable=True)
    return {name: torch.cat(values)[order].numpy() for name, values in parts.items()}
