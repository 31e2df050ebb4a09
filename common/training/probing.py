"""Running probes: one pass over the training set to fit all of them, one pass over each data set to score it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from common.base.seeds import seed_of
from common.data.examples import TensorDataset, batches, little_padding
from common.detector import Probe
from common.dropout import dropout_modules
from common.features.fitted import Fitted
from common.features.linear_head import head_of
from common.features.training_views import TrainingViews
from common.model import Classifier, View, look
from common.training.predict import Collected

ROWS = 50_000
"""Largest number of training rows that probes are fitted on; of a larger training set, examples are sampled."""

VALUES = 2**27
"""Largest number of values in the inputs, or a layer, of these rows (512 MiB); twice as many in all. Wide ones mean
fewer rows."""

BATCH = 256


def training_views(model: Classifier, examples: TensorDataset, probes: Collection[Probe], seed: int) -> TrainingViews:
    """Return what probes learn from: the model's view of the training set, or of a seeded sample of it.

    Args:
        model: trained.
        examples: of the training set.
        probes: decide what is kept: all layers, inputs.
        seed: of the draw of examples.
    """
    model.eval()
    gathered = _Gathered(any(probe.all_layers for probe in probes), any(probe.inputs for probe in probes))
    generator = torch.Generator().manual_seed(seed_of(seed, "training views"))
    with torch.inference_mode():
        # In a random order, so that the first examples are a fair sample of all.
        for drawn in batches(examples, BATCH, generator, by_length=False):
            for index in little_padding(examples, drawn, BATCH):
                view = look(model, examples.batch(index).to(model.device), inputs=gathered.inputs)
                gathered.add(view, index.to(model.device))
            gathered.drawn.append(drawn)
            if gathered.full:
                break
    rows = gathered.rows()
    layers = tuple(rows[f"layer{number}"] for number in range(gathered.layer_count))
    return TrainingViews(
        logits=rows["logits"],
        layers=layers,
        row_of=rows["row_of"],
        labels=rows.get("labels"),
        inputs=rows.get("inputs"),
        head=head_of(model, layers[-1], rows["logits"]),
        input_std=gathered.input_std,
        total=round(gathered.count * len(examples) / max(gathered.examples, 1)),
        dropout=bool(dropout_modules(model)),
        extras=gathered.extras,
    )


class _Gathered:
    """Rows of views, up to ``ROWS`` and ``VALUES``, and the spread of the embedded input.

    ``drawn`` are the examples in the order in which they were drawn, part by part: the first have their rows kept.
    """

    def __init__(self, all_layers: bool, inputs: bool) -> None:
        self.all_layers, self.inputs = all_layers, inputs
        self.drawn: list[Tensor] = []
        self.examples = self.count = self.width = self.layer_count = 0
        self.extras: frozenset[str] = frozenset()
        self._parts: dict[str, list[Tensor]] = defaultdict(list)
        self._sums = torch.zeros(3, dtype=torch.float64)  # of 1, x and x^2

    def add(self, view: View, index: Tensor) -> None:
        """Add the scored rows of a view whose examples are ``index``."""
        if not self.examples:
            self.extras = frozenset(view.row_extras())
        parts = self._kept(view, index)
        for name, part in parts.items():
            self._parts[name].append(part.cpu())
        self.examples += len(index)
        self.count += len(parts["row_of"])
        widths = [part.shape[1] for part in parts.values() if part.ndim == 2]
        self.width = max(*widths, sum(widths) // 2)
        assert view.model is not None and view.embedded is not None and view.batch is not None, "made by a model"
        inside = view.model.unpadded(view.batch, view.embedded).double()
        self._sums += torch.tensor([inside.numel(), float(inside.sum()), float(inside.square().sum())])

    @property
    def full(self) -> bool:
        """Whether there are as many rows as may be kept."""
        return self.count >= self._limit

    @property
    def input_std(self) -> float:
        """Standard deviation of the embedded input, over all its values but padding."""
        count, total, squares = self._sums.tolist()
        return float(max(squares / count - (total / count) ** 2, 0.0) ** 0.5)

    def rows(self) -> dict[str, Tensor]:
        """Return the rows by name, in the order of the data set."""
        joined = {name: torch.cat(parts) for name, parts in self._parts.items()}
        row_of, drawn = joined["row_of"], torch.cat(self.drawn)
        turn = torch.empty(int(drawn.max()) + 1, dtype=torch.int64).index_put_((drawn,), torch.arange(len(drawn)))
        kept = turn[row_of].argsort(stable=True)[: self._limit]
        order = kept[row_of[kept].argsort(stable=True)]
        return {name: part[order] for name, part in joined.items()}

    @property
    def _limit(self) -> int:
        return min(ROWS, VALUES // max(self.width, 1))

    def _kept(self, view: View, index: Tensor) -> dict[str, Tensor]:
        chosen = slice(None) if view.unscored is None else ~view.unscored
        layers = view.layers if self.all_layers else view.layers[-1:]
        self.layer_count = len(layers)
        parts = {f"layer{number}": layer.float() for number, layer in enumerate(layers)}
        parts |= {"logits": view.logits.float(), "row_of": index[view.row_of]}
        parts |= {} if view.labels is None else {"labels": view.labels}
        parts |= {} if view.inputs is None else {"inputs": view.inputs.float()}
        return {name: part[chosen] for name, part in parts.items()}


def probe_scores(
    model: Classifier, examples: TensorDataset, probes: Mapping[str, tuple[Probe, Fitted]]
) -> dict[str, NDArray[Any]]:
    """Return each probe's scores on every row (or group) of a data set, in its order: one pass for all of them.

    A row whose most likely class is not scored (a CTC blank) gets NaN, so that it has no part in its group's mean,
    unless all rows of the group are such.
    """
    model.eval()
    gradient = any(probe.steps for probe, _ in probes.values())
    inputs = any(probe.inputs for probe, _ in probes.values())
    there = {
        name: (probe, {key: value.to(model.device) for key, value in fitted.items()})
        for name, (probe, fitted) in probes.items()
    }
    by_row, by_group = Collected(), Collected()
    with _gradients(gradient):
        for index in batches(examples, BATCH):
            batch = examples.batch(index).to(model.device)
            view = look(model, batch, gradient=gradient, inputs=inputs)
            kept = _scored(view)
            scores = _scores(view, kept, there)
            rows = {name: _every_row(one, kept) for name, one in scores.items() if probes[name][0].per == "row"}
            by_row.add_rows(index[view.row_of.cpu()], rows)
            by_group.add_rows(index, {name: one for name, one in scores.items() if probes[name][0].per == "group"})
    return by_row.in_order() | by_group.in_order()


def _scores(view: View, kept: Tensor | None, probes: Mapping[str, tuple[Probe, Fitted]]) -> dict[str, Tensor]:
    """Return each probe's scores of a view; only those that take an input step pay for the autograd graph."""
    scored = {("row", True): view.only(kept), ("group", True): view}
    plain = view.detached()
    scored |= {("row", False): plain.only(kept), ("group", False): plain}
    found = {}
    for name, (probe, fitted) in probes.items():
        with torch.set_grad_enabled(probe.steps):
            found[name] = probe.score(scored[probe.per, probe.steps], fitted).detach()
    return found


@contextmanager
def _gradients(wanted: bool) -> Iterator[None]:
    """Compute with gradients, which cuDNN's recurrent layers do not give in evaluation mode; or without."""
    if not wanted:
        with torch.inference_mode():
            yield
        return
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        yield


def _scored(view: View) -> Tensor | None:
    """(R,) which rows are scored, see ``probe_scores``; None: all."""
    if view.unscored is None:
        return None
    in_group = torch.zeros(int(view.row_of.max()) + 1, device=view.row_of.device)
    in_group = in_group.index_add_(0, view.row_of, (~view.unscored).float())
    return ~view.unscored | (in_group == 0)[view.row_of]


def _every_row(scores: Tensor, kept: Tensor | None) -> Tensor:
    """Return scores of the kept rows among all rows, NaN for the others."""
    if kept is None:
        return scores
    return scores.new_full(kept.shape, torch.nan).masked_scatter(kept, scores)
