"""What a task's labels are labels of: whether a model can learn from them is said before anything is computed."""

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
    """Return what the labels of waveforms are labels of."""
    if isinstance(samples.labels, np.ndarray):
        return "one label an utterance"
    pairs = zip(samples.labels, samples.items, strict=True)
    framed = all(len(labels) == frame_count(len(waveform)) for labels, waveform in pairs)
    return "a label a frame" if framed else "a sequence of labels an utterance"


def require_labels(samples: RawDataset, wanted: Form, model: str) -> None:
    """Check that samples have the labels that a model learns from, or none, as sets have that are only scored.

    Raises:
        UserError: they have others; the message says to choose another model.
    """
    if samples.labels is not None and (found := form_of(samples)) != wanted:
        fits = _MODELS[found]
        raise UserError(
            f"model {model} wants {wanted} and this task has {found}: choose another --model, such as {fits}"
        )
