"""Check that a model can learn from a task's labels, before any features are computed."""

from typing import Literal

import numpy as np

from common.base.errors import UserError
from common.data.samples import RawDataset
from speech.data.audio import frame_count

Form = Literal["one label an utterance", "a label a frame", "a sequence of labels an utterance"]

_MODELS: dict[Form, str] = {
    "one label an utterance": "mel_cnn",
    "a label a frame": "frame_mlp",
    "a sequence of labels an utterance": "ctc_lstm",
}


def form_of(samples: RawDataset) -> Form:
    """Return whether waveforms have one label each, a label for each frame, or a sequence of labels."""
    if isinstance(samples.labels, np.ndarray):
        return "one label an utterance"
    pairs = zip(samples.labels, samples.items, strict=True)
    framed = all(len(labels) == frame_count(len(waveform)) for labels, waveform in pairs)
    return "a label a frame" if framed else "a sequence of labels an utterance"


def require_labels(samples: RawDataset, wanted: Form, model: str) -> None:
    """Check that a data set has the form of labels that a model needs, or no labels, as OOD sets.

    Raises:
        UserError: the labels have another form; the message suggests a model.
    """
    if samples.labels is not None and (found := form_of(samples)) != wanted:
        fits = _MODELS[found]
        raise UserError(
            f"model {model} wants {wanted} and this task has {found}: choose another --model, such as {fits}"
        )
