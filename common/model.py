"""The base class of all classifiers (embed, encode, classify), and ``View``, a classifier's output on a batch."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from common.base.seeds import seed_of
from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.dropout import DropoutPasses

Preprocessor = Callable[[RawDataset], TensorDataset]
"""Function from raw data to a model's inputs; made from the training data alone (a vocabulary, a mean)."""


class Classifier(nn.Module):
    """A network in three steps: embed, encode, classify. Methods can read or change what lies between them.

    Subclasses define ``embed``, ``hidden_layers`` and ``classify``. ``embed`` returns floats (pixels, word vectors,
    MFCCs), which input steps differentiate. Rows of padding may hold any values; ``look`` removes them.

    Attributes:
        scored_classes: the first ``scored_classes`` classes are scored; a CTC model's blank is the last class and is
            not scored. None: all.
        by_length: whether sequences of similar length are batched together in training; False: batches are random.
        inputs_of_data: whether ``input_rows`` are the same for every model of the same data, and all are scored.
    """

    scored_classes: int | None = None
    by_length: bool = True
    inputs_of_data: bool = False

    def embed(self, batch: Batch) -> Tensor:
        """Return the input as floats: (B, ...) or (B, T, ...)."""
        raise NotImplementedError

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the outputs of the hidden layers, first to last: (B, D) each, or (B, T, D) for classified steps.

        The last layer is the features, the input of ``classify``. A model may return the features alone.
        Convolutional maps are averaged over their positions.
        """
        raise NotImplementedError

    def classify(self, features: Tensor) -> Tensor:
        """Return logits, (B, C) or (B, T, C), of features."""
        raise NotImplementedError

    def encode(self, embedded: Tensor, batch: Batch) -> Tensor:
        """Return the features: the last of the hidden layers."""
        return self.hidden_layers(embedded, batch)[-1]

    def features(self, batch: Batch) -> Tensor:
        """Return the features of a batch; a model may have a quicker way than the two steps."""
        return self.encode(self.embed(batch), batch)

    def forward(self, batch: Batch) -> Tensor:
        """Return the logits of a batch."""
        return self.classify(self.features(batch))

    def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return additional outputs of each row by name: (B,), or (B, T) where every step is classified."""
        return {}

    def group_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return additional outputs of each example of a sequence model by name, (B,), such as edit distances."""
        return {}

    def input_rows(self, batch: Batch, embedded: Tensor, logits: Tensor) -> Tensor:
        """Return the input of each row as one vector, (B, I) or (B, T, I): what a method without a network would see.

        Of a step that is classified, its values in ``embedded``; of an example, all values where its size is fixed
        (pixels), and their mean over time where it is a sequence (the mean word vector, the mean log-mel spectrum).
        """
        if logits.ndim == 3:
            return embedded.flatten(2)
        if batch.mask is None or embedded.ndim < 3:
            return embedded.flatten(1)
        inside = batch.mask[..., None].to(embedded.dtype)
        return (embedded.flatten(2) * inside).sum(1) / inside.sum(1).clamp_min(1)

    def unpadded(self, batch: Batch, embedded: Tensor) -> Tensor:
        """Return the values of ``embedded`` without those of padding, in any shape."""
        return embedded if batch.mask is None or embedded.ndim < 3 else embedded[batch.mask]

    def row_lengths(self, batch: Batch) -> Tensor | None:
        """Return (B,) the number of rows of each example: the input lengths, unless the model shortens time."""
        return batch.lengths

    def decayed(self) -> list[nn.Parameter]:
        """Return the weights that weight decay applies to; all of them unless a recipe says otherwise."""
        return list(self.parameters())

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


@dataclass(frozen=True)
class View:
    """A model's output on a batch: R rows, without padding.

    A row is an example, or a step of one (a token, a frame). A view of a user's features has no model.

    Attributes:
        logits: (R, S) of the scored classes.
        layers: (R, D_l) hidden layers, first to last; the last are the features.
        row_of: (R,) int64 position in the batch of the example that each row is part of.
        labels: (R,) int64 true classes, or None where rows have none (a transcript's frames).
        unscored: (R,) bool, whether the most likely class is not scored (a CTC blank), or None.
        inputs: (R, I) the input of each row as one vector, if requested; or None.
        model, batch, embedded: the view was computed from these; None in a view of a user's features.
        kept: (R',) bool, which of the R' rows that the model gave are in this view; None: all.
        shared: results that probes of one family compute once for all of them, by a key of theirs.
    """

    logits: Tensor
    layers: tuple[Tensor, ...]
    row_of: Tensor
    labels: Tensor | None = None
    unscored: Tensor | None = None
    inputs: Tensor | None = None
    model: Classifier | None = None
    batch: Batch | None = None
    embedded: Tensor | None = None
    kept: Tensor | None = None
    shared: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def features(self) -> Tensor:
        """(R, D) inputs of the last layer."""
        return self.layers[-1]

    @property
    def predicted(self) -> Tensor:
        """(R,) int64 most likely of the scored classes."""
        return self.logits.argmax(1)

    def only(self, kept: Tensor | None) -> "View":
        """Return the view of some of the rows, (R,) bool; views that are made of it have the same; None: itself."""
        if kept is None:
            return self
        return replace(
            self,
            logits=self.logits[kept],
            layers=tuple(layer[kept] for layer in self.layers),
            row_of=self.row_of[kept],
            labels=None if self.labels is None else self.labels[kept],
            unscored=None if self.unscored is None else self.unscored[kept],
            inputs=None if self.inputs is None else self.inputs[kept],
            kept=kept,
            shared={},
        )

    def detached(self) -> "View":
        """Return the view without the graph from the embedded input on; with ``shared`` results of its own."""
        return replace(self, logits=self.logits.detach(), layers=tuple(one.detach() for one in self.layers), shared={})

    def stepped(self, objective: Tensor, epsilon: Tensor | float, name: Hashable = None) -> "View":
        """Return the view of x + epsilon sign(d objective / dx), x the embedded input.

        The step of ODIN (Liang, Li & Srikant, ICLR 2018, arXiv:1706.02690, equation 2), with the sum over rows as the
        objective: a confidence to raise. Where the gradient is exactly 0 (padding, dead inputs) there is no step; the
        published code steps up there.

        Args:
            objective: (R,) of this view, which was made with gradients.
            epsilon: size of the step, in units of ``embed``'s output.
            name: of the objective; steps of several sizes share the direction of one that has a name.
        """
        assert self.model is not None and self.batch is not None and self.embedded is not None, "made by a model"
        key = "uphill", name
        if name is None or key not in self.shared:
            ones = torch.ones_like(objective)
            self.shared[key] = torch.autograd.grad(objective, self.embedded, ones, retain_graph=True)[0].sign()
        with torch.no_grad():
            return look(self.model, self.batch, self.embedded.detach() + epsilon * self.shared[key]).only(self.kept)

    def row_extras(self) -> dict[str, Tensor]:
        """Return (R,) further outputs of each row by name, with the graph from the embedded input on if there is one.

        The hidden layers are computed again: a view keeps them without padding.
        """
        assert self.model is not None and self.batch is not None and self.embedded is not None, "made by a model"
        hidden = self.model.encode(self.embedded, self.batch)
        logits = self.model.classify(hidden)
        inside = inside_rows(self.model, self.batch, logits)
        extras = self.model.row_extras(self.batch, self.embedded, hidden, logits)
        rows = {name: value if inside is None else value[inside] for name, value in extras.items()}
        return rows if self.kept is None else {name: value[self.kept] for name, value in rows.items()}

    def resampled(self, passes: int, seed: int) -> Iterator["View"]:
        """Yield the view of each of so many passes of the same batch with dropout active; all else stays in evaluation.

        The draws follow from ``seed`` and the batch's first example, and leave torch's own random state alone.

        Source: Gal & Ghahramani (ICML 2016), arXiv:1506.02142.
        """
        assert self.model is not None and self.batch is not None, "made by a model"
        first, dropping = int(self.batch.index[0]), DropoutPasses(self.model)
        for number in range(passes):
            with torch.no_grad(), dropping.active(self.model.device, seed_of(seed, "dropout", first, number)):
                view = look(self.model, self.batch)
            yield view.only(self.kept)


def inside_rows(model: Classifier, batch: Batch, logits: Tensor) -> Tensor | None:
    """(B, T) which steps are rows and not padding, or None where an example is one row."""
    if logits.ndim == 2:
        return None
    lengths = model.row_lengths(batch)
    assert lengths is not None, "a model that classifies steps needs sequences"
    return torch.arange(logits.shape[1], device=logits.device) < lengths[:, None]


def look(
    model: Classifier, batch: Batch, embedded: Tensor | None = None, *, gradient: bool = False, inputs: bool = False
) -> View:
    """Return a model's view of a batch, without padding.

    Args:
        model: in training or evaluation mode; the mode stays.
        batch: on the model's device.
        embedded: replaces ``model.embed(batch)``.
        gradient: whether to keep the autograd graph from the embedded input on, which ``View.stepped`` needs.
        inputs: whether the view has ``inputs``.
    """
    embedded = model.embed(batch) if embedded is None else embedded
    if gradient:
        embedded = embedded.detach().requires_grad_()
    layers = model.hidden_layers(embedded, batch)
    every = model.classify(layers[-1])
    inside = inside_rows(model, batch, every)
    position = torch.arange(len(batch), device=every.device)
    row_of = position if inside is None else position[:, None].expand_as(inside)

    def rows(values: Tensor) -> Tensor:
        return values if inside is None else values[inside]

    logits = rows(every)
    unscored = None if model.scored_classes is None else logits.argmax(1) >= model.scored_classes
    return View(
        logits=logits[:, : model.scored_classes],
        layers=tuple(rows(layer) for layer in layers),
        row_of=rows(row_of),
        labels=rows(batch.labels) if batch.row_labels and batch.labels is not None else None,
        unscored=unscored,
        inputs=rows(model.input_rows(batch, embedded, every)).detach() if inputs else None,
        model=model,
        batch=batch,
        embedded=embedded,
    )
